//! Exactly once: restarts, refusals and crashes, in one process; `kill` has those of a process that is killed.

#[path = "durable/changes.rs"]
mod changes;
#[path = "durable/folder.rs"]
mod folder;
#[path = "durable/integrators.rs"]
mod integrators;
#[path = "durable/ledger.rs"]
mod ledger;
#[path = "durable/overlap.rs"]
mod overlap;
#[path = "durable/own_serde.rs"]
mod own_serde;
#[path = "durable/parallelism.rs"]
mod parallelism;
#[path = "durable/pieces.rs"]
mod pieces;
#[path = "durable/rolling.rs"]
mod rolling;
#[path = "durable/table.rs"]
mod table;
#[path = "durable/writers.rs"]
mod writers;

#[allow(clippy::all)]
#[rustfmt::skip]
#[path = "contract/contract_durable.rs"]
mod contract_durable;

use folder::Folder;
use ledger::{Ledger, Log};
use microbatch::prelude::*;
use microbatch::{BoxError, RunError, StoreError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the acceptance tests keep their state: a file of its own for each call, left to the system's folder.
fn store() -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("microbatch-contract-{}-{}.redb", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    std::env::temp_dir().join(name)
}

/// Sums a second and key of the records of a log, into a ledger.
fn run(file: &Path, log: Log, ledger: &mut Ledger) -> Result<StreamProgress, RunError<std::convert::Infallible>> {
    let checkpoint = Checkpoint::at(file).unwrap().every(Duration::ZERO).name("sums");
    Pipeline::stream(log)
        .event_time(|n| Timestamp::from_millis(*n as i64 * 100))
        .window(Tumbling::of(Duration::from_secs(1)))
        .key_by(|n| n % 3)
        .trigger(Records::of(7))
        .integrator(Sum)
        .checkpoint(checkpoint)
        .run_exactly_once(ledger)
}

/// What a ledger holds after a run that nothing interrupts.
fn uninterrupted(records: u64) -> Vec<(u64, i64, u64)> {
    let folder = Folder::new();
    let mut ledger = Ledger::default();
    run(&folder.path().join("state"), Log::to(records), &mut ledger).unwrap();
    ledger.results
}

#[test]
fn it_gives_what_a_stream_without_a_checkpoint_gives() {
    let mut plain = Vec::new();
    Pipeline::stream(0..1000u64)
        .event_time(|n| Timestamp::from_millis(*n as i64 * 100))
        .window(Tumbling::of(Duration::from_secs(1)))
        .key_by(|n| n % 3)
        .integrator(Sum)
        .for_each(|pane| plain.push((pane.key, pane.window.start.as_micros(), pane.value)))
        .unwrap();
    assert_eq!(uninterrupted(1000), plain);
}

/// The sink fails at an epoch, before it has taken it or after: both are a crash between commit and acknowledgement.
#[test]
fn an_epoch_that_is_not_known_to_have_arrived_is_delivered_again() {
    let whole = uninterrupted(1000);
    for fails_after in [false, true] {
        for epoch in [1, 2, 10, 20] {
            let folder = Folder::new();
            let file = folder.path().join("state");
            let mut ledger = Ledger { fails_at: Some(epoch), fails_after, ..Ledger::default() };
            let failed = run(&file, Log::to(1000), &mut ledger);
            assert!(matches!(failed, Err(RunError::Sink { .. })), "epoch {epoch}: {failed:?}");
            ledger.fails_at = None;
            run(&file, Log::to(1000), &mut ledger).unwrap();
            assert_eq!(ledger.results, whole, "epoch {epoch}, fails after: {fails_after}");
            // Nothing is left to do.
            run(&file, Log::to(1000), &mut ledger).unwrap();
            assert_eq!(ledger.results, whole);
        }
    }
}

/// What was read and not committed is read again, and what was committed is not.
#[test]
fn a_source_that_fails_is_gone_back_to() {
    let whole = uninterrupted(500);
    let folder = Folder::new();
    let file = folder.path().join("state");
    let mut ledger = Ledger::default();
    for at in [10, 11, 200, 499] {
        let failed = run(&file, Log { fails_at: Some(at), ..Log::to(500) }, &mut ledger);
        assert!(matches!(failed, Err(RunError::Source { .. })), "{failed:?}");
    }
    run(&file, Log::to(500), &mut ledger).unwrap();
    assert_eq!(ledger.results, whole);
}

/// A log that notes up to where it may forget.
struct Forgetting<'f> {
    log: Log,
    sought: &'f mut Option<u64>,
    forgotten: &'f mut Vec<u64>,
    waits: u32,
}

