//! A commit makes into bytes what has changed since the one before, and no more; and what is read again is whole, wherever the stream was cut.

use super::folder::Folder;
use super::ledger::Log;
use microbatch::prelude::*;
use microbatch::{BoxError, RunError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cell::Cell;
use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;

/// Keys that are there from the beginning ..
const KEYS: u64 = 4000;
/// .. of which few come again, in so many micro-batches of 20 records.
const AGAIN: u64 = 40;
const FEW: u64 = 10;
const ALL: u64 = KEYS + 20 * AGAIN;
const END: u64 = ALL + 20;
/// Records of the streams that are cut.
const CUT: u64 = 1200;

thread_local! {
    /// How many keys this thread, the one on which state is made into bytes, has written.
    static WRITTEN: Cell<u64> = const { Cell::new(0) };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key(u64);

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WRITTEN.set(WRITTEN.get() + 1);
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(Key)
    }
}

/// What has come, in the order of keys where it came at once.
#[derive(Debug, Default, PartialEq)]
struct Panes {
    epoch: u64,
    panes: Vec<(Key, Window, Timing, u32, u64)>,
}

impl TransactionalSink<Pane<Key, u64>> for &mut Panes {
    fn deliver(&mut self, epoch: &Epoch, results: Vec<Pane<Key, u64>>) -> Result<(), BoxError> {
        if epoch.number > self.epoch {
            self.epoch = epoch.number;
            self.panes.extend(results.into_iter().map(|pane| (pane.key, pane.window, pane.timing, pane.index, pane.value)));
        }
        Ok(())
    }
}

/// Says some time after each record how many of its key there were since it last said so: that depends on no cut, where records come by time.
struct Visits;

impl KeyedProcessor<Key, u64> for Visits {
    type State = Vec<i64>;
    type Out = u64;

    fn on_record(&self, _: &Key, times: &mut Vec<i64>, _: u64, context: &mut Context<u64>) {
        let time = context.time().map_or(0, Timestamp::as_micros);
        times.push(time);
        context.timer(Timestamp::from_micros(time + 300_000));
    }

    fn on_timer(&self, _: &Key, times: &mut Vec<i64>, at: Timestamp, context: &mut Context<u64>) {
        let before = times.len();
        times.retain(|time| time + 300_000 > at.as_micros());
        context.emit((before - times.len()) as u64);
        if times.is_empty() {
            context.clear();
        }
    }
}

const KINDS: [&str; 6] = ["windows", "sliding", "sessions", "stateful", "scan", "late"];

/// A stream whose records have these keys and times of event, in milliseconds.
fn run(kind: &str, file: &Path, log: Log, keyed: fn(u64) -> (u64, u64), panes: &mut Panes) -> Result<StreamProgress, RunError<Infallible>> {
    let checkpoint = Checkpoint::at(file).unwrap().every(Duration::ZERO);
    let stream = Pipeline::stream(log).trigger(Records::of(20)).checkpoint(checkpoint);
    let timed = stream.event_time(move |n| Timestamp::from_millis(keyed(*n).1 as i64)).key_by(move |n| Key(keyed(*n).0));
    let disorder = if kind == "late" { Duration::ZERO } else { Duration::from_secs(3) };
    let timed = timed.watermark(BoundedDisorder::of(disorder));
    let hour = Tumbling::of(Duration::from_secs(3600));
    match kind {
        "windows" => timed.window(Tumbling::of(Duration::from_secs(5))).integrator(Sum).run_exactly_once(panes),
        "sliding" => timed.window(Sliding::of(Duration::from_secs(8), Duration::from_secs(4))).integrator(Sum).run_exactly_once(panes),
        "sessions" => {
            let sessions = timed.window(Session::gap(Duration::from_secs(1))).allowed_lateness(Duration::from_secs(3));
            sessions.integrator(Count).run_exactly_once(panes)
        }
        "stateful" => timed.stateful(Visits).window(hour).integrator(Sum).run_exactly_once(panes),
        "scan" => {
            let counted = timed.scan(
                || 0,
                |count: &mut u64, _| {
                    *count += 1;
                    Some(*count)
                },
            );
            counted.window(hour).integrator(Sum).run_exactly_once(panes)
        }
        _ => {
            let late = timed.window(Tumbling::of(Duration::from_secs(1))).allowed_lateness(Duration::from_secs(3600));
            late.integrator(Sum).run_exactly_once(panes)
        }
    }
}

