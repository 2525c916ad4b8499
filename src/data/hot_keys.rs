use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A key that many records have, by a sample of them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HotKey {
    /// The key, as its `Debug` shows it.
    pub key: String,
    /// How many records have it, as estimated.
    pub records: u64,
    /// By how many that may be out: as far as Wilson's score interval of three standard errors goes, which one estimate in four hundred exceeds. 0
    /// where the sample is all records.
    pub margin: u64,
}

/// Records of the sample: a share is out by 2.4 in a hundred of all records at most, as far as three standard errors go.
const SAMPLE: usize = 4096;

/// A sample of keys: those records whose draws are the least. A draw is a function of the source partition and of the place in it, so that the sample
/// depends on the records alone, however they are cut into micro-batches, whichever worker takes them and when.
#[derive(Debug)]
pub(crate) struct HotKeys {
    /// How many keys are to be named.
    count: usize,
    /// Tells the records of one source partition from those of another.
    seed: AtomicU64,
    /// How many records of it came before those of the run.
    before: AtomicU64,
    /// Draws above this are not of the sample.
    limit: AtomicU64,
    /// How many records were drawn for.
    seen: AtomicU64,
    sample: Mutex<Vec<(u64, String)>>,
}

/// The draws for the records of one batch.
pub(crate) struct Draws {
    seed: u64,
    /// The place of the batch's first record in its source partition.
    first: u64,
    /// The record that came last, and how many were made of it so far.
    last: (usize, u64),
    /// How many records there were so far.
    seen: u64,
    limit: u64,
    sample: Vec<(u64, String)>,
}

impl HotKeys {
    pub(crate) fn new(count: usize) -> Self {
        let (sample, number) = (Mutex::default(), || AtomicU64::new(0));
        HotKeys { count, seed: number(), before: number(), limit: AtomicU64::new(u64::MAX), seen: number(), sample }
    }

    /// A run begins over records of this source partition, of which so many came before.
    pub(crate) fn next_run(&self, partition: Option<u32>, before: u64) {
        self.seed.store(mixed(partition.map_or(0, |partition| 1 + u64::from(partition))), Ordering::Relaxed);
        self.before.store(before, Ordering::Relaxed);
    }

    /// For the records of a batch, before which the run has so many others.
    pub(crate) fn draws(&self, first: u64) -> Draws {
        let first = self.before.load(Ordering::Relaxed).wrapping_add(first);
        let (seed, limit) = (self.seed.load(Ordering::Relaxed), self.limit.load(Ordering::Relaxed));
        Draws { seed, first, last: (usize::MAX, 0), seen: 0, limit, sample: Vec::new() }
    }

    /// Takes in a batch that is done.
    pub(crate) fn add(&self, draws: Draws) {
        self.seen.fetch_add(draws.seen, Ordering::Relaxed);
        if !draws.sample.is_empty() {
            let mut sample = self.sample();
            sample.extend(draws.sample);
            if let Some(limit) = cut(&mut sample, 2 * SAMPLE) {
                self.limit.store(limit, Ordering::Relaxed);
            }
        }
    }

    /// The keys that most records have, the hottest first, those whose number is more than chance.
    pub(crate) fn hottest(&self) -> Vec<HotKey> {
        let mut sample = self.sample().clone();
        let (seen, _) = (self.seen.load(Ordering::Relaxed), cut(&mut sample, SAMPLE));
        let size = sample.len();
        let mut counts = BTreeMap::<String, u64>::new();
        sample.into_iter().for_each(|(_, key)| *counts.entry(key).or_default() += 1);
        let mut keys: Vec<_> = counts.into_iter().map(|(key, count)| hot(key, count, size, seen)).collect();
        keys.retain(|key| key.records > key.margin);
        // Equal ones stay in the order of their names.
        keys.sort_by_key(|key| std::cmp::Reverse(key.records));
        keys.truncate(self.count);
        keys
    }

    fn sample(&self) -> MutexGuard<'_, Vec<(u64, String)>> {
        self.sample.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Draws {
    /// Draws for what is made of the record at this place in the batch.
    #[inline]
    pub(crate) fn next(&mut self, position: usize, key: impl FnOnce() -> String) {
        let nth = if self.last.0 == position { self.last.1 + 1 } else { 0 };
        self.last = (position, nth);
        let place = mixed(self.first.wrapping_add(position as u64) ^ self.seed);
        let draw = if nth == 0 { place } else { mixed(place ^ nth) };
        self.seen += 1;
        if draw <= self.limit {
            self.take(draw, key());
        }
    }

    #[cold]
    fn take(&mut self, draw: u64, key: String) {
        self.sample.push((draw, key));
        if let Some(limit) = cut(&mut self.sample, 2 * SAMPLE) {
            self.limit = limit;
        }
    }
}

/// The square of three standard errors.
const SQUARE: f64 = 9.0;

/// The estimate from `count` of `size` records of the sample, out of `seen`, and the farther end of its interval by Wilson (Probable Inference, 1927),
/// which holds for rare keys too.
fn hot(key: String, count: u64, size: usize, seen: u64) -> HotKey {
    let (size, all) = (size as f64, seen as f64);
    let share = count as f64 / size;
    // A sample without replacement tells more, the more of the whole it is.
    let doubt = SQUARE / size * (1.0 - size / all).max(0.0);
    let middle = (share + doubt / 2.0) / (1.0 + doubt);
    let half = (doubt * share * (1.0 - share) + doubt * doubt / 4.0).sqrt() / (1.0 + doubt);
    let margin = (middle - share).abs() + half;
    HotKey { key, records: (share * all).round() as u64, margin: (margin * all).ceil() as u64 }
}

/// Leaves the records of the least draws, where there are more than `most`: the greatest that is left.
fn cut(sample: &mut Vec<(u64, String)>, most: usize) -> Option<u64> {
    if sample.len() <= most {
        return None;
    }
    let (_, last, _) = sample.select_nth_unstable(SAMPLE - 1);
    let limit = last.0;
    sample.truncate(SAMPLE);
    Some(limit)
}

/// A number that tells nothing of the next one's: the finaliser of splitmix64 (Steele, Lea, Flood 2014).
#[inline]
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
