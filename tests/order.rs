//! In which order batches run: exactly by rank on one thread, each once and truly in parallel on several.

mod watchdog;

use microbatch::prelude::*;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use watchdog::within;

fn engine(threads: usize) -> Engine {
    Engine::builder().threads(threads).build().unwrap()
}

/// Any order, by a hash; every eighth rank is shared by several.
struct Shuffled {
    seed: u64,
    asked: AtomicUsize,
}

impl Shuffled {
    fn new(seed: u64) -> Self {
        Shuffled { seed, asked: AtomicUsize::new(0) }
    }

    fn rank_of(&self, seq: u32) -> u64 {
        let mixed = (u64::from(seq) ^ self.seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        if mixed.is_multiple_of(8) { 7 } else { mixed }
    }
}

impl Scheduler for Shuffled {
    fn rank(&self, task: &Task) -> u64 {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.rank_of(task.seq)
    }
}

/// The order in which batches of `size` run.
fn order(engine: &Engine, batches: u32, scheduler: impl Scheduler) -> Vec<u32> {
    let log = Mutex::new(Vec::new());
    let over = Pipeline::over(0..batches).partitioner(Chunks::of(1)).scheduler(scheduler).on(engine);
    over.process(|batch| log.lock().unwrap().push(batch.start)).integrator(Count).run();
    log.into_inner().unwrap()
}

#[test]
fn on_one_thread_batches_run_exactly_by_rank_and_ties_by_place() {
    let engine = engine(1);
    for batches in [1, 5, 128, 129, 1_000] {
        for seed in 0..20 {
            let shuffled = Shuffled::new(seed);
            let mut expected: Vec<u32> = (0..batches).collect();
            expected.sort_by_key(|seq| shuffled.rank_of(*seq));
            assert_eq!(order(&engine, batches, &shuffled), expected, "{batches} batches, seed {seed}");
            assert_eq!(shuffled.asked.into_inner(), batches as usize, "asked once a batch");
        }
        let all: Vec<u32> = (0..batches).collect();
        assert_eq!(order(&engine, batches, Fcfs), all);
        assert_eq!(order(&engine, batches, Priority::by(|_| 3)), all, "ties");
        assert_eq!(order(&engine, batches, Priority::by(|task| u64::from(task.seq))), all.into_iter().rev().collect::<Vec<_>>());
    }
}

#[test]
fn the_policy_of_the_engine_orders_where_a_pipeline_has_none() {
    let log = Mutex::new(Vec::new());
    let engine = Engine::builder().threads(1).scheduler(Priority::by(|task| u64::from(task.seq))).build().unwrap();
    let over = Pipeline::over(0..5u32).partitioner(Chunks::of(1)).on(&engine);
    over.process(|batch| log.lock().unwrap().push(batch.start)).integrator(Count).run();
    assert_eq!(*log.lock().unwrap(), [4, 3, 2, 1, 0]);
}

/// Cuts at 2, 9, 10, 40 and 50: batches of 2, 7, 1, 30, 10 and 50 records; says in which order they run.
fn uneven(engine: &Engine, scheduler: impl Scheduler) -> Vec<usize> {
    let log = Mutex::new(Vec::new());
    let cut = RangePartitioner::at([2, 9, 10, 40, 50], |n: &u32| *n);
    let over = Pipeline::over(0..100u32).partitioner(cut).scheduler(scheduler).on(engine);
    over.process(|batch| log.lock().unwrap().push(batch.len())).integrator(Count).run();
    log.into_inner().unwrap()
}

#[test]
fn uneven_batches_run_by_their_size() {
    let check = |scheduler: Box<dyn Scheduler>, expected: [usize; 6]| assert_eq!(uneven(&engine(1), scheduler), expected);
    check(Box::new(Sjf::pure()), [1, 2, 7, 10, 30, 50]);
    check(Box::new(Sjf::new()), [1, 2, 7, 10, 30, 50]);
    check(Box::new(LongestFirst), [50, 30, 10, 7, 2, 1]);
    check(Box::new(Priority::by(|task| task.records as u64)), [50, 30, 10, 7, 2, 1]);
    check(Box::new(Priority::by(|task| 6 - u64::from(task.partition))), [2, 7, 1, 30, 10, 50]);
    check(Box::new(Fcfs), [2, 7, 1, 30, 10, 50]);
}

/// The estimate is in whole nanoseconds: after runs of much less a record, small batches all counted as nothing.
#[test]
fn batches_are_told_apart_when_records_have_been_very_cheap() {
    let engine = engine(1);
    for _ in 0..60 {
        Pipeline::over(0..1u64 << 40).partitioner(Chunks::of(1 << 38)).on(&engine).process(|_| 1u64).integrator(Sum).run();
    }
    assert_eq!(uneven(&engine, LongestFirst), [50, 30, 10, 7, 2, 1]);
    for _ in 0..60 {
        Pipeline::over(0..1u64 << 40).partitioner(Chunks::of(1 << 38)).on(&engine).process(|_| 1u64).integrator(Sum).run();
    }
    assert_eq!(uneven(&engine, Sjf::pure()), [1, 2, 7, 10, 30, 50]);
}

#[test]
fn on_several_threads_each_batch_runs_once() {
    for threads in [2, 3, 8] {
        for batches in [1, 5, 128, 129, 1_000] {
            let mut seen = order(&engine(threads), batches, Shuffled::new(3));
            seen.sort();
            assert_eq!(seen, (0..batches).collect::<Vec<_>>());
        }
    }
}

/// Waits until `count` batches are at this place; says whether they came.
struct Gate {
    here: AtomicU64,
    count: u64,
}

impl Gate {
    fn of(count: u64) -> Self {
        Gate { here: AtomicU64::new(0), count }
    }

