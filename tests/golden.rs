//! Stores that this version and those before it have made, in `tests/golden`: each is opened, and goes on to the totals of a run that nothing
//! interrupts.
//!
//! They are made anew, where the format has changed, by `MICROBATCH_GOLDEN=make cargo test --features checkpoint --test golden of_the_past`.

#[path = "durable/folder.rs"]
mod folder;
#[path = "durable/ledger.rs"]
mod ledger;

use folder::Folder;
use ledger::{Ledger, Log};
use microbatch::prelude::*;
use microbatch::{Expire, RunError, StoreError};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::Duration;

const RECORDS: u64 = 400;
/// Where the stream that made a store has stopped: windows are open by then, timers are set, and results have left.
const STOPS_AT: u64 = 300;
const KINDS: [&str; 5] = ["windows", "sliding", "sessions", "stateful", "stages"];

/// Says some time after each record how many of its key there were by the time of the record: that depends on no cut.
struct Visits;
impl KeyedProcessor<u64, u64> for Visits {
    type State = Vec<i64>;
    type Out = u64;
    fn on_record(&self, _: &u64, times: &mut Vec<i64>, _: u64, context: &mut Context<u64>) {
        let time = context.time().map_or(0, Timestamp::as_micros);
        times.push(time);
        context.timer(Timestamp::from_micros(time + 300_000));
    }
    fn on_timer(&self, _: &u64, times: &mut Vec<i64>, at: Timestamp, context: &mut Context<u64>) {
        context.emit(times.iter().filter(|time| **time + 300_000 <= at.as_micros()).count() as u64);
    }
}

fn run(kind: &str, file: &Path, version: u32, log: Log, ledger: &mut Ledger) -> Result<StreamProgress, RunError<Infallible>> {
    let checkpoint = Checkpoint::at(file).unwrap().every(Duration::ZERO).name(kind).version(version);
    let stream = Pipeline::stream(log).trigger(Records::of(20)).checkpoint(checkpoint);
    // Bursts with pauses, and some records out of order.
    let timed = stream.event_time(|n| Timestamp::from_millis((n / 20 * 1000 + n % 20 * 10 + n % 3 * 7) as i64));
    let timed = timed.watermark(BoundedDisorder::of(Duration::from_millis(50))).key_by(|n| n % 7);
    match kind {
        "windows" => timed.window(Tumbling::of(Duration::from_secs(3))).integrator(Sum).run_exactly_once(ledger),
        "sliding" => {
            let windows = Sliding::of(Duration::from_secs(4), Duration::from_secs(2));
            timed.window(windows).integrator(Sum).run_exactly_once(ledger)
        }
        "sessions" => timed.window(Session::gap(Duration::from_millis(300))).integrator(Count).run_exactly_once(ledger),
        "stateful" => {
            let visits = timed.stateful(Expire::after(Duration::from_secs(100), Visits));
            visits.window(Tumbling::of(Duration::from_secs(3))).integrator(Sum).run_exactly_once(ledger)
        }
        _ => {
            let counts = timed.window(Tumbling::of(Duration::from_secs(1))).integrator(Count).then();
            let windows = counts.event_time(|pane| pane.window.start).window(Tumbling::of(Duration::from_secs(3)));
            windows.key_by(|pane| pane.key % 2).map(|pane| pane.value).integrator(Sum).run_exactly_once(ledger)
        }
    }
}

fn golden(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{kind}.redb"))
}

/// What is in the ledger by the time that a stream stops, and at its end.
fn uninterrupted(kind: &str, folder: &Folder) -> Ledger {
    let mut whole = Ledger::default();
    run(kind, &folder.path().join(format!("{kind} whole")), 1, Log::to(RECORDS), &mut whole).unwrap();
    whole
}

fn stop(kind: &str, file: &Path) -> Ledger {
    let mut stopped = Ledger::default();
    let failed = run(kind, file, 1, Log { fails_at: Some(STOPS_AT), ..Log::to(RECORDS) }, &mut stopped);
    assert!(matches!(failed, Err(RunError::Source { .. })), "{kind}: {failed:?}");
    stopped
}

#[test]
fn stores_of_the_past_go_on_to_the_right_totals() {
    let folder = Folder::new();
    for kind in KINDS {
        if std::env::var("MICROBATCH_GOLDEN").is_ok_and(|what| what == "make") {
            let made = folder.path().join(format!("{kind} made"));
            stop(kind, &made);
            std::fs::copy(made, golden(kind)).unwrap();
        }
        let whole = uninterrupted(kind, &folder);
        // What the sink had by then: epochs have the same results in each run, where each is of one micro-batch.
        let mut ledger = stop(kind, &folder.path().join(kind));
        assert!(!ledger.results.is_empty() && ledger.results.len() < whole.results.len(), "{kind}: {}", ledger.results.len());
        let file = folder.path().join(format!("{kind} golden"));
        std::fs::copy(golden(kind), &file).unwrap();
        let report = run(kind, &file, 1, Log::to(RECORDS), &mut ledger).unwrap();
        assert!(report.records_in < RECORDS, "{kind}: it begins at the beginning");
        assert!(ledger.results == whole.results, "{kind}: {} results, not {}", ledger.results.len(), whole.results.len());
    }
}

#[test]
fn stores_of_another_plan_or_version_are_refused_with_what_to_do() {
    let folder = Folder::new();
    for (at, kind) in KINDS.iter().enumerate() {
        let file = folder.path().join(kind);
        std::fs::copy(golden(kind), &file).unwrap();
        let other = KINDS[(at + 1) % KINDS.len()];
        for refused in
            [run(kind, &file, 2, Log::to(RECORDS), &mut Ledger::default()), run(other, &file, 1, Log::to(RECORDS), &mut Ledger::default())]
        {
            let error = refused.unwrap_err();
            let RunError::Store { cause } = &error else { panic!("{kind}: {error}") };
            let said = error.to_string();
            assert!(cause.downcast_ref::<StoreError>().is_some_and(StoreError::is_other), "{kind}: {said}");
            assert!(said.contains(&format!("`{kind}` version 1")) && said.contains("start anew with another file"), "{kind}: {said}");
        }
        // To refuse is to change nothing.
        run(kind, &file, 1, Log::to(RECORDS), &mut Ledger::default()).unwrap();
    }
}
