//! `Serialize`, `Deserialize` and `Ord` of one's own, which panic.

use super::folder::Folder;
use super::ledger::Log;
use microbatch::prelude::*;
use microbatch::{BoxError, Inbox, Pull, Table};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

/// Of these two numbers one panics when it is written, and one when it is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Bomb(u64);

const WRITTEN: u64 = 13;
const READ: u64 = 26;

impl Serialize for Bomb {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(self.0 != WRITTEN, "boom as it is written");
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Bomb {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(deserializer)?;
        assert!(number != READ, "boom as it is read");
        Ok(Bomb(number))
    }
}

/// Forgets all.
struct Nowhere;
impl<T: Send> TransactionalSink<T> for Nowhere {
    fn deliver(&mut self, _: &Epoch, _: Vec<T>) -> Result<(), BoxError> {
        Ok(())
    }
}

/// Takes nothing.
struct Unwilling;
impl<T: Send> TransactionalSink<T> for Unwilling {
    fn deliver(&mut self, _: &Epoch, _: Vec<T>) -> Result<(), BoxError> {
        Err("not today".into())
    }
}

/// A log whose places are bombs: the number there, and so much.
struct Places(Log, u64);
impl Source for Places {
    type Item = u64;
    type Error = std::io::Error;
    fn pull(&mut self, max: usize, inbox: &mut Inbox<u64>) -> Result<Pull, std::io::Error> {
        self.0.pull(max, inbox)
    }
}
impl Replay for Places {
    type Offset = Bomb;
    fn offset(&self) -> Bomb {
        Bomb(self.0.offset() + self.1)
    }
    fn seek(&mut self, place: Bomb) -> Result<(), std::io::Error> {
        self.0.seek(place.0 - self.1)
    }
}

/// The last record of a key.
struct Last;
impl KeyedProcessor<u64, u64> for Last {
    type State = Bomb;
    type Out = u64;
    fn on_record(&self, _: &u64, last: &mut Bomb, n: u64, context: &mut Context<u64>) {
        *last = Bomb(n);
        context.emit(n);
    }
}

fn kept(folder: &Path) -> Checkpoint {
    Checkpoint::at(folder.join("state")).unwrap().every(Duration::ZERO)
}

fn said<E: std::fmt::Display>(done: Result<StreamProgress, RunError<E>>) -> Option<String> {
    done.err().map(|error| error.to_string())
}

/// Which of them are bombs: keys, states, places, results or rows. All records are one epoch, that which comes before the log fails, too.
fn run(folder: &Path, what: &str, log: Log) -> Option<String> {
    let checkpoint = kept(folder).name(what);
    macro_rules! stream {
        ($source:expr) => {
            Pipeline::stream($source).trigger(Records::of(1000)).checkpoint(checkpoint)
        };
    }
    match what {
        "keys" => said(stream!(log).key_by(|n| Bomb(*n)).integrator(Count).run_exactly_once(Nowhere)),
        "states" => said(stream!(log).key_by(|n| *n).stateful(Last).integrator(Count).run_exactly_once(Nowhere)),
        "places" => said(stream!(Places(log, 11)).key_by(|n| *n).integrator(Count).run_exactly_once(Nowhere)),
        "results" => said(stream!(log).key_by(|n| *n).map(Bomb).mode(Mode::Update).integrator(Max).run_exactly_once(Unwilling)),
        _ => said(stream!(log).key_by(|n| *n).map(Bomb).mode(Mode::Update).integrator(Max).run_exactly_once(Table::named("rows"))),
    }
}

#[track_caller]
fn check(what: &str, said: Option<String>, part: &str) {
    let said = said.unwrap_or_else(|| panic!("{what}: no error"));
    let parts = ["Bomb", "cannot be made into bytes, or out of them: its `Serialize` or `Deserialize` has panicked: boom", part];
    assert!(parts.iter().all(|part| said.contains(part)), "{what}: {said}");
}

/// It ends the stream with an error that names the type.
#[test]
fn a_value_that_panics_as_it_is_written_is_an_error() {
    for what in ["keys", "states", "places", "results", "rows"] {
        let folder = Folder::new();
        // Places are those of the log, and 11.
        let log = if what == "places" { Log { at: WRITTEN - 11, ..Log::to(100) } } else { Log::to(WRITTEN + 1) };
        let ended = catch_unwind(AssertUnwindSafe(|| run(folder.path(), what, log)));
        check(what, ended.unwrap(), "boom as it is written");
    }
}

/// So it is where it is read again.
#[test]
fn a_value_that_panics_as_it_is_read_is_an_error() {
    // They begin after the one that cannot be written, and end where a pull ends.
    for (what, at, fails_at) in [("keys", 14, 29), ("states", 14, 29), ("places", 10, 15), ("results", 14, 29)] {
        let folder = Folder::new();
        let log = || Log { at, fails_at: Some(fails_at), ..Log::to(100) };
        let ended = run(folder.path(), what, log()).unwrap();
        assert!(ended.contains(if what == "results" { "not today" } else { "the log cannot be read" }), "{what}: {ended}");
        let again = catch_unwind(AssertUnwindSafe(|| run(folder.path(), what, log())));
        check(what, again.unwrap(), "boom as it is read");
    }
}

/// A key whose order panics.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Unordered(u64);
impl PartialOrd for Unordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Unordered {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        panic!("boom as it is ordered")
    }
}

/// Results are put in order before they are committed.
#[test]
fn an_order_that_panics_is_an_error() {
    let folder = Folder::new();
    let stream = || Pipeline::stream(Log::to(10)).checkpoint(kept(folder.path())).key_by(|n| Unordered(*n)).integrator(Count);
    let ended = catch_unwind(AssertUnwindSafe(|| stream().run_exactly_once(Nowhere)));
    assert!(matches!(ended.unwrap(), Err(RunError::Panicked { message, .. }) if message == "boom as it is ordered"));
}
