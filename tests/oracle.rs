//! The oracle property: every partitioner x scheduler x integrator x batch size x number of threads gives what a plain iterator over the
//! records gives, in the order of the batches.
//!
//! Some 12,000 cases, most of them a run without keys and one with; the same ones on every run.
//! `PROPTEST_RNG_SEED=7 cargo test --test oracle` tries others, `MICROBATCH_TIMES=10` ten times as many.

mod props;

use microbatch::prelude::*;
use microbatch::{Parts, fixed_hash};
use props::holds;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::OnceLock;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Record {
    /// In the order of the data.
    at: usize,
    key: u16,
    value: i64,
}

const CUTS: [Cut; 6] = [Cut::Default, Cut::Chunks, Cut::Random, Cut::Hash, Cut::Range, Cut::Bounds];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Cut {
    Default,
    Chunks,
    Random,
    Hash,
    Range,
    Bounds,
}

/// A built-in partitioner chosen at run time: `size` is of the batches or their number.
#[derive(Clone, Copy, Debug)]
struct Cutter {
    cut: Cut,
    size: usize,
}

impl<'a> Partitioner<&'a [Record]> for Cutter {
    type Batch = Vec<&'a Record>;

    fn partition(&self, data: &'a [Record], workers: usize) -> Vec<Part<Vec<&'a Record>>> {
        let size = self.size;
        let chunks = |chunks: Chunks| {
            let parts = Partitioner::<&'a [Record]>::partition(&chunks, data, workers);
            parts
                .into_iter()
                .map(|part| Part { partition: part.partition, records: part.records, batch: part.batch.iter().collect() })
                .collect()
        };
        match self.cut {
            Cut::Default => chunks(Chunks::default()),
            Cut::Chunks => chunks(Chunks::of(size)),
            Cut::Random => RandomPartitioner::new(size).seed(size as u64).partition(data, workers),
            Cut::Hash => HashPartitioner::new(size, |r: &Record| r.key).partition(data, workers),
            Cut::Range => RangePartitioner::new(size, |r: &Record| r.value).partition(data, workers),
            Cut::Bounds => RangePartitioner::at([-50, 0, 0, size as i64], |r: &Record| r.value).partition(data, workers),
        }
    }

    fn parts(&self, data: &'a [Record], workers: usize) -> Parts<Vec<&'a Record>> {
        let size = self.size;
        match self.cut {
            Cut::Hash => HashPartitioner::new(size, |r: &Record| r.key).parts(data, workers),
            Cut::Range => RangePartitioner::new(size, |r: &Record| r.value).parts(data, workers),
            Cut::Bounds => RangePartitioner::at([-50, 0, 0, size as i64], |r: &Record| r.value).parts(data, workers),
            _ => self.partition(data, workers).into(),
        }
    }
}

/// A user's own policy: any order.
struct Shuffled(u64);

impl Scheduler for Shuffled {
    fn rank(&self, task: &Task) -> u64 {
        fixed_hash(&(self.0, task.seq))
    }
}

const SCHEDULERS: usize = 9;

fn scheduler(number: usize) -> Option<Box<dyn Scheduler>> {
    Some(match number {
        0 => return None,
        1 => Box::new(Fcfs),
        2 => Box::new(Sjf::new()),
        3 => Box::new(Sjf::pure()),
        4 => Box::new(LongestFirst),
        5 => Box::new(Priority::by(|task| u64::from(task.seq))),
        6 => Box::new(Priority::by(|task| u64::MAX - task.records as u64)),
        7 => Box::new(Priority::by(|task| u64::from(task.partition % 2))),
        _ => Box::new(Shuffled(number as u64)),
    })
}

/// Of 1, 2, 3 and 8 threads.
fn engines() -> &'static [Engine; 4] {
    static ENGINES: OnceLock<[Engine; 4]> = OnceLock::new();
    ENGINES.get_or_init(|| [1, 2, 3, 8].map(|threads| Engine::builder().threads(threads).build().unwrap()))
}

/// Records with keys out of `keys`, fewer than `most`, and a size for the cutter.
fn inputs(keys: u16, most: usize) -> impl Strategy<Value = (Vec<Record>, usize)> {
    let record = (0..keys, -100i64..100);
    let data = vec(record, 0..most)
        .prop_map(|all: Vec<(u16, i64)>| all.into_iter().enumerate().map(|(at, (key, value))| Record { at, key, value }).collect());
    (data, 1usize..40)
}

/// The records in the order of the batches.
fn in_order(data: &[Record], cutter: Cutter) -> Vec<Record> {
    let batches = Pipeline::over(data).partitioner(cutter).process(|batch| batch).on(&engines()[0]).run();
    let ordered: Vec<Record> = batches.into_iter().flatten().copied().collect();
    match cutter.cut {
        Cut::Default | Cut::Chunks => assert_eq!(ordered, data),
        _ => {
            let mut sorted = ordered.clone();
            sorted.sort_by_key(|record| record.at);
            assert_eq!(sorted, data);
        }
    }
    ordered
}

/// What should come out by key: in order of first appearance up to 1,024 groups, more by partition of the fixed hash.
fn by_key<T: Clone, O>(ordered: &[Record], value: fn(Record) -> T, oracle: impl Fn(&[T]) -> O) -> Vec<(u16, O)> {
    let mut groups: Vec<(u16, Vec<T>)> = Vec::new();
    let mut places = HashMap::new();
    for record in ordered {
        let place = *places.entry(record.key).or_insert(groups.len());
        if place == groups.len() {
            groups.push((record.key, Vec::new()));
        }
        groups[place].1.push(value(*record));
    }
    if groups.len() > 1024 {
        groups.sort_by_key(|(key, _)| fixed_hash(key) >> 57);
    }
    groups.into_iter().map(|(key, values)| (key, oracle(&values))).collect()
}

#[derive(Clone, Copy)]
struct Setting<'e> {
    cutter: Cutter,
    scheduling: usize,
    engine: &'e Engine,
}

