//! Runs that interrupt each other on one engine. A file of its own, so that nothing else runs beside it: what it looks for needs threads
//! that meet within a moment.

mod watchdog;

use microbatch::prelude::*;
use std::time::Duration;
use watchdog::within;

const LIMIT: Duration = Duration::from_secs(20);

/// When a worker found no lane left, and another one gave its lane up for an urgent run between that and the first one's leaving,
/// the run was struck off the list of those that wait for workers: nobody took the lane up again.
#[test]
fn a_lane_given_up_at_the_end_of_a_run_is_taken_up_again() {
    for threads in [2, 3] {
        within(LIMIT, move || {
            let engine = Engine::builder().threads(threads).scheduler(Priority::strict()).build().unwrap();
            let run = |priority| {
                let pipeline = Pipeline::over(0..6u64).partitioner(Chunks::of(1)).on(&engine).priority(priority);
                assert_eq!(pipeline.process(|batch| batch.start).integrator(Sum).run(), 15);
            };
            std::thread::scope(|scope| {
                for priority in 0..5 {
                    scope.spawn(move || (0..6_000).for_each(|_| run(priority)));
                }
            });
            assert_eq!(engine.waiting_runs(), 0);
        });
    }
}

/// Lanes of many batches, left to other runs again and again in their middle.
#[test]
fn runs_that_interrupt_each_other_end_and_are_right() {
    for threads in [1, 2, 3] {
        within(LIMIT, move || {
            let engine = Engine::builder().threads(threads).scheduler(Priority::strict()).build().unwrap();
            let numbers: Vec<f64> = (0..3_000).map(|n| f64::from(n).sqrt()).collect();
            let alone = Pipeline::over(&numbers).partitioner(Chunks::of(3)).integrator(Sum).run().to_bits();
            let run = |priority: u8| {
                let over = Pipeline::over(&numbers).partitioner(Chunks::of(3)).on(&engine).priority(priority);
                assert_eq!(over.integrator(Sum).run().to_bits(), alone);
                let failing = Pipeline::over(0..1_000u64).partitioner(Chunks::of(1)).on(&engine).priority(priority);
                let failed = failing.try_map(|n| if n % 400 == 399 { Err(n) } else { Ok(n) }).integrator(Sum).try_run();
                assert!(matches!(failed, Err(RunError::Failed { error: 399, .. })), "{failed:?}");
            };
            std::thread::scope(|scope| (0..5).for_each(|priority| drop(scope.spawn(move || (0..20).for_each(|_| run(priority))))));
            assert_eq!(engine.waiting_runs(), 0);
        });
    }
}

/// Without a scheduler on the engine the priority of a pipeline counts all the same.
#[test]
fn a_greater_priority_runs_first_on_any_engine() {
    within(Duration::from_secs(30), || {
        let engine = Engine::builder().threads(1).build().unwrap();
        let order = std::sync::Mutex::new(String::new());
        std::thread::scope(|threads| {
            for (name, priority, after) in [('a', 0, 0), ('b', 0, 1), ('c', 200, 2)] {
                let (engine, order) = (&engine, &order);
                threads.spawn(move || {
                    while engine.waiting_runs() < after {
                        std::thread::yield_now();
                    }
                    let step = |_| {
                        order.lock().unwrap().push(name);
                        while name == 'a' && order.lock().unwrap().len() == 1 && engine.waiting_runs() < 3 {
                            std::thread::yield_now();
                        }
                    };
                    Pipeline::over(0..3u8).partitioner(Chunks::of(1)).on(engine).priority(priority).map(step).integrator(Count).run();
                });
            }
        });
        assert_eq!(order.into_inner().unwrap(), "acccaabbb");
    });
}
