//! A source on a thread of its own, and the driver that makes micro-batches of what it gives.

use super::admission::Admission;
use super::control::Control;
use super::intake::{Ended, Intake, Lots};
use super::patience::Patience;
use crate::engine::{Limit, forget};
use crate::error::BoxError;
use crate::stage::{Inbox, Pending, Pull, Source, Trigger};
use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

/// The most records a source is asked for at once: so few that what it gives makes pieces for several threads.
const PULL: usize = 4 * 1024;
/// How long a source that has nothing is left alone at first.
const PAUSE: Duration = Duration::from_millis(1);
/// The same, in pauses, where it goes on having nothing.
const MOST_PAUSES: u32 = 5;
/// How long the driver waits before it looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(20);

/// What the driver hears of what waits, besides the records.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flow {
    /// Whether nothing follows.
    pub(crate) is_last: bool,
    /// Whether it is no micro-batch: nothing has come for a while.
    pub(crate) is_idle: bool,
    pub(crate) waiting: usize,
    pub(crate) waiting_bytes: usize,
    pub(crate) refused: u64,
    pub(crate) missed_ticks: u64,
}

/// What ends a stream.
#[derive(Debug)]
pub enum End {
    /// Its source, or a handle.
    Done,
    /// Whoever takes the micro-batches.
    Broken,
    /// The token or the deadline.
    Limit,
    /// Its source could not be read on.
    Source(BoxError),
    /// Its source has panicked.
    Panic(Box<dyn Any + Send>),
}

/// When micro-batches begin.
pub(crate) struct Pace<'p> {
    pub(crate) trigger: Box<dyn Trigger + 'p>,
    pub(crate) admission: Admission,
}

/// What micro-batches are known to cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Costs {
    /// Each.
    pub(crate) fixed: Duration,
    /// A record more, in nanoseconds.
    pub(crate) record: f64,
}

/// Reads a source to its end, on a thread of its own, and calls `each` on this one with what makes a micro-batch; with none when nothing came
/// for a while. The last call is with none.
pub(crate) fn pump<S: Source>(
    source: S,
    pace: Pace<'_>,
    control: &Control,
    limit: &Limit,
    each: impl FnMut(Lots<S::Item>, Flow) -> ControlFlow<(), Costs>,
) -> End {
    let unlimited = Pending { records: usize::MAX, ..Pending::default() };
    let most = match catch_unwind(AssertUnwindSafe(|| pace.trigger.most(&unlimited))) {
        Ok(most) => most.max(1),
        Err(payload) => return End::Panic(payload),
    };
    let intake = Intake::new(pace.admission, most);
    thread::scope(|scope| {
        // The thread ends when nothing more is taken, also where a panic leads out of here.
        let _closing = Closing(&intake);
        let reader = thread::Builder::new().name("microbatch-source".into());
        match reader.spawn_scoped(scope, || read(source, &intake, control)) {
            Ok(_) => drive(&intake, pace.trigger, control, limit, each),
            Err(error) => End::Source(error.into()),
        }
    })
}

/// Closes an intake when it is dropped.
struct Closing<'i, T>(&'i Intake<T>);

impl<T> Drop for Closing<'_, T> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Pulls until the source ends, fails or panics, or nothing more is to be taken.
fn read<S: Source>(mut source: S, intake: &Intake<S::Item>, control: &Control) {
    let mut inbox = Inbox::new();
    let pulled = catch_unwind(AssertUnwindSafe(|| pull_all(&mut source, &mut inbox, intake, control)));
    // What a pull that panicked had found before.
    intake.put(&mut inbox);
    intake.end(match pulled {
        Ok(Ok(())) => Ended::Done,
        Ok(Err(error)) => Ended::Failed(error.into()),
        Err(payload) => Ended::Panicked(payload),
    });
    forget(source);
}

fn pull_all<S: Source>(source: &mut S, inbox: &mut Inbox<S::Item>, intake: &Intake<S::Item>, control: &Control) -> Result<(), S::Error> {
    // Once the stream is to be drained, what has been handed over to the source is still taken.
    let mut left = None;
    let mut idle = 0;
    let mut patience = Patience::new();
    while let Some(room) = intake.wait_for_room(&mut patience) {
        if left.is_none() && control.is_drained() {
            left = Some(source.admitted());
        }
        if left == Some(0) {
            break;
        }
        let pulled = source.pull(room.min(PULL).min(left.unwrap_or(PULL)), inbox);
        left = left.map(|left| left.saturating_sub(inbox.len()));
        intake.put(inbox);
        match pulled? {
            Pull::Ready => idle = 0,
            Pull::Idle => {
                idle = (idle + 1).min(MOST_PAUSES);
                intake.pause(PAUSE * idle);
            }
            Pull::End => break,
        }
    }
    Ok(())
}

