//! What records were found to cost.

use super::made::Timed;
use std::collections::HashMap;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What a record is taken to cost at least, in picoseconds: so that batches can be told apart by size.
const LEAST: u64 = 1_000;
/// What a record is taken to cost before anything was measured: ten nanoseconds.
const FIRST: u64 = 10_000;
/// Partitions of a pipeline that are remembered one by one.
const PARTITIONS: usize = 1024;
/// Pipelines that are remembered.
const PIPELINES: usize = 1024;

/// Picoseconds a record, as moving averages: of all runs of an engine, and of the pipelines that somebody asked about.
#[derive(Debug)]
pub(super) struct Paces {
    all: AtomicU64,
    pipelines: Mutex<HashMap<Code, Pace>>,
}

/// A stage of a pipeline, known again by where it is written and by what it is made of.
pub(super) type Code = (&'static Location<'static>, &'static str);

/// Picoseconds a record of one pipeline: 0 where nothing is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    mean: u64,
    partitions: Vec<u64>,
}

impl Default for Paces {
    fn default() -> Self {
        Paces { all: AtomicU64::new(FIRST), pipelines: Mutex::default() }
    }
}

impl Paces {
    /// What is known of any pipeline.
    pub(super) fn of_all(&self) -> Pace {
        Pace { mean: self.all.load(Ordering::Relaxed), partitions: Vec::new() }
    }

    /// What is known of this one.
    pub(super) fn of(&self, code: &Code) -> Pace {
        let pipelines = self.pipelines.lock().unwrap_or_else(PoisonError::into_inner);
        pipelines.get(code).filter(|pace| pace.mean > 0).cloned().unwrap_or_else(|| self.of_all())
    }

    /// Takes in how long a run took.
    pub(super) fn learn(&self, records: u64, busy: Duration) {
        let mut pace = self.all.load(Ordering::Relaxed);
        average(&mut pace, records, busy);
        self.all.store(pace, Ordering::Relaxed);
    }

    /// Takes in how long the batches of a pipeline took.
    pub(super) fn learn_of(&self, code: Code, times: &mut [Timed]) {
        times.sort_unstable_by_key(|timed| timed.partition);
        let mut pipelines = self.pipelines.lock().unwrap_or_else(PoisonError::into_inner);
        if pipelines.len() < PIPELINES || pipelines.contains_key(&code) {
            pipelines.entry(code).or_default().learn(times);
        }
    }
}

impl Pace {
    /// The estimate for so many records of a partition.
    pub(super) fn estimate(&self, partition: u32, records: usize) -> Duration {
        let known = self.partitions.get(partition as usize).copied().filter(|pace| *pace > 0);
        Duration::from_nanos((records as u64).saturating_mul(known.unwrap_or(self.mean)) / 1000)
    }

    /// The estimate for so many records of any partitions.
    pub(super) fn estimate_any(&self, records: usize) -> Duration {
        Duration::from_nanos((records as u64).saturating_mul(self.mean) / 1000)
    }

    /// From times in the order of their partitions.
    fn learn(&mut self, times: &[Timed]) {
        let sum = |times: &[Timed]| {
            (times.iter().fold(0, |all: u64, timed| all.saturating_add(timed.records)), times.iter().map(|timed| timed.busy).sum())
        };
        let (records, busy) = sum(times);
        average(&mut self.mean, records, busy);
        for times in times.chunk_by(|one, next| one.partition == next.partition) {
            let at = times[0].partition as usize;
            if at >= PARTITIONS {
                return;
            }
            if at >= self.partitions.len() {
                self.partitions.resize(at + 1, 0);
            }
            let (records, busy) = sum(times);
            average(&mut self.partitions[at], records, busy);
        }
    }
}

/// Takes a measurement into a moving average: a quarter of it. The first counts in full.
fn average(pace: &mut u64, records: u64, busy: Duration) {
    // What nobody asked about was not measured.
    if busy.is_zero() {
        return;
    }
    let nanos = u64::try_from(busy.as_nanos()).unwrap_or(u64::MAX);
    if let Some(new) = nanos.saturating_mul(1000).checked_div(records) {
        let old = if *pace == 0 { new } else { *pace };
        *pace = (old / 4).saturating_mul(3).saturating_add(new / 4).max(LEAST);
    }
}

#[cfg(test)]
mod tests {
    use super::{FIRST, LEAST, Pace, Paces, Timed, average};
    use std::panic::Location;
    use std::time::Duration;

    fn timed(partition: u32, records: u64, nanos: u64) -> Timed {
        Timed { partition, is_first: true, records, wait: Duration::ZERO, estimated: Duration::ZERO, busy: Duration::from_nanos(nanos) }
    }

    fn nanos(pace: &Pace, partition: u32) -> u64 {
        pace.estimate(partition, 1_000).as_nanos() as u64
    }

    #[test]
    fn a_partition_is_known_by_itself_and_a_new_one_by_the_mean() {
        let (paces, code) = (Paces::default(), (Location::caller(), "code"));
        assert_eq!(nanos(&paces.of(&code), 0), FIRST, "before anything is known");
        paces.learn_of(code, &mut [timed(1, 10, 4_000), timed(0, 10, 2_000), timed(1, 10, 4_000), timed(9_999_999, 10, 2_000)]);
        let pace = paces.of(&code);
        assert_eq!([0, 1, 2, 9_999_999].map(|partition| nanos(&pace, partition)), [200_000, 400_000, 300_000, 300_000]);
        assert_eq!(nanos(&paces.of(&(Location::caller(), "other")), 0), FIRST, "of another pipeline nothing");
    }

    #[test]
    fn averages_move_by_a_quarter_and_bear_extremes() {
        let check = |before: u64, records: u64, busy: Duration, after: u64| {
            let mut pace = before;
            average(&mut pace, records, busy);
            assert_eq!(pace, after, "{before}, then {records} records in {busy:?}");
        };
        check(8_000, 1, Duration::from_nanos(16), 10_000);
        check(0, 1, Duration::from_nanos(16), 16_000);
        check(8_000, 0, Duration::from_nanos(16), 8_000);
        check(8_000, 5, Duration::ZERO, 8_000);
        check(0, u64::MAX, Duration::from_nanos(1), LEAST);
        check(u64::MAX, 1, Duration::MAX, u64::MAX / 4 * 3 + u64::MAX / 4);
        let endless = Pace { mean: u64::MAX, partitions: Vec::new() };
        assert_eq!(endless.estimate(0, usize::MAX), Duration::from_nanos(u64::MAX / 1000));
    }
}