    fn pass(&self) -> bool {
        self.here.fetch_add(1, Ordering::AcqRel);
        let end = Instant::now() + Duration::from_secs(5);
        while self.here.load(Ordering::Acquire) < self.count {
            if Instant::now() > end {
                return false;
            }
            std::thread::yield_now();
        }
        true
    }
}

#[test]
fn batches_run_truly_side_by_side() {
    within(Duration::from_secs(30), || {
        for threads in [2, 3, 8] {
            let (engine, gate) = (engine(threads), Gate::of(threads as u64));
            let met = Pipeline::over(0..threads as u64).partitioner(Chunks::of(1)).on(&engine).process(|_| gate.pass()).run();
            assert!(met.into_iter().all(|met| met), "{threads} threads");
        }
        // The default chunks of 8,192 records are two.
        let (engine, gate) = (engine(2), Gate::of(2));
        let met = Pipeline::over(0..8_192u32).on(&engine).process(|_| gate.pass()).run();
        assert_eq!(met, [true, true]);
    });
}

#[test]
fn two_runs_share_an_engine_side_by_side() {
    within(Duration::from_secs(30), || {
        let (engine, gate) = (engine(2), Gate::of(2));
        std::thread::scope(|threads| {
            let run = || Pipeline::over(0..1u8).on(&engine).process(|_| gate.pass()).run();
            let other = threads.spawn(run);
            assert_eq!((run(), other.join().unwrap()), (vec![true], vec![true]));
        });
    });
}

/// A task of so many nanoseconds' estimate, that arrived at `arrival`, of this class.
fn task(arrival: u64, cost: u64, priority: u8) -> Task {
    let mut task = Task::default();
    (task.arrival, task.cost, task.priority) = (arrival, Duration::from_nanos(cost), priority);
    task
}

#[test]
fn a_policy_is_a_function_of_the_task() {
    let check = |policy: &dyn Scheduler, task: &Task, rank: u64| assert_eq!((policy.rank(task), policy.rank(task)), (rank, rank));
    check(&Fcfs, &task(7, 100, 3), 7);
    check(&LongestFirst, &task(7, 100, 3), u64::MAX - 100);
    check(&Sjf::pure(), &task(7, 100, 3), 100);
    check(&Sjf::new(), &task(7, 100, 3), 107);
    check(&Sjf::default(), &task(7, 100, 3), 107);
    check(&Sjf::new().alpha(4.0), &task(7, 100, 3), 32);
    check(&Sjf::new().alpha(0.5), &task(7, 100, 3), 207);
    check(&Priority::strict(), &task(7, 100, 3), u64::MAX - 3);
    check(&Priority::by(|task| task.arrival * 2), &task(7, 100, 3), u64::MAX - 14);
    // Each class is worth a millisecond of arrival.
    check(&Priority::new(), &task(7, 100, 255), 7);
    check(&Priority::new(), &task(7, 100, 252), 3_000_007);
    assert_eq!(Priority::new().rank(&task(1_000_000, 0, 5)), Priority::new().rank(&task(0, 0, 4)), "after a millisecond a class is level");
    assert!(Priority::new().rank(&task(1_000_001, 0, 5)) > Priority::new().rank(&task(0, 0, 4)), "and then overtaken no more");
}

#[test]
fn extremes_saturate() {
    let mut longest = task(u64::MAX, 0, 0);
    longest.cost = Duration::MAX;
    let ranks =
        [Sjf::pure().rank(&longest), Sjf::new().rank(&longest), Sjf::new().alpha(f64::MIN_POSITIVE).rank(&longest), Fcfs.rank(&longest)];
    assert_eq!(ranks, [u64::MAX; 4]);
    assert_eq!(LongestFirst.rank(&longest), 0);
    assert_eq!(Priority::new().rank(&longest), u64::MAX);
    assert_eq!(Sjf::new().alpha(f64::MAX).rank(&task(5, u64::MAX, 0)), 5);
    assert_eq!(Priority::by(|_| u64::MAX).rank(&longest), 0);
    assert_eq!(Priority::by(|_| 0).rank(&longest), u64::MAX);
}

#[test]
fn alpha_is_positive_and_finite() {
    for alpha in [0.0, -0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let thrown = std::panic::catch_unwind(|| Sjf::new().alpha(alpha)).unwrap_err();
        let text = thrown.downcast_ref::<String>().unwrap();
        assert!(text.contains("alpha") && text.contains("positive"), "{text}");
    }
}

#[test]
fn a_scheduler_may_be_borrowed_boxed_or_shared() {
    let engine = engine(1);
    let backwards = Priority::by(|task: &Task| u64::from(task.seq));
    let borrowed: &dyn Scheduler = &backwards;
    assert_eq!(order(&engine, 3, borrowed), [2, 1, 0]);
    assert_eq!(order(&engine, 3, Box::new(backwards) as Box<dyn Scheduler>), [2, 1, 0]);
    assert_eq!(order(&engine, 3, std::sync::Arc::new(backwards)), [2, 1, 0]);
}
