//! The crash table of the protocol, a test a row: run, commit, deliver, acknowledge; what is found after a crash behind each, and what is done.

#[path = "durable/folder.rs"]
mod folder;

use folder::Folder;
use microbatch::prelude::*;
use microbatch::{BoxError, Inbox, Pull, RunError};
use std::convert::Infallible;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const RECORDS: u64 = 200;

/// The numbers, read ten at a time, and the last place that was sought.
struct Log<'l> {
    at: u64,
    fails_at: u64,
    sought: &'l AtomicU64,
}

impl Source for Log<'_> {
    type Item = u64;
    type Error = io::Error;

    fn pull(&mut self, _: usize, inbox: &mut Inbox<u64>) -> Result<Pull, io::Error> {
        if self.at >= self.fails_at {
            return Err(io::Error::other("the log is gone"));
        }
        let end = (self.at + 10).min(RECORDS);
        (self.at..end).for_each(|n| inbox.push(n));
        self.at = end;
        Ok(if end == RECORDS { Pull::End } else { Pull::Ready })
    }
}

impl Replay for Log<'_> {
    type Offset = u64;

    fn offset(&self) -> u64 {
        self.at
    }

    fn seek(&mut self, offset: u64) -> Result<(), io::Error> {
        self.at = offset;
        self.sought.store(offset, Ordering::Relaxed);
        Ok(())
    }
}

/// An epoch with its results, in the bytes that they are saved as.
type Delivery = (u64, Vec<u8>);

/// When the sink crashes, and whether it says so or panics.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Crash {
    Before,
    Amid,
    After,
    Panics,
}

/// Notes what it is offered; what it takes it takes whole, and once.
#[derive(Default)]
struct Ledger {
    offered: Vec<Delivery>,
    taken: Vec<Delivery>,
    crash: Option<(u64, Crash)>,
}

impl TransactionalSink<Pane<u64, u64>> for &mut Ledger {
    fn deliver(&mut self, epoch: &Epoch, results: Vec<Pane<u64, u64>>) -> Result<(), BoxError> {
        let crash = self.crash.filter(|(at, _)| epoch.number >= *at).map(|(_, crash)| crash);
        self.offered.push((epoch.number, serde_json::to_vec(&results)?));
        match crash {
            Some(Crash::Before) => return Err("before".into()),
            Some(Crash::Panics) => panic!("while it delivers"),
            // It has written half, which is not visible.
            Some(Crash::Amid) => return Err("amid".into()),
            Some(Crash::After) | None => {}
        }
        if self.taken.last().is_none_or(|(last, _)| *last < epoch.number) {
            self.taken.push(self.offered.last().cloned().unwrap());
        }
        if crash.is_some() { Err("after".into()) } else { Ok(()) }
    }
}

/// What goes wrong in the run itself.
#[derive(Clone, Copy)]
enum Fault {
    None,
    /// The source fails, or a closure panics, from this record on.
    Source(u64),
    Closure(u64),
}

/// Runs over what is in the folder; where the source was sought to, if it was.
fn run(folder: &Path, fault: Fault, ledger: &mut Ledger) -> (Option<u64>, Result<(), RunError<Infallible>>) {
    let sought = AtomicU64::new(u64::MAX);
    let (fails_at, panics_at) = match fault {
        Fault::None => (u64::MAX, u64::MAX),
        Fault::Source(at) => (at, u64::MAX),
        Fault::Closure(at) => (u64::MAX, at),
    };
    let ended = Pipeline::stream(Log { at: 0, fails_at, sought: &sought })
        .event_time(|n| Timestamp::from_millis(*n as i64 * 100))
        .window(Tumbling::of(Duration::from_secs(1)))
        .key_by(|n| n % 3)
        .map(move |n| if n >= panics_at { panic!("record {n}") } else { n })
        .trigger(Records::of(10))
        .integrator(Sum)
        .checkpoint(Checkpoint::at(folder.join("state")).unwrap().every(Duration::ZERO))
        .run_exactly_once(ledger)
        .map(drop);
    (Some(sought.into_inner()).filter(|at| *at < u64::MAX), ended)
}

/// What an uninterrupted run delivers.
fn undisturbed() -> Vec<Delivery> {
    let (folder, mut ledger) = (Folder::new(), Ledger::default());
    run(folder.path(), Fault::None, &mut ledger).1.unwrap();
    assert!(ledger.taken.len() > 10);
    ledger.taken
}

