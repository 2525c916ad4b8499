//! The same result to the bit, whatever the threads, the scheduler and the clock do.

use microbatch::prelude::*;
use microbatch::{Key, fixed_hash};
use std::fmt::Debug;
use std::sync::OnceLock;
use std::time::Duration;

/// Of 1, 2, 3, 8 and 64 threads.
fn engines() -> &'static [Engine; 5] {
    static ENGINES: OnceLock<[Engine; 5]> = OnceLock::new();
    ENGINES.get_or_init(|| [1, 2, 3, 8, 64].map(|threads| Engine::builder().threads(threads).build().unwrap()))
}

struct Shuffled(u64);

impl Scheduler for Shuffled {
    fn rank(&self, task: &Task) -> u64 {
        fixed_hash(&(self.0, task.seq))
    }
}

fn schedulers() -> [Box<dyn Scheduler>; 8] {
    [
        Box::new(Fcfs),
        Box::new(Sjf::new()),
        Box::new(Sjf::pure()),
        Box::new(LongestFirst),
        Box::new(Priority::by(|task| u64::from(task.seq))),
        Box::new(Priority::by(|task| u64::from(task.seq % 3))),
        Box::new(Shuffled(1)),
        Box::new(Shuffled(2)),
    ]
}

/// Numbers of many magnitudes and both signs: their sum depends on how they are grouped.
fn floats(count: u32) -> Vec<f64> {
    let float = |n: u32| {
        let hash = fixed_hash(&n);
        let magnitude = 10f64.powi((hash % 17) as i32 - 8);
        (hash >> 11) as f64 / (1u64 << 53) as f64 * magnitude * if hash & 1 == 0 { 1.0 } else { -1.0 }
    };
    (0..count).map(float).collect()
}

/// Batches take different times, so that threads get different ones on each run.
fn unevenly(x: &f64) -> f64 {
    match x.to_bits() % 512 {
        0 => std::thread::sleep(Duration::from_micros(30)),
        1..8 => std::thread::yield_now(),
        _ => {}
    }
    *x
}

/// How often everything is tried again.
const AGAIN: usize = 20;

/// One result for every number of threads and scheduler, and for `AGAIN` runs of some; that result.
fn check_one<O: PartialEq + Debug>(run: impl Fn(&Engine, &dyn Scheduler) -> O) -> O {
    let schedulers = schedulers();
    let expected = run(&engines()[0], &schedulers[0]);
    for engine in engines() {
        for (number, scheduler) in schedulers.iter().enumerate() {
            let found = run(engine, scheduler);
            assert!(found == expected, "{} threads, scheduler {number}: {found:?} is not {expected:?}", engine.threads());
        }
    }
    for time in 0..AGAIN {
        let found = run(&engines()[1 + time % 4], &schedulers[time % schedulers.len()]);
        assert!(found == expected, "run {time}: {found:?} is not {expected:?}");
    }
    expected
}

/// Within a size of the batches bits are the same; between sizes they differ, or the data would prove nothing.
fn check<O: PartialEq + Debug>(run: impl Fn(&[f64], Chunks, &Engine, &dyn Scheduler) -> O) {
    let data = floats(6_000);
    // 6, 86 and 600 batches: the last ones share lanes.
    let results = [1000, 70, 10].map(|size| check_one(|engine, scheduler| run(&data, Chunks::of(size), engine, scheduler)));
    assert!(results[0] != results[1] || results[1] != results[2], "these data add up exactly: {results:?}");
}

macro_rules! over {
    ($data:ident, $chunks:ident, $engine:ident, $scheduler:ident) => {
        Pipeline::over($data).partitioner($chunks).scheduler($scheduler).on($engine).map(unevenly)
    };
}

#[test]
fn sums_and_means_are_the_same_to_the_bit() {
    check(|data, chunks, engine, scheduler| over!(data, chunks, engine, scheduler).integrator(Sum).run().to_bits());
    check(|data, chunks, engine, scheduler| over!(data, chunks, engine, scheduler).integrator(Mean).run().to_bits());
    check(|data, chunks, engine, scheduler| {
        let (sum, mean, count, max) = over!(data, chunks, engine, scheduler).map(TotalOrder).integrator(fields()).run();
        (sum.to_bits(), mean.to_bits(), count, max)
    });
}

type Float = TotalOrder<f64>;

fn fields() -> impl Integrator<Float, Output = (f64, f64, u64, Option<Float>)> + Sync {
    (Field::of(|x: &Float| x.0, Sum), Field::of(|x: &Float| x.0, Mean), Count, Max)
}

