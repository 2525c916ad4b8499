//! Streams and their handles: what ends them, what they leave behind, how far they read ahead, what they count.

#[path = "stream/ends.rs"]
mod ends;
#[path = "stream/failures.rs"]
mod failures;
#[path = "stream/handles.rs"]
mod handles;
#[path = "stream/help.rs"]
mod help;
#[cfg(target_os = "linux")]
#[path = "stream/leftovers.rs"]
mod leftovers;
mod props;
#[path = "stream/quiet.rs"]
mod quiet;
#[path = "stream/room.rs"]
mod room;
#[path = "stream/times.rs"]
mod times;
mod watchdog;

use microbatch::prelude::*;
use microbatch::{Admission, BoxError, FailurePolicy, Pending, Verdict, WhenFull};
use props::holds;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use watchdog::within;

const LIMIT: Duration = Duration::from_secs(60);

/// One test at a time, as they count threads and time, and not for ever.
fn alone<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    within(LIMIT, work)
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(10), "never: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

/// What a run ended with, in short.
fn end<R, E: std::fmt::Debug>(run: Result<R, RunError<E>>) -> String {
    match run {
        Ok(_) => "well".into(),
        Err(RunError::Failed { error, record, .. }) => format!("failed {record}: {error:?}"),
        Err(RunError::Panicked { message, .. }) => format!("panicked: {message}"),
        Err(RunError::Source { cause }) => format!("source: {cause}"),
        Err(RunError::Sink { cause }) => format!("sink: {cause}"),
        Err(RunError::Cancelled { .. }) => "cancelled".into(),
        Err(RunError::DeadlineExceeded { .. }) => "late".into(),
        Err(other) => format!("{other:?}"),
    }
}

/// Counts up, and does something at one number.
struct Counting<F> {
    next: u64,
    given: Arc<AtomicU64>,
    at: u64,
    then: F,
}

impl<F: FnMut() -> Result<Pull, &'static str> + Send> Source for Counting<F> {
    type Item = u64;
    type Error = &'static str;

    fn pull(&mut self, max: usize, inbox: &mut Inbox<u64>) -> Result<Pull, &'static str> {
        for _ in 0..max.min(16) {
            if self.next == self.at {
                return (self.then)();
            }
            inbox.push(self.next);
            self.next += 1;
            self.given.fetch_add(1, Ordering::SeqCst);
        }
        Ok(Pull::Ready)
    }
}

fn counting<F: FnMut() -> Result<Pull, &'static str> + Send>(at: u64, then: F) -> Counting<F> {
    Counting { next: 0, given: Arc::new(AtomicU64::new(0)), at, then }
}

fn up_to(at: u64) -> Counting<impl FnMut() -> Result<Pull, &'static str> + Send> {
    counting(at, || Ok(Pull::End))
}