/// Bytes of the results alone: a run that is made again may cut them into other epochs.
fn results(deliveries: &[Delivery]) -> Vec<serde_json::Value> {
    deliveries.iter().flat_map(|(_, bytes)| serde_json::from_slice::<Vec<serde_json::Value>>(bytes).unwrap()).collect()
}

#[test]
fn crash_after_run_finds_the_epoch_before() {
    let whole = undisturbed();
    for fault in [Fault::Source(100), Fault::Closure(105)] {
        let (folder, mut ledger) = (Folder::new(), Ledger::default());
        let (_, ended) = run(folder.path(), fault, &mut ledger);
        match fault {
            Fault::Source(_) => assert!(matches!(ended, Err(RunError::Source { .. })), "{ended:?}"),
            _ => assert!(matches!(ended, Err(RunError::Panicked { .. })), "{ended:?}"),
        }
        let (before, last) = (ledger.taken.len(), ledger.taken.last().unwrap().0);
        let (sought, ended) = run(folder.path(), Fault::None, &mut ledger);
        ended.unwrap();
        // It is taken up where the last commit was, not at the start, and not after what was lost.
        assert!(sought.is_some_and(|at| (50..=100).contains(&at) && at % 10 == 0), "sought {sought:?}");
        // The last commit is offered again at most: what follows is new.
        let again = ledger.offered.iter().skip(before).filter(|(number, _)| *number <= last).count();
        assert!(again <= 1, "{again} offered again");
        assert_eq!(results(&ledger.taken), results(&whole));
    }
}

/// Crashes at an epoch, and runs again; that epoch comes first then, by the same number and in the same bytes, and the rest follows.
fn check(crash: Crash) {
    let whole = undisturbed();
    for at in [2, 3, 9] {
        let (folder, mut ledger) = (Folder::new(), Ledger { crash: Some((at, crash)), ..Ledger::default() });
        match (crash, run(folder.path(), Fault::None, &mut ledger).1) {
            (Crash::Panics, Err(RunError::Panicked { .. })) | (_, Err(RunError::Sink { .. })) => {}
            (_, ended) => panic!("{crash:?} at {at}: {ended:?}"),
        }
        let crashed = ledger.offered.last().cloned().unwrap();
        assert_eq!(ledger.taken.last().is_some_and(|taken| *taken == crashed), crash == Crash::After, "{crash:?} at {at}");
        ledger.crash = None;
        let before = ledger.offered.len();
        let (sought, ended) = run(folder.path(), Fault::None, &mut ledger);
        ended.unwrap();
        assert!(sought.is_some_and(|at| at > 0), "{crash:?} at {at}: sought {sought:?}");
        assert!(ledger.offered[before] == crashed, "{crash:?} at {at}: another delivery, of epoch {}", ledger.offered[before].0);
        let numbers: Vec<u64> = ledger.taken.iter().map(|(number, _)| *number).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "{crash:?} at {at}: {numbers:?}");
        assert_eq!(results(&ledger.taken), results(&whole), "{crash:?} at {at}");
    }
}

#[test]
fn crash_after_commit_before_delivery_delivers_the_same_bytes_and_number() {
    check(Crash::Before);
}

#[test]
fn crash_during_delivery_delivers_the_same_bytes_and_number() {
    check(Crash::Amid);
    check(Crash::Panics);
}

#[test]
fn crash_after_delivery_before_acknowledgement_delivers_again_what_the_sink_has() {
    check(Crash::After);
}

#[test]
fn crash_after_acknowledgement_delivers_only_what_follows() {
    let (folder, mut ledger) = (Folder::new(), Ledger { crash: Some((8, Crash::Before)), ..Ledger::default() });
    run(folder.path(), Fault::None, &mut ledger).1.unwrap_err();
    let acknowledged = ledger.taken.last().unwrap().0;
    ledger.crash = None;
    let before = ledger.offered.len();
    run(folder.path(), Fault::None, &mut ledger).1.unwrap();
    // The commit of the epoch that crashed has acknowledged the one before it.
    assert!(ledger.offered[before..].iter().all(|(number, _)| *number > acknowledged));
    // The end acknowledges the last one: nothing is left to deliver.
    let before = ledger.offered.len();
    let (sought, ended) = run(folder.path(), Fault::None, &mut ledger);
    ended.unwrap();
    assert_eq!((sought, ledger.offered.len()), (Some(RECORDS), before));
}