#[test]
fn accumulated_and_merged_floats_are_the_same_to_the_bit() {
    check(|data, chunks, engine, scheduler| {
        let squares = over!(data, chunks, engine, scheduler);
        squares.accumulate(|| 0.0, |sum, x| *sum += x * x * x, |sum, other| *sum += other).run().to_bits()
    });
    check(|data, chunks, engine, scheduler| over!(data, chunks, engine, scheduler).merge(|a, b| a + b).run().unwrap().to_bits());
    check(|data, chunks, engine, scheduler| {
        let per_batch = Pipeline::over(data).partitioner(chunks).scheduler(scheduler).on(engine).process(|batch| batch.iter().sum::<f64>());
        per_batch.integrator(Mean).run().to_bits()
    });
}

#[test]
fn results_by_key_are_the_same_to_the_bit_and_in_their_order() {
    check(|data, chunks, engine, scheduler| {
        let keyed = over!(data, chunks, engine, scheduler).key_by(|x| x.to_bits() % 10);
        bits(keyed.integrator((Sum, Mean)).run(), |(sum, mean)| (sum.to_bits(), mean.to_bits()))
    });
}

#[test]
fn random_batches_are_summed_the_same_to_the_bit() {
    let data = floats(6_000);
    check_one(|engine, scheduler| {
        let dealt = Pipeline::over(&data).partitioner(RandomPartitioner::new(200).seed(7)).scheduler(scheduler).on(engine);
        dealt.map(unevenly).integrator(Sum).run().to_bits()
    });
    check_one(|engine, scheduler| {
        let cut = Pipeline::over(&data).range_by(200, |x| TotalOrder(**x)).scheduler(scheduler).on(engine);
        bits(cut.key_by(|x| x.to_bits() % 7).map(unevenly).integrator(Sum).run(), f64::to_bits)
    });
}

/// In the order of iteration.
fn bits<K: Key, V, B>(groups: Groups<K, V>, bits: impl Fn(V) -> B) -> Vec<(K, B)> {
    groups.into_iter().map(|(key, value)| (key, bits(value))).collect()
}

/// So many groups, out of 200 batches and more, with sums that depend on their grouping.
fn check_groups(groups: u64, records: u32) {
    let data = floats(records);
    let found = check_one(|engine, scheduler| {
        let pipeline = Pipeline::over(&data).partitioner(Chunks::of(records as usize / 200)).scheduler(scheduler).on(engine);
        let sums = pipeline.map(unevenly).key_by(|x| fixed_hash(&(x.to_bits() >> 3)) % groups).integrator((Sum, Count)).run();
        let hash = fixed_hash(&sums.iter().map(|(key, (sum, count))| (*key, sum.to_bits(), *count)).collect::<Vec<_>>());
        (sums.len(), hash)
    });
    assert!(found.0 as u64 > groups * 6 / 10, "{found:?}");
}

#[test]
fn groups_come_in_the_same_order() {
    check_groups(10, 6_000);
    check_groups(1024, 10_000);
}

#[test]
fn more_groups_than_one_table_holds_come_in_the_same_order() {
    check_exactly(1024);
    check_exactly(1025);
    check_groups(2_000, 10_000);
}

#[test]
fn very_many_groups_come_in_the_same_order() {
    check_groups(50_000, 60_000);
}

/// Each key twice or more, far apart.
fn check_exactly(groups: u64) {
    let found = check_one(|engine, scheduler| {
        let pipeline = Pipeline::over(0..3 * groups).partitioner(Chunks::of(11)).scheduler(scheduler).on(engine);
        let means = pipeline.key_by(|n| n * 7 % groups).map(|n| 1.0 / n as f64).integrator(Mean).run();
        assert_eq!(means.len() as u64, groups);
        fixed_hash(&means.iter().map(|(key, mean)| (*key, mean.to_bits())).collect::<Vec<_>>())
    });
    assert_ne!(found, 0);
}

/// What `.relaxed()` gives up is the last bits, and nothing else.
#[test]
fn relaxed_results_are_about_equal() {
    let data = floats(6_000);
    let exact = Pipeline::over(&data).partitioner(Chunks::of(10)).integrator((Sum, Mean, Count)).run();
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * (1.0 + a.abs());
    for engine in engines() {
        for scheduler in schedulers() {
            let pipeline = Pipeline::over(&data).partitioner(Chunks::of(10)).scheduler(scheduler).on(engine).map(unevenly).relaxed();
            let (sum, mean, count) = pipeline.integrator((Sum, Mean, Count)).run();
            assert!(close(sum, exact.0) && close(mean, exact.1), "{sum}, {mean}, but {exact:?}");
            assert_eq!(count, exact.2);
        }
        let ordered = Pipeline::over(&data).partitioner(Chunks::of(10)).scheduler(Shuffled(3)).on(engine).relaxed();
        assert_eq!(ordered.copied().run(), data, "order is not given up");
    }
}
