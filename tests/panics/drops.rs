//! A record, a state or an error whose `drop` panics: wherever that is, the run gives an error, and the engine works on.

use super::boom::{Bomb, silence, thrown};
use super::watchdog::within;
use microbatch::Returns;
use microbatch::prelude::*;
use std::fmt::Debug;
use std::time::Duration;

/// A record; one of them panics when it is dropped, unless it is taken apart first.
struct Record {
    n: u64,
    bomb: Option<Bomb>,
}

/// Twelve records, of which the `armed` one panics when it is dropped.
fn records(armed: u64) -> Vec<Record> {
    (0..12).map(|n| Record { n, bomb: (n == armed).then(|| Bomb) }).collect()
}

/// Takes the record apart without dropping it.
fn defuse(record: Record) -> u64 {
    std::mem::forget(record.bomb);
    record.n
}

/// What a run ends with: the error's text, or that it was right.
fn told<P: Returns<Error: Debug + std::fmt::Display>>(pipeline: P) -> String {
    let mut told = String::new();
    let escaped = thrown(|| {
        told = match pipeline.try_run() {
            Ok(output) => (std::mem::forget(output), "well".into()).1,
            Err(error) => error.to_string(),
        }
    });
    if escaped.is_some() { "`.try_run()` panicked".into() } else { told }
}

fn check(name: &str, expected: &str, run: fn(&Engine) -> String) {
    silence();
    for threads in [1, 2, 8] {
        let (name, expected) = (name.to_string(), expected.to_string());
        within(Duration::from_secs(20), move || {
            let engine = Engine::builder().threads(threads).build().unwrap();
            // Often enough to lose every slot, where one is lost a time.
            for _ in 0..10 {
                assert_eq!(run(&engine), expected, "{name}, {threads} threads");
                assert_eq!(engine.waiting_runs(), 0);
                assert_eq!(Pipeline::over(0..100u64).partitioner(Chunks::of(3)).on(&engine).integrator(Sum).run(), 4950);
            }
        });
    }
}

macro_rules! over {
    ($engine:ident, $armed:expr) => {
        Pipeline::over(records($armed)).partitioner(Chunks::of(2)).on($engine)
    };
}

#[test]
fn a_record_dropped_by_a_closure_panics_in_its_batch() {
    check("map", "batch 2 panicked: boom in a drop", |e| told(over!(e, 5).map(|record| record.n).integrator(Sum)));
    check("filter", "batch 2 panicked: boom in a drop", |e| told(over!(e, 5).filter(|record| record.n != 5).map(defuse).integrator(Sum)));
    check("process", "batch 2 panicked: boom in a drop", |e| told(over!(e, 5).process(|batch| batch.len()).integrator(Sum)));
    check("fold", "batch 2 panicked: boom in a drop", |e| told(over!(e, 5).integrator(Count)));
    check("nobody", "well", |e| told(over!(e, 5).map(defuse).integrator(Sum)));
}

/// The batches after the one that failed are not run, only dropped.
#[test]
fn a_record_dropped_with_a_batch_that_is_not_run_does_not_change_the_error() {
    check("after a failure", "batch 0, record 0: no", |e| {
        told(over!(e, 11).try_map(|record| if record.n == 0 { Err("no") } else { Ok(defuse(record)) }).integrator(Sum))
    });
    check("after a panic", "batch 0 panicked: boom", |e| {
        told(over!(e, 11).map(|record| if record.n == 0 { panic!("boom") } else { defuse(record) }).integrator(Sum))
    });
    check("cancelled", "cancelled before batch 0 was done", |e| {
        let token = CancelToken::new();
        token.cancel();
        told(over!(e, 11).cancel(&token).map(defuse).integrator(Sum))
    });
}

#[test]
fn a_result_dropped_as_a_later_batch_failed_does_not_change_the_error() {
    check("collected", "batch 5, record 10: no", |e| {
        told(over!(e, 0).try_map(|record| if record.n == 10 { Err("no") } else { Ok(record) }).integrator(Collect))
    });
    check("by key", "batch 5, record 10: no", |e| {
        let failing = over!(e, 0).try_map(|record| if record.n == 10 { Err("no") } else { Ok(record) });
        told(failing.key_by(|record| record.n % 2).integrator(Collect))
    });
}

/// The state of a `scan`: panics when it is dropped after a record that says so.
struct State(Option<Bomb>);

#[test]
fn a_state_dropped_at_the_end_of_a_batch_panics_in_it() {
    check("scan", "batch 2 panicked: boom in a drop", |e| {
        let step = |state: &mut State, n: u64| {
            state.0 = (n == 5).then(|| Bomb);
            Some(n)
        };
        told(Pipeline::over(0..12u64).partitioner(Chunks::of(2)).on(e).scan(|| State(None), step).integrator(Sum))
    });
    check("scan by key", "batch 5 panicked: boom in a drop", |e| {
        let step = |state: &mut State, n: u64| {
            state.0 = state.0.take().or((n == 5).then(|| Bomb));
            Some(n)
        };
        told(Pipeline::over(0..12u64).partitioner(Chunks::of(2)).on(e).key_by(|n| n % 3).scan(|| State(None), step).integrator(Sum))
    });
}

/// An error that panics when it is dropped.
#[derive(Debug)]
struct Sour;

impl std::fmt::Display for Sour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("sour")
    }
}

impl Drop for Sour {
    fn drop(&mut self) {
        panic!("boom in a drop")
    }
}

#[test]
fn an_error_that_is_not_reported_may_panic_when_it_is_dropped() {
    // All batches fail, one error is told; `told` itself drops that one.
    check("stop", "`.try_run()` panicked", |e| told(over!(e, 99).try_map(|_| Err::<u64, _>(Sour)).integrator(Sum)));
    check("skip", "batch 0 panicked: boom in a drop", |e| {
        told(over!(e, 99).try_map(|_| Err::<u64, _>(Sour)).on_failure(Skip).integrator(Sum))
    });
}

#[test]
fn all_records_may_panic_when_they_are_dropped() {
    check("defused", "well", |e| {
        let armed = (0..12).map(|n| Record { n, bomb: Some(Bomb) }).collect::<Vec<_>>();
        told(Pipeline::over(armed).partitioner(Chunks::of(2)).on(e).map(defuse).integrator(Sum))
    });
}
