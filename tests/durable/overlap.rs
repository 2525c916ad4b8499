//! Commits beside processing: what overlaps, how far, and what ends a stream.

use super::folder::Folder;
use super::ledger::Log;
use microbatch::prelude::*;
use microbatch::{BoxError, RunError};
use std::convert::Infallible;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

const RECORDS: u64 = 700;
const MICRO_BATCH: u64 = 7;

/// A sink that does something with each epoch.
struct Each<F>(F);

impl<T, F: FnMut(u64, Vec<T>) -> Result<(), BoxError> + Send> TransactionalSink<T> for Each<F> {
    fn deliver(&mut self, epoch: &Epoch, results: Vec<T>) -> Result<(), BoxError> {
        (self.0)(epoch.number, results)
    }
}

/// Calls `see` with each record as it is processed; each seven records or so give a pane.
fn run(
    file: &Path,
    every: Duration,
    see: impl Fn(u64) + Sync,
    sink: impl TransactionalSink<Pane<u64, u64>>,
) -> Result<StreamProgress, RunError<Infallible>> {
    Pipeline::stream(Log::to(RECORDS))
        .event_time(|n| Timestamp::from_millis(*n as i64))
        .window(Tumbling::of(Duration::from_millis(7)))
        .key_by(|n| {
            see(*n);
            n % 2
        })
        .trigger(Records::of(MICRO_BATCH as usize))
        .integrator(Sum)
        .checkpoint(Checkpoint::at(file).unwrap().every(every))
        .run_exactly_once(sink)
}

fn ignore(_: u64) {}

/// Some records wait until an epoch has come to the sink, which they would do in vain where it is called between two micro-batches.
#[test]
fn an_epoch_arrives_while_records_are_processed_but_they_run_no_more_than_one_epoch_ahead() {
    let folder = Folder::new();
    let (processed, delivered, overlapped) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let see = |n| {
        processed.fetch_add(1, Ordering::SeqCst);
        let (before, began) = (delivered.load(Ordering::SeqCst), Instant::now());
        while n % 100 == 99 && delivered.load(Ordering::SeqCst) == before && began.elapsed() < Duration::from_millis(500) {
            sleep(Duration::from_millis(1));
        }
        overlapped.fetch_add(u64::from(delivered.load(Ordering::SeqCst) > before), Ordering::SeqCst);
    };
    let sink = Each(|number, _| {
        delivered.fetch_add(1, Ordering::SeqCst);
        if number < 10 {
            let before = processed.load(Ordering::SeqCst);
            sleep(Duration::from_millis(20));
            let more = processed.load(Ordering::SeqCst) - before;
            // The next epoch, and what brings the source to a place.
            assert!(more <= 3 * MICRO_BATCH, "{more} records at once");
        }
        Ok(())
    });
    let report = run(&folder.path().join("state"), Duration::ZERO, see, sink).unwrap();
    assert!(overlapped.load(Ordering::SeqCst) > 0, "nothing overlaps");
    assert!(report.commits > 20 && report.committing > Duration::ZERO && report.committed_bytes > 0, "{report:?}");
}

/// An epoch grows while the one before is in the sink; none is lost, and their numbers have no gaps.
#[test]
fn an_epoch_grows_while_the_sink_is_slow() {
    let folder = Folder::new();
    let (mut numbers, mut total) = (Vec::new(), 0);
    let sink = Each(|number, results: Vec<Pane<u64, u64>>| {
        numbers.push(number);
        total += results.iter().map(|pane| pane.value).sum::<u64>();
        sleep(Duration::from_millis(10));
        Ok(())
    });
    let report = run(&folder.path().join("state"), Duration::from_millis(2), ignore, sink).unwrap();
    assert_eq!(total, (0..RECORDS).sum());
    assert!(numbers.is_sorted() && numbers.last() <= Some(&report.commits), "{numbers:?}");
}

/// What the sink does not take ends the stream, though it goes on meanwhile: the epochs after it are neither committed nor delivered.
#[test]
fn nothing_is_committed_after_an_epoch_that_fails() {
    let folder = Folder::new();
    let file = folder.path().join("state");
    let mut last = 0;
    let sink = Each(|number, _: Vec<_>| {
        last = number;
        if number == 5 { Err("the sink is full".into()) } else { Ok(()) }
    });
    let failed = run(&file, Duration::ZERO, ignore, sink);
    assert!(matches!(&failed, Err(RunError::Sink { cause }) if cause.to_string() == "the sink is full"), "{failed:?}");
    assert_eq!(last, 5);
    let mut numbers = Vec::new();
    let again = run(
        &file,
        Duration::ZERO,
        ignore,
        Each(|number, _: Vec<_>| {
            numbers.push(number);
            Ok(())
        }),
    );
    again.unwrap();
    assert_eq!(numbers[..2], [5, 6]);
}

#[test]
fn a_panic_of_the_sink_is_an_error() {
    let folder = Folder::new();
    let file = folder.path().join("state");
    let explode = Each(|number, _: Vec<Pane<u64, u64>>| if number == 3 { panic!("the sink explodes") } else { Ok(()) });
    // The second time as it is delivered again.
    for _ in 0..2 {
        let explode = Each(|number, results| explode.0(number, results));
        let panicked = run(&file, Duration::ZERO, ignore, explode);
        assert!(matches!(&panicked, Err(RunError::Panicked { message, .. }) if message == "the sink explodes"), "{panicked:?}");
    }
}
