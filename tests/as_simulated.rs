//! An engine of one thread serves competing runs in the order that the simulation says, from which the bounds of the policies follow.

mod props;
mod simulator;
mod watchdog;

use microbatch::prelude::*;
use props::holds;
use proptest::collection::vec;
use simulator::{Job, simulate};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use watchdog::within;

/// Priority, records in a batch, and how many batches.
type Run = (u8, u32, u32);

/// Whose batches an engine runs, one after another: all runs come, one by one, while another one holds its thread.
fn served(policy: impl Scheduler + 'static, runs: &[Run]) -> Vec<u32> {
    let engine = Engine::builder().threads(1).scheduler(policy).build().unwrap();
    let (log, is_held, is_released) = (Mutex::new(Vec::new()), AtomicBool::new(false), AtomicBool::new(false));
    let wait_for = |what: &dyn Fn() -> bool| {
        while !what() {
            std::thread::yield_now();
        }
    };
    let hold = |_| {
        is_held.store(true, Ordering::Release);
        wait_for(&|| is_released.load(Ordering::Acquire));
    };
    let (engine, log) = (&engine, &log);
    std::thread::scope(|callers| {
        callers.spawn(|| Pipeline::over(0..1u8).on(engine).process(hold).integrator(Count).run());
        wait_for(&|| is_held.load(Ordering::Acquire));
        for (name, (priority, records, batches)) in (0..).zip(runs.iter().copied()) {
            callers.spawn(move || {
                let over = Pipeline::over(0..records * batches).partitioner(Chunks::of(records as usize)).on(engine).priority(priority);
                over.process(move |_| log.lock().unwrap().push(name)).integrator(Count).run()
            });
            wait_for(&|| engine.waiting_runs() > name as usize);
        }
        is_released.store(true, Ordering::Release);
    });
    log.lock().unwrap().clone()
}

/// The same on the simulated clock.
fn simulated(policy: &dyn Scheduler, runs: &[Run]) -> Vec<u32> {
    let tasks = |(pipeline, (priority, records, batches)): (u32, &Run)| {
        let cost = 10 * u64::from(*records);
        // One after another, but all before the first can begin.
        let job = Job { arrival: 1 + u64::from(pipeline), pipeline, priority: *priority, cost, estimate: cost, ..Job::default() };
        vec![job; *batches as usize]
    };
    let held = Job { pipeline: u32::MAX, cost: 1_000, ..Job::default() };
    let jobs: Vec<Job> = std::iter::once(held).chain((0..).zip(runs).flat_map(tasks)).collect();
    let ran = simulate(policy, 1, &jobs);
    assert!(ran.windows(2).all(|two| two[0].ended <= two[1].began), "one at a time");
    ran.iter().map(|ran| jobs[ran.job].pipeline).filter(|pipeline| *pipeline != u32::MAX).collect()
}

fn agrees<S: Scheduler + Clone + 'static>(salt: u64, policy: S) {
    within(Duration::from_secs(60), move || {
        holds(salt, 40, &vec((0..4u8, 1..50u32, 1..6u32), 1..6), |runs| {
            assert_eq!(served(policy.clone(), &runs), simulated(&policy, &runs));
        });
    });
}

#[test]
fn by_arrival() {
    agrees(1, Fcfs);
}

#[test]
fn by_priority() {
    agrees(2, Priority::strict());
}

#[test]
fn by_estimate() {
    agrees(3, Sjf::pure());
    agrees(4, LongestFirst);
    agrees(5, Sjf::pure().by_remaining());
}
