//! A stream that stops on some threads and goes on on others.

use super::folder::Folder;
use super::ledger::{Ledger, Log};
use microbatch::prelude::*;
use microbatch::{Expire, RunError};
use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;

const RECORDS: u64 = 3000;
const THREADS: [usize; 5] = [1, 2, 3, 8, 64];

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

#[derive(Clone, Copy, Debug)]
enum Kind {
    Windows,
    Sessions,
    Stateful,
}

fn run(kind: Kind, file: &Path, engine: &Engine, log: Log, ledger: &mut Ledger) -> Result<StreamProgress, RunError<Infallible>> {
    let checkpoint = Checkpoint::at(file).unwrap().every(Duration::ZERO);
    let stream = Pipeline::stream(log).trigger(Records::of(200)).checkpoint(checkpoint).on(engine);
    let timed = stream.event_time(|n| Timestamp::from_millis((n / 50 * 1000 + n % 50 * 10) as i64)).key_by(|n| n % 7);
    match kind {
        Kind::Windows => timed.window(Tumbling::of(Duration::from_secs(5))).integrator(Sum).run_exactly_once(ledger),
        Kind::Sessions => timed.window(Session::gap(Duration::from_millis(300))).integrator(Count).run_exactly_once(ledger),
        Kind::Stateful => {
            let visits = timed.stateful(Expire::after(Duration::from_secs(100), Visits));
            visits.window(Tumbling::of(Duration::from_secs(5))).integrator(Sum).run_exactly_once(ledger)
        }
    }
}

#[test]
fn a_stream_goes_on_with_another_number_of_threads() {
    let engines: Vec<Engine> = THREADS.iter().map(|threads| Engine::builder().threads(*threads).build().unwrap()).collect();
    for kind in [Kind::Windows, Kind::Sessions, Kind::Stateful] {
        let folder = Folder::new();
        let mut whole = Ledger::default();
        run(kind, &folder.path().join("whole"), &engines[0], Log::to(RECORDS), &mut whole).unwrap();
        assert!(whole.results.len() > 50, "{kind:?}: {} results", whole.results.len());
        for (before, first) in engines.iter().enumerate() {
            for (after, second) in engines.iter().enumerate() {
                let file = folder.path().join(format!("{before} {after}"));
                let mut ledger = Ledger::default();
                let stops_at = 700 + 200 * (before * engines.len() + after) as u64 % 2000;
                let stopped = run(kind, &file, first, Log { fails_at: Some(stops_at), ..Log::to(RECORDS) }, &mut ledger);
                assert!(matches!(stopped, Err(RunError::Source { .. })), "{stopped:?}");
                assert!(ledger.epoch > 0 && ledger.results.len() < whole.results.len());
                run(kind, &file, second, Log::to(RECORDS), &mut ledger).unwrap();
                let threads = (THREADS[before], THREADS[after]);
                assert!(ledger.results == whole.results, "{kind:?}, {threads:?} threads: {} results", ledger.results.len());
            }
        }
    }
}
