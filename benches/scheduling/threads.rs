//! The same jobs on an engine with threads and a clock on the wall.

use super::simulator::{Job, Ran};
use microbatch::prelude::*;
use std::time::{Duration, Instant};

/// What a record stands for, in nanoseconds: a job is a batch of records that sleeps for as long as they cost.
const RECORD: u64 = 10_000;

/// Each job is a pipeline of one batch, started by a thread of its own when it arrives.
pub fn run(policy: impl Scheduler + 'static, workers: usize, jobs: &[Job]) -> Vec<Ran> {
    let engine = Engine::builder().threads(workers).scheduler(policy).build().expect("an engine");
    // One job that does not count, for the estimates.
    sleep(&engine, 100, 0);
    let zero = Instant::now();
    let since = |at: Instant| at.duration_since(zero).as_nanos() as u64;
    let engine = &engine;
    let run = |(at, job): (usize, &Job)| {
        let arrival = Duration::from_nanos(job.arrival);
        std::thread::sleep(arrival.saturating_sub(zero.elapsed()));
        let records = (job.cost / RECORD).max(1);
        let priority = job.priority;
        (at, records, priority)
    };
    std::thread::scope(|threads| {
        let started: Vec<_> = jobs
            .iter()
            .enumerate()
            .map(run)
            .map(|(job, records, priority)| {
                threads.spawn(move || {
                    let began = sleep(engine, records, priority);
                    Ran { job, began: since(began), ended: since(Instant::now()) }
                })
            })
            .collect();
        started.into_iter().map(|ran| ran.join().expect("a job")).collect()
    })
}

/// When it began.
fn sleep(engine: &Engine, records: u64, priority: u8) -> Instant {
    let work = |batch: std::ops::Range<u64>| {
        let began = Instant::now();
        std::thread::sleep(Duration::from_nanos(RECORD * (batch.end - batch.start)));
        began
    };
    let over = Pipeline::over(0..records).partitioner(Chunks::of(records as usize)).on(engine).priority(priority);
    over.process(work).run()[0]
}
