//! No run waits for ever: pools of any size, inside rayon jobs, inside other runs, beside other runs.

mod watchdog;

use microbatch::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use watchdog::within;

const LIMIT: Duration = Duration::from_secs(20);
const POOLS: [usize; 5] = [1, 2, 3, 8, 64];

fn own(threads: usize) -> Engine {
    Engine::builder().threads(threads).build().unwrap()
}

fn pool(threads: usize) -> Arc<rayon::ThreadPool> {
    Arc::new(rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap())
}

/// One run, of 20 batches; what it gives is known.
fn flat(engine: &Engine) {
    assert_eq!(Pipeline::over(0..100u64).partitioner(Chunks::of(5)).on(engine).integrator(Sum).run(), 4950);
}

/// A run inside a run inside a run: the outer and the inner one on `a`, the middle one on `b`.
fn nested(a: &Engine, b: &Engine) {
    let inner = |m: u64| Pipeline::over(0..m).partitioner(Chunks::of(1)).on(a).integrator(Sum).run();
    let middle = |n: u64| Pipeline::over(0..n).partitioner(Chunks::of(2)).on(b).map(inner).integrator(Sum).run();
    let sum = Pipeline::over(0..12u64).partitioner(Chunks::of(1)).on(a).map(middle).integrator(Sum).run();
    let expected: u64 = (0..12u64).map(|n| (0..n).map(|m| (0..m).sum::<u64>()).sum::<u64>()).sum();
    assert_eq!(sum, expected);
}

/// Runs `work` with an engine of every size, of its own threads and of a pool that the work is told of.
fn check(work: fn(&Engine, Option<&rayon::ThreadPool>)) {
    for threads in POOLS {
        within(LIMIT, move || {
            let engine = own(threads);
            work(&engine, None);
            assert_eq!(engine.waiting_runs(), 0);
        });
        within(LIMIT, move || {
            let pool = pool(threads);
            let engine = Engine::from_pool(pool.clone());
            work(&engine, Some(&pool));
            assert_eq!(engine.waiting_runs(), 0);
        });
    }
}

#[test]
fn runs_one_after_another_end() {
    check(|engine, _| (0..20).for_each(|_| flat(engine)));
}

#[test]
fn runs_from_many_threads_at_once_end() {
    check(|engine, _| {
        std::thread::scope(|threads| {
            for _ in 0..12 {
                threads.spawn(|| (0..10).for_each(|_| flat(engine)));
            }
        });
    });
}

#[test]
fn runs_three_deep_on_one_engine_end() {
    check(|engine, _| nested(engine, engine));
}

#[test]
fn runs_three_deep_from_many_threads_end() {
    check(|engine, _| {
        std::thread::scope(|threads| {
            for _ in 0..6 {
                threads.spawn(|| (0..3).for_each(|_| nested(engine, engine)));
            }
        });
    });
}

#[test]
fn runs_across_two_engines_end() {
    check(|engine, _| {
        let other = own(1);
        std::thread::scope(|threads| {
            for i in 0..4 {
                let (a, b) = if i % 2 == 0 { (engine, &other) } else { (&other, engine) };
                threads.spawn(move || (0..3).for_each(|_| nested(a, b)));
            }
        });
        assert_eq!(other.waiting_runs(), 0);
    });
}

#[test]
fn runs_across_two_engines_of_one_pool_end() {
    for threads in POOLS {
        within(LIMIT, move || {
            let pool = pool(threads);
            let (a, b) = (Engine::from_pool(pool.clone()), Engine::from_pool(pool.clone()));
            nested(&a, &b);
            pool.install(|| nested(&b, &a));
            std::thread::scope(|threads| {
                threads.spawn(|| nested(&a, &b));
                threads.spawn(|| nested(&b, &a));
            });
        });
    }
}

#[test]
fn a_run_inside_a_job_of_the_pool_ends() {
    check(|engine, pool| {
        let Some(pool) = pool else { return };
        pool.install(|| flat(engine));
        pool.install(|| nested(engine, engine));
        pool.join(|| nested(engine, engine), || flat(engine));
    });
}

#[test]
fn a_thousand_runs_spawned_into_the_pool_end() {
    check(|engine, pool| {
        let Some(pool) = pool else { return };
        pool.scope(|scope| {
            for i in 0..1_000 {
                scope.spawn(move |_| if i % 100 == 0 { nested(engine, engine) } else { flat(engine) });
            }
        });
    });
}