impl Source for Forgetting<'_> {
    type Item = u64;
    type Error = std::io::Error;
    fn pull(&mut self, max: usize, inbox: &mut microbatch::Inbox<u64>) -> Result<microbatch::Pull, std::io::Error> {
        // Commits come between pulls, however slow they are: it waits for the last one, though not for ever.
        let ahead = self.log.offset() - self.forgotten.last().copied().unwrap_or(0);
        if ahead > 20 && self.waits < 5_000 {
            self.waits += 1;
            return Ok(microbatch::Pull::Idle);
        }
        self.log.pull(max.min(7), inbox)
    }
}

impl Replay for Forgetting<'_> {
    type Offset = u64;
    fn offset(&self) -> u64 {
        self.log.offset()
    }
    fn seek(&mut self, offset: u64) -> Result<(), std::io::Error> {
        *self.sought = Some(offset);
        self.log.seek(offset)
    }
    fn acknowledge(&mut self, offset: u64) -> Result<(), std::io::Error> {
        self.forgotten.push(offset);
        Ok(())
    }
}

/// A source is told what is committed and delivered, and is never sent back to before that.
#[test]
fn a_source_is_told_what_it_may_forget() {
    let folder = Folder::new();
    let file = folder.path().join("state");
    let (mut sought, mut forgotten) = (None, Vec::new());
    for fails_at in [Some(150), Some(290), None] {
        let before = forgotten.len();
        let log = Log { fails_at, ..Log::to(400) };
        let checkpoint = Checkpoint::at(&file).unwrap().every(Duration::ZERO);
        let stream = Pipeline::stream(Forgetting { log, sought: &mut sought, forgotten: &mut forgotten, waits: 0 });
        let stream = stream.trigger(Records::of(7)).key_by(|n| n % 3).integrator(Count).checkpoint(checkpoint);
        let _ = stream.run_exactly_once(Nothing);
        let told = &forgotten[before..];
        assert!(told.len() > 5 && told.is_sorted(), "told {} times", told.len());
        // The place it was sent back to is the first it is told.
        assert!(sought.is_none_or(|sought| sought == told[0]), "{sought:?}, then {}", told[0]);
        assert!(before == 0 || told[0] >= forgotten[before - 1], "it was sent back to {}", told[0]);
    }
}

/// The place that was saved is none of the source that is given.
#[test]
fn a_place_of_another_source_is_refused() {
    let folder = Folder::new();
    let checkpoint = || Checkpoint::at(folder.path().join("state")).unwrap();
    Pipeline::stream(Log::to(10)).key_by(|n| n % 3).integrator(Count).checkpoint(checkpoint()).run_exactly_once(Nothing).unwrap();
    let other = Pipeline::stream(Named(Log::to(10))).key_by(|n| n % 3).integrator(Count).checkpoint(checkpoint());
    let refused = other.run_exactly_once(Nothing).unwrap_err().to_string();
    assert!(refused.contains("a source of another type"), "{refused}");
}

/// A log whose places are names.
struct Named(Log);
impl Source for Named {
    type Item = u64;
    type Error = std::io::Error;
    fn pull(&mut self, max: usize, inbox: &mut microbatch::Inbox<u64>) -> Result<microbatch::Pull, std::io::Error> {
        self.0.pull(max, inbox)
    }
}
impl Replay for Named {
    type Offset = String;
    fn offset(&self) -> String {
        self.0.at.to_string()
    }
    fn seek(&mut self, offset: String) -> Result<(), std::io::Error> {
        self.0.at = offset.parse().map_err(std::io::Error::other)?;
        Ok(())
    }
}