/// One run without keys and one by key against the oracle.
fn compare<T, I>(setting: Setting<'_>, data: &[Record], value: fn(Record) -> T, integrator: &I, oracle: impl Fn(&[T]) -> I::Output)
where
    T: Clone + Send,
    I: Integrator<T, Output: PartialEq + Debug> + Sync,
{
    let Setting { cutter, scheduling, engine } = setting;
    let ordered = in_order(data, cutter);
    let values: Vec<T> = ordered.iter().map(|record| value(*record)).collect();
    let plain = Pipeline::over(data).partitioner(cutter).copied().map(value).integrator(integrator).on(engine);
    let plain = if let Some(policy) = scheduler(scheduling) { plain.scheduler(policy) } else { plain };
    assert_eq!(plain.run(), oracle(&values));
    let keyed = Pipeline::over(data).partitioner(cutter).copied().key_by(|record| record.key).map(value).integrator(integrator).on(engine);
    let keyed = if let Some(policy) = scheduler(scheduling) { keyed.scheduler(policy) } else { keyed };
    assert_eq!(keyed.run().into_iter().collect::<Vec<_>>(), by_key(&ordered, value, oracle));
}

/// One integrator, under every partitioner, scheduler and number of threads, each with several inputs.
fn check<T, I>(value: fn(Record) -> T, integrator: I, oracle: impl Fn(&[T]) -> I::Output)
where
    T: Clone + Send,
    I: Integrator<T, Output: PartialEq + Debug> + Sync,
{
    let mut salt = 0;
    let mut some = |cases, keys, most, cut, scheduling, engine| {
        salt += 1;
        holds(salt, cases, &inputs(keys, most), |(data, size)| {
            compare(Setting { cutter: Cutter { cut, size }, scheduling, engine }, &data, value, &integrator, &oracle);
        });
    };
    for cut in CUTS {
        for scheduling in 0..SCHEDULERS {
            for (engine, keys) in engines().iter().zip([1, 7, 250, 30]) {
                some(2, keys, 300, cut, scheduling, engine);
            }
        }
        // More records than one default batch, and more keys than one table of groups.
        some(1, 3000, 6000, cut, 0, &engines()[1]);
        some(1, 3000, 6000, cut, SCHEDULERS - 1, &engines()[2]);
    }
}

fn number(record: Record) -> i64 {
    record.value
}

/// Not the whole record: equal keys have values that differ.
fn whole(record: Record) -> (i64, usize) {
    (record.value / 10, record.at)
}

fn text(record: Record) -> String {
    format!("{} ", record.at)
}

/// Ordered by the value alone, so that it shows which of two equals was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tied(i64, usize);

impl Ord for Tied {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Tied {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn tied(record: Record) -> Tied {
    Tied(record.value / 10, record.at)
}

/// A user's own integrator: the mean, of none as well, in a form that can be compared.
struct Average;

impl Integrator<i64> for Average {
    type State = <Mean as Integrator<i64>>::State;
    type Output = Option<i64>;

    fn init(&self) -> Self::State {
        Integrator::<i64>::init(&Mean)
    }

    fn fold(&self, state: &mut Self::State, value: i64) {
        Mean.fold(state, value);
    }

    fn merge(&self, state: &mut Self::State, other: Self::State) {
        Integrator::<i64>::merge(&Mean, state, other);
    }

    fn finish(&self, state: Self::State) -> Option<i64> {
        let mean = Integrator::<i64>::finish(&Mean, state);
        (!mean.is_nan()).then_some((mean * 1e6) as i64)
    }
}

fn average(values: &[i64]) -> Option<i64> {
    // Sums of whole numbers this small are exact, in whatever groups they are added.
    (!values.is_empty()).then(|| (values.iter().sum::<i64>() as f64 / values.len() as f64 * 1e6) as i64)
}

#[test]
fn numbers_integrate_as_by_a_plain_iterator() {
    let squares = Accumulate::new(|| 0i64, |sum, x: i64| *sum += x * x, |sum, other| *sum += other);
    check(number, Sum, |v| v.iter().sum());
    check(number, Count, |v| v.len() as u64);
    check(number, Average, average);
    check(number, squares, |v| v.iter().map(|x| x * x).sum());
    check(number, (Sum, Count), |v| (v.iter().sum(), v.len() as u64));
    check(number, (Min, Max, Sum, Average), |v| (v.iter().min().copied(), v.iter().max().copied(), v.iter().sum(), average(v)));
    check(number, Field::of(|x: &i64| x.unsigned_abs(), Max), |v| v.iter().map(|x| x.unsigned_abs()).max());
}

#[test]
fn extremes_choose_as_a_plain_iterator_does() {
    check(number, Min, |v| v.iter().min().copied());
    check(number, Max, |v| v.iter().max().copied());
    check(tied, Min, |v| v.iter().min().copied());
    check(tied, Max, |v| v.iter().max().copied());
    check(tied, (Max, Field::of(|t: &Tied| t.1, Min)), |v| (v.iter().max().copied(), v.iter().map(|t| t.1).min()));
}

#[test]
fn what_has_an_order_comes_in_the_order_of_the_batches() {
    let append = Accumulate::new(Vec::new, |all: &mut Vec<i64>, x: i64| all.push(x), |all, mut other| all.append(&mut other));
    check(whole, Collect, |v| v.to_vec());
    check(number, append, |v| v.to_vec());
    check(text, Merge::new(|a: String, b: String| a + &b), |v| v.iter().cloned().reduce(|a, b| a + &b));
    check(number, Merge::new(|_: i64, last: i64| last), |v| v.last().copied());
    check(number, (Collect, Count, Sort), |v| (v.to_vec(), v.len() as u64, ascending(v)));
}

#[test]
fn sorting_is_complete_and_stable() {
    check(number, Sort, ascending);
    check(tied, Sort, ascending);
    check(whole, Sort::by_key(|w: &(i64, usize)| w.0), |v| {
        let mut v = v.to_vec();
        v.sort_by_key(|w| w.0);
        v
    });
}

#[test]
fn the_greatest_are_found_the_earliest_of_equals_first() {
    check(whole, TopK::by_key(0, |w: &(i64, usize)| w.0), |v| greatest(0, v));
    check(whole, TopK::by_key(1, |w: &(i64, usize)| w.0), |v| greatest(1, v));
    check(whole, TopK::by_key(5, |w: &(i64, usize)| w.0), |v| greatest(5, v));
    check(whole, TopK::by_key(100, |w: &(i64, usize)| w.0), |v| greatest(100, v));
}

fn ascending<T: Ord + Clone>(values: &[T]) -> Vec<T> {
    let mut values = values.to_vec();
    values.sort();
    values
}

fn greatest(k: usize, values: &[(i64, usize)]) -> Vec<(i64, usize)> {
    let mut values = values.to_vec();
    values.sort_by_key(|value| Reverse(value.0));
    values.truncate(k);
    values
}

/// Enough that several threads combine what was made, and that tables of groups overflow.
#[test]
fn large_data_integrate_as_small_ones() {
    let sizes = (20_000usize..70_000, 1u16..=u16::MAX, 100usize..6_000);
    let inputs = (any::<u64>(), sizes, 0..CUTS.len(), 0..SCHEDULERS, 1usize..4);
    holds(0, 24, &inputs, |(seed, (records, keys, size), cut, scheduling, engine)| {
        let record = |at| {
            let hash = fixed_hash(&(seed, at));
            Record { at, key: (hash >> 48) as u16 % keys, value: (hash % 401) as i64 - 200 }
        };
        let data: Vec<Record> = (0..records).map(record).collect();
        let setting = Setting { cutter: Cutter { cut: CUTS[cut], size }, scheduling, engine: &engines()[engine] };
        compare(setting, &data, whole, &Sort::by_key(|w: &(i64, usize)| w.0), |v| {
            let mut v = v.to_vec();
            v.sort_by_key(|w| w.0);
            v
        });
        compare(setting, &data, whole, &(Collect, Count), |v| (v.to_vec(), v.len() as u64));
        compare(setting, &data, whole, &TopK::by_key(300, |w: &(i64, usize)| w.0), |v| greatest(300, v));
    });
}

/// Batches as the built-in partitioners make them, of data of every kind.
#[test]
fn owned_and_borrowed_data_give_the_same() {
    holds(0, 500, &(inputs(50, 300), 0..SCHEDULERS, 0usize..4), |((data, size), scheduling, engine)| {
        let engine = &engines()[engine];
        let policy = || scheduler(scheduling).unwrap_or_else(|| Box::new(Fcfs));
        let sum: i64 = data.iter().map(|record| record.value).sum();
        let key = |r: &Record| r.key;
        let borrowed = || Pipeline::over(&data).scheduler(policy()).on(engine);
        let owned = || Pipeline::over(data.clone()).scheduler(policy()).on(engine);
        let chunks = Chunks::of(size);
        let random = RandomPartitioner::new(size).seed(7);
        assert_eq!(borrowed().partitioner(chunks).copied().run(), data);
        assert_eq!(owned().partitioner(chunks).run(), data);
        assert_eq!(owned().run(), data);
        assert_eq!(borrowed().partitioner(random).map(|r| r.value).integrator(Sum).run(), sum);
        let dealt: Vec<Record> = borrowed().partitioner(random).copied().run();
        assert_eq!(owned().partitioner(random).run(), dealt);
        let hashed: Vec<Record> = borrowed().partition_by(size, |r| r.key).copied().run();
        assert_eq!(owned().partition_by(size, |r| r.key).run(), hashed);
        assert_eq!(owned().partitioner(HashPartitioner::new(size, key)).run(), hashed);
        let ranged: Vec<Record> = borrowed().range_by(size, |r| r.key).copied().run();
        assert_eq!(owned().partitioner(RangePartitioner::new(size, key)).run(), ranged);
        assert_eq!(
            owned().range_by(size, |r| r.key).key_by(|r| r.key).integrator(Count).run(),
            borrowed().key_by(|r| r.key).integrator(Count).run()
        );
    });
}

macro_rules! ranges {
    ($($integer:ty),*) => { $( {
        // From one end of the type, from the other, and from anywhere.
        let starts = prop_oneof![Just(<$integer>::MIN), Just(<$integer>::MAX), any::<$integer>()];
        holds(0, 100, &(starts, 0u8..200, any::<bool>(), 1usize..300, 0usize..4), |(start, length, backwards, size, engine)| {
            let other = if backwards { start.saturating_sub(length as $integer) } else { start.saturating_add((length / 2) as $integer) };
            let (first, last) = (start.min(other), start.max(other));
            let engine = &engines()[engine];
            let half_open = Pipeline::over(first..last).partitioner(Chunks::of(size)).on(engine);
            assert_eq!(half_open.run(), (first..last).collect::<Vec<_>>());
            let inclusive = Pipeline::over(first..=last).partitioner(Chunks::of(size)).scheduler(Shuffled(7)).on(engine);
            assert_eq!(inclusive.run(), (first..=last).collect::<Vec<_>>());
            assert_eq!(Pipeline::over(first..=last).on(engine).integrator(Count).run(), (first..=last).count() as u64);
        });
    } )* };
}

#[test]
fn ranges_of_integers_give_each_once_up_to_the_ends_of_their_types() {
    ranges!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);
    assert_eq!(Pipeline::over(i8::MIN..=i8::MAX).partitioner(Chunks::of(7)).run(), (i8::MIN..=i8::MAX).collect::<Vec<_>>());
    assert_eq!(Pipeline::over(u64::MAX - 3..=u64::MAX).partitioner(Chunks::of(3)).run(), [3, 2, 1, 0].map(|n| u64::MAX - n));
}