#[test]
fn a_run_inside_a_job_of_another_pool_ends() {
    check(|engine, _| {
        let other = pool(2);
        other.scope(|scope| (0..50).for_each(|_| scope.spawn(|_| flat(engine))));
        other.install(|| nested(engine, engine));
    });
}

#[test]
fn a_run_inside_the_global_pool_ends() {
    check(|engine, _| {
        rayon::scope(|scope| (0..50).for_each(|_| scope.spawn(|_| flat(engine))));
        rayon::join(|| nested(engine, engine), || flat(engine));
        assert_eq!(rayon::join(|| Pipeline::over(0..9u8).integrator(Count).run(), || 1).0, 9, "on the shared engine");
    });
}

#[test]
fn rayon_inside_a_closure_ends() {
    check(|engine, _| {
        let sum = Pipeline::over(0..50u64).partitioner(Chunks::of(1)).on(engine).map(|n| rayon::join(|| n, || n * 2)).map(|(a, b)| a + b);
        assert_eq!(sum.integrator(Sum).run(), 3 * 1225);
    });
}

/// Starts a run wherever it is called.
struct Nosy<'e>(&'e Engine, AtomicU64);

impl Nosy<'_> {
    fn look(&self) {
        flat(self.0);
        self.1.fetch_add(1, Ordering::Relaxed);
    }
}

impl Observer for Nosy<'_> {
    fn started(&self, _: &RunPlan) {
        self.look();
    }
    fn batch_started(&self, _: &Task) {
        self.look();
    }
    fn batch_finished(&self, _: &Task, _: Duration) {
        self.look();
    }
    fn finished(&self, _: &RunStats) {
        self.look();
    }
}

#[test]
fn a_run_inside_an_observer_ends() {
    check(|engine, _| {
        let nosy = Nosy(engine, AtomicU64::new(0));
        Pipeline::over(0..8u64).partitioner(Chunks::of(2)).on(engine).observe(&nosy).integrator(Sum).run();
        assert_eq!(nosy.1.into_inner(), 2 + 2 * 4);
    });
}

/// Heavy results are combined inside the pool: here by many callers, some of them on its threads.
#[test]
fn combining_inside_the_pool_ends() {
    check(|engine, pool| {
        let heavy = || assert!(Pipeline::over(0..40_000u32).on(engine).map(|n| n.reverse_bits()).sort().run().is_sorted());
        std::thread::scope(|threads| (0..3).for_each(|_| drop(threads.spawn(heavy))));
        Pipeline::over(0..2u8).partitioner(Chunks::of(1)).on(engine).map(|_| heavy()).integrator(Count).run();
        if let Some(pool) = pool {
            pool.install(heavy);
        }
    });
}

/// Threads of this process whose name begins so.
#[cfg(target_os = "linux")]
fn threads_named(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    // A thread may end while we look.
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|found| found.starts_with(name)).count()
}

/// Waits until there are as many threads of that name as expected.
#[cfg(target_os = "linux")]
fn await_threads(name: &str, expected: usize) {
    let end = std::time::Instant::now() + Duration::from_secs(10);
    while threads_named(name) != expected {
        assert!(std::time::Instant::now() < end, "{} threads {name}*, not {expected}", threads_named(name));
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Other tests of this file have engines too, so it counts a thread that only the largest of its engines has.
#[test]
#[cfg(target_os = "linux")]
fn an_engine_leaves_no_thread_behind() {
    within(LIMIT, || {
        for round in 0..5 {
            let engine = own(100);
            await_threads("microbatch-99", 1);
            flat(&engine);
            let failed = Pipeline::over(0..100u8).partitioner(Chunks::of(1)).on(&engine).try_map(|n| if n < 50 { Ok(n) } else { Err(n) });
            assert!(failed.integrator(Count).try_run().is_err());
            let clone = engine.clone();
            drop(engine);
            flat(&clone);
            // The last clone may be dropped inside a closure of its own run.
            match round % 2 {
                0 => drop(clone),
                _ => {
                    let runs_on = clone.clone();
                    let held = std::sync::Mutex::new(Some(clone));
                    Pipeline::over(0..9u8)
                        .partitioner(Chunks::of(1))
                        .on(&runs_on)
                        .map(|_| drop(held.lock().unwrap().take()))
                        .integrator(Count)
                        .run();
                }
            }
            await_threads("microbatch-99", 0);
        }
    });
}