#[test]
fn a_second_writer_is_refused_and_told_why() {
    let folder = Folder::new();
    let file = folder.path().join("state");
    let (sender, waiting) = std::sync::mpsc::channel();
    let held = file.clone();
    std::thread::scope(|scope| {
        let (go_on, wait) = std::sync::mpsc::channel();
        scope.spawn(move || run(&held, Log { signal: Some((sender, wait)), ..Log::to(100) }, &mut Ledger::default()).unwrap());
        waiting.recv().unwrap();
        let refused = run(&file, Log::to(100), &mut Ledger::default()).unwrap_err();
        assert!(cause(&refused).is_locked(), "{refused}");
        go_on.send(()).unwrap();
    });
}

#[test]
fn another_plan_is_refused_and_named() {
    let folder = Folder::new();
    let file = folder.path().join("state");
    run(&file, Log::to(100), &mut Ledger::default()).unwrap();
    let named = |name: &str, version| {
        let checkpoint = Checkpoint::at(&file).unwrap().name(name).version(version);
        let other = Pipeline::stream(Log::to(100)).key_by(|n| n % 3).integrator(Count).checkpoint(checkpoint);
        other.run_exactly_once(Nothing).unwrap_err()
    };
    for refused in [named("sums", 1), named("others", 1), named("sums", 2)] {
        assert!(cause(&refused).is_other(), "{refused}");
    }
}

struct Nothing;
impl<T> TransactionalSink<T> for Nothing {
    fn deliver(&mut self, _: &Epoch, _: Vec<T>) -> Result<(), BoxError> {
        Ok(())
    }
}

fn cause<E>(error: &RunError<E>) -> &StoreError {
    match error {
        RunError::Store { cause } => cause.downcast_ref().expect("a store says what is wrong with it"),
        _ => panic!("the store is at fault"),
    }
}

/// A damaged file is an error that says so, or gives what it gave: never a panic, never a fresh start.
#[test]
fn a_damaged_file_is_an_error_or_of_no_consequence() {
    let folder = Folder::new();
    let file = folder.path().join("state");
    let mut ledger = Ledger::default();
    run(&file, Log::to(300), &mut ledger).unwrap();
    let (whole, bytes) = (ledger.results.clone(), std::fs::read(&file).unwrap());
    let damaged = folder.path().join("damaged");
    let mut refused = 0;
    for at in (0..bytes.len()).step_by(bytes.len() / 150) {
        let mut other = bytes.clone();
        other[at] ^= 0x55;
        std::fs::write(&damaged, &other).unwrap();
        // It had come to its end, so it has nothing to add.
        let mut ledger = Ledger { results: whole.clone(), epoch: ledger.epoch, ..Ledger::default() };
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&damaged, Log::to(300), &mut ledger))) {
            Ok(Ok(_)) => assert_eq!(ledger.results, whole, "byte {at}"),
            Ok(Err(error)) => {
                refused += 1;
                assert!(matches!(error, RunError::Store { .. }), "byte {at}: {error}");
            }
            Err(_) => panic!("byte {at}: a panic"),
        }
    }
    assert!(refused > 0);
    for text in ["", "not a database", &"x".repeat(5000)] {
        std::fs::write(&damaged, text).unwrap();
        let done = run(&damaged, Log::to(300), &mut Ledger::default());
        assert!(text.is_empty() || cause(&done.unwrap_err()).is_damaged(), "{text:.20}");
    }
}

#[test]
fn a_folder_is_no_checkpoint() {
    let folder = Folder::new();
    assert!(Checkpoint::at(folder.path()).is_err());
    assert!(Checkpoint::at("").is_err());
}