/// Makes micro-batches until nothing is left.
fn drive<T>(
    intake: &Intake<T>,
    mut trigger: Box<dyn Trigger + '_>,
    control: &Control,
    limit: &Limit,
    mut each: impl FnMut(Lots<T>, Flow) -> ControlFlow<(), Costs>,
) -> End {
    let begun = Instant::now();
    let mut costs = Costs::default();
    let mut idle = Instant::now();
    let mut missed_ticks = 0;
    let mut patience = Patience::new();
    loop {
        if control.is_stopped() {
            return End::Done;
        }
        if limit.reached() {
            return End::Limit;
        }
        let seen = Seen::of(intake, begun, costs);
        if seen.has_ended && seen.pending.records == 0 {
            break;
        }
        let asked = catch_unwind(AssertUnwindSafe(|| ask(&mut *trigger, &seen)));
        let (next, missed) = match asked {
            Ok(answer) => answer,
            Err(payload) => return End::Panic(payload),
        };
        missed_ticks = missed;
        let lots = match next {
            Next::Take(most) => intake.take(most),
            Next::Wait(wait) => {
                intake.wait(seen.version, wait, &mut patience);
                if idle.elapsed() < LOOK {
                    continue;
                }
                Vec::new()
            }
        };
        idle = Instant::now();
        match each(lots, Flow { is_idle: matches!(next, Next::Wait(_)), missed_ticks, ..Flow::of(intake) }) {
            ControlFlow::Continue(known) => costs = known,
            ControlFlow::Break(()) => return End::Broken,
        }
    }
    match intake.lock().end.take() {
        Some(Ended::Failed(error)) => return End::Source(error),
        Some(Ended::Panicked(payload)) => return End::Panic(payload),
        _ => {}
    }
    match each(Vec::new(), Flow { is_last: true, missed_ticks, ..Flow::of(intake) }) {
        ControlFlow::Continue(_) => End::Done,
        ControlFlow::Break(()) => End::Broken,
    }
}

/// What the driver does next.
enum Next {
    /// Takes so many records.
    Take(usize),
    /// Waits for more, but no longer than this.
    Wait(Duration),
}

/// Asks a trigger, and how many ticks it has missed.
fn ask(trigger: &mut dyn Trigger, seen: &Seen) -> (Next, u64) {
    let pending = &seen.pending;
    let fires = trigger.fire(pending) || seen.has_ended || seen.is_full;
    let next = match pending.records {
        // Whatever the trigger says, there is nothing to take before something comes.
        0 => Next::Wait(LOOK),
        _ if fires => Next::Take(trigger.most(pending).max(1)),
        // One that would fire now, and has not, waits for something else: it is not asked without a pause.
        _ => Next::Wait(trigger.wait(pending).filter(|wait| !wait.is_zero()).map_or(LOOK, |wait| wait.min(LOOK))),
    };
    (next, trigger.missed())
}

impl Flow {
    fn of<T>(intake: &Intake<T>) -> Self {
        let state = intake.lock();
        Flow { waiting: state.records, waiting_bytes: state.bytes, refused: state.refused, ..Flow::default() }
    }
}

/// What the driver sees of the intake.
struct Seen {
    pending: Pending,
    version: u64,
    has_ended: bool,
    is_full: bool,
}

impl Seen {
    fn of<T>(intake: &Intake<T>, begun: Instant, costs: Costs) -> Self {
        let state = intake.lock();
        let now = Instant::now();
        let pending = Pending {
            records: state.records,
            bytes: state.bytes,
            oldest: state.oldest().map_or(Duration::ZERO, |at| now.duration_since(at)),
            elapsed: now.duration_since(begun),
            fixed_cost: costs.fixed,
            record_cost: costs.record,
        };
        Seen { pending, version: intake.version(), has_ended: state.end.is_some(), is_full: intake.is_full(&state) }
    }
}