fn stop(kind: &str, file: &Path, at: u64, keyed: fn(u64) -> (u64, u64), panes: &mut Panes) {
    let failed = run(kind, file, Log { fails_at: Some(at), ..Log::to(END) }, keyed, panes);
    assert!(matches!(failed, Err(RunError::Source { .. })), "{kind}, {at}: {failed:?}");
}

#[test]
fn what_has_not_changed_is_not_made_into_bytes_again() {
    // All at one time, but for those of which windows with late records are to be counted, which are complete by then.
    fn keyed(n: u64) -> (u64, u64) {
        if n < KEYS { (n, n / 2) } else { (n % FEW, KEYS / 2 + 1500) }
    }
    for kind in KINDS {
        let folder = Folder::new();
        let file = folder.path().join(kind);
        let mut panes = Panes::default();
        stop(kind, &file, KEYS, keyed, &mut panes);
        WRITTEN.set(0);
        stop(kind, &file, ALL, keyed, &mut panes);
        let all = KEYS * AGAIN;
        assert!(WRITTEN.get() > 0 && WRITTEN.get() < all / 8, "{kind}: {} keys are written, of {all}", WRITTEN.get());
        let report = run(kind, &file, Log::to(END), keyed, &mut panes).unwrap();
        assert!(report.records_in < 100 && !panes.panes.is_empty(), "{kind}: {report:?}");
    }
}

/// What a stream comes to that is cut so often; nothing of it depends on how micro-batches are.
fn cut_by(step: u64, kind: &str, keyed: fn(u64) -> (u64, u64)) -> Panes {
    let folder = Folder::new();
    let (file, mut panes) = (folder.path().join(kind), Panes::default());
    (1..).map(|count| count * step).take_while(|at| *at < CUT).for_each(|at| stop(kind, &file, at, keyed, &mut panes));
    run(kind, &file, Log::to(CUT), keyed, &mut panes).unwrap();
    panes.panes.sort_by_key(|(key, window, _, index, value)| (*window, *key, *index, *value));
    panes
}

#[test]
fn what_is_read_again_is_whole_wherever_the_stream_was_cut() {
    // In bursts; keys come and go.
    fn in_order(n: u64) -> (u64, u64) {
        (n * n % 97 + n / 300 * 30, n / 100 * 1500 + n % 100 * 10)
    }
    // As late as the watermark allows.
    fn disordered(n: u64) -> (u64, u64) {
        let (key, time) = in_order(n);
        (key, time.saturating_sub(if n.is_multiple_of(11) { 2500 } else { n % 3 * 70 }))
    }
    for kind in KINDS.into_iter().filter(|kind| *kind != "late") {
        let keyed = if ["stateful", "scan"].contains(&kind) { in_order } else { disordered };
        let whole = cut_by(u64::MAX, kind, keyed);
        assert!(whole.panes.len() > 90, "{kind}: {} panes", whole.panes.len());
        for step in [100, 460] {
            let cut = cut_by(step, kind, keyed);
            assert!(cut.panes == whole.panes, "{kind} by {step}: {} panes, not {}", cut.panes.len(), whole.panes.len());
        }
    }
    // What is late depends on how micro-batches are cut; not what it comes to, nor that panes of a window are counted on.
    for step in [u64::MAX, 140, 1060] {
        let panes = cut_by(step, "late", disordered).panes;
        let mut sum = 0;
        for of_window in panes.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            sum += of_window.last().map_or(0, |pane| pane.4);
            let first_late = u32::from(of_window[0].2 == Timing::OnTime);
            for (at, (_, _, timing, index, _)) in (0..).zip(of_window) {
                let late = Timing::Late(at + 1 - first_late);
                assert!(*index == at && (*timing == late || at < first_late), "late by {step}: {of_window:?}");
            }
        }
        assert_eq!(sum, (0..CUT).sum(), "late by {step}");
    }
}
