//! A run, micro-batch after micro-batch.

use super::ending::Ending;
use super::failing::{Absorbs, Meets};
use super::input::{Feed, Shared};
use super::spring::{Current, Spring};
use super::stage::{Moment, Running, Stage};
use crate::data::{Rope, RunStats, Timestamp};
use crate::engine::{Admission, Broken, Cause, Control, Cost, Costs, End, Engine, Flow, Help, Limit, Pace, Pacing, Settings};
use crate::error::{BoxError, RunError};
use crate::process::{Operator, StateSize};
use crate::stage::Trigger;
use crate::trigger::Available;
use crate::watermark::Tracker;
use std::fmt;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// Why a run ended early.
pub enum Failure<E> {
    /// A batch broke.
    Broken(Broken<E>),
    /// The source could not be read.
    Source(BoxError),
    /// The sink failed.
    Sink(BoxError),
    /// The checkpoint could not be read or written.
    Store(BoxError),
}

impl<E> From<Failure<E>> for RunError<E> {
    fn from(failure: Failure<E>) -> Self {
        match failure {
            Failure::Broken(broken) => broken.into(),
            Failure::Source(cause) => RunError::Source { cause },
            Failure::Sink(cause) => RunError::Sink { cause },
            Failure::Store(cause) => RunError::Store { cause },
        }
    }
}

impl<E> fmt::Debug for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Failure::Broken(_) => "Broken",
            Failure::Source(_) => "Source",
            Failure::Sink(_) => "Sink",
            Failure::Store(_) => "Store",
        })
    }
}

/// What limits a run that starts now. A deadline beyond what the clock can tell is none.
pub(super) fn limit(settings: &Settings<'_>) -> Limit {
    let deadline = settings.deadline.and_then(|within| Instant::now().checked_add(within));
    Limit { cancel: settings.cancel.clone(), deadline }
}

impl<M, T, C, X, Ky, At, Wi, I> Stage<M, T, C, X, Ky, At, Wi, I>
where
    M: Feed,
    X: Meets<M::Batch> + Absorbs<M::X>,
    X::Error: Send,
    C: Operator<M::Batch, X::Error, At = At, Key = Ky, Value = T> + Sync,
    I: Ending<T, Ky, At, Wi>,
{
    /// Runs to the end of the input; `write` gets what leaves, micro-batch by micro-batch, in the order of the source; where nothing leaves, it
    /// is told so. Where the run ends early, what came before has left.
    pub(super) fn drive(
        mut self,
        settings: &Settings<'_>,
        pacing: Pacing<'_>,
        measure: bool,
        control: &Control,
        mut write: impl FnMut(Rope<I::Emit>) -> Result<(), Failure<X::Error>>,
    ) -> Result<(RunStats, Self), Failure<X::Error>> {
        let start = Start {
            spring: self.input.spring(),
            running: self.open(),
            tracker: Tracker::new(pacing.watermark),
            pace: pace(pacing.trigger, pacing.admission),
            keeps_open: pacing.keeps_open,
        };
        self.drive_on(start, settings, measure, control, |emitted, _| write(emitted))
    }

    /// The same from wherever an earlier run has come to.
    pub(super) fn drive_on<Sp>(
        self,
        start: Start<'_, Sp, Running<M::Open, C::Local, I::Open>>,
        settings: &Settings<'_>,
        measure: bool,
        control: &Control,
        mut write: impl FnMut(Rope<I::Emit>, Point<'_, '_, Running<M::Open, C::Local, I::Open>, X::Error>) -> Result<(), Failure<X::Error>>,
    ) -> Result<(RunStats, Self), Failure<X::Error>>
    where
        Sp: Spring<Drawn = <M::Spring as Spring>::Drawn>,
    {
        let Start { spring, mut running, mut tracker, pace, keeps_open } = start;
        let limit = limit(settings);
        let engine = settings.engine.as_ref().unwrap_or_else(|| Engine::shared());
        let whole = <M::Spring as Spring>::WHOLE;
        let shared = Shared { engine, limit: &limit, measure: measure || whole || !settings.observers.is_empty(), settings };
        let mut ledger = Ledger { control, begun: Instant::now(), stats: RunStats::default(), cost: Cost::default() };
        let (mut failure, mut help) = (None, Help::default());
        control.watch(settings.hot_keys.clone());
        let end = spring.flow(Current { pace, control, limit: &limit }, |drawn, flow: Flow| {
            let mut moment = Moment::new(&shared, if whole { None } else { Some(&mut tracker) });
            (moment.is_last, moment.record_cost, moment.tide.is_idle) = (flow.is_last, ledger.cost.fit().1, flow.is_idle);
            (moment.keeps_open, moment.has_help) = (keeps_open, help.is_wanted());
            let now = moment.now.unwrap_or(ledger.begun);
            let (emitted, broken) = self.step(&mut running, drawn, &mut moment);
            let drawn = moment.stats.records as usize;
            let (stats, tide, open) = (moment.stats, moment.tide, (moment.open, moment.state));
            let taken = now.elapsed();
            help.learn(drawn, taken);
            let costs = ledger.processed(stats, tide.after, open, flow, taken);
            if broken.is_some() {
                control.breaks();
            }
            let (is_last, records) = (flow.is_last, ledger.stats.records);
            let settle = |running: &mut Running<_, _, _>| self.settle(running, engine);
            let at: Point<'_, '_, _, _> = (&mut running, &mut tracker, is_last, records, &settle);
            let not_written = ledger.deliver(emitted, |emitted| write(emitted, at)).err();
            failure = broken.map(Failure::Broken).or(not_written);
            if failure.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(costs) }
        });
        let next = running.next_batch();
        let ended = running.end().err();
        let failure = failure.or(match end {
            End::Done | End::Broken => ended.map(Failure::Broken),
            End::Limit => Some(Failure::Broken(limit.broken(next))),
            End::Source(cause) => Some(Failure::Source(cause)),
            End::Panic(payload) => Some(Failure::Broken(Broken { batch: next, record: 0, cause: Cause::Panic(payload) })),
        });
        ledger.stats.elapsed = ledger.begun.elapsed();
        ledger.stats.hottest_keys = settings.hot_keys.as_ref().map(|keys| keys.hottest()).unwrap_or_default();
        failure.map_or(Ok((ledger.stats, self)), Err)
    }
}

/// When micro-batches begin, as a pipeline is set.
pub(super) fn pace(trigger: Option<Box<dyn Trigger + '_>>, admission: Admission) -> Pace<'_> {
    Pace { trigger: trigger.unwrap_or_else(|| Box::new(Available)), admission }
}

/// Where a run begins.
pub(super) struct Start<'p, Sp, R> {
    pub(super) spring: Sp,
    pub(super) running: R,
    pub(super) tracker: Tracker<'p>,
    pub(super) pace: Pace<'p>,
    /// Whether the end of the source is not the end of time.
    pub(super) keeps_open: bool,
}

/// Where a run has come to after a micro-batch: what is kept, how far event time has come, whether that is the end, how many records have been taken from
/// the source; and what brings that which is kept to where it can be saved.
pub(super) type Point<'r, 't, R, E> = (&'r mut R, &'r mut Tracker<'t>, bool, u64, &'r dyn Fn(&mut R) -> Result<(), Broken<E>>);

/// What has been done, for those who ask.
struct Ledger<'c> {
    control: &'c Control,
    begun: Instant,
    stats: RunStats,
    cost: Cost,
}

impl Ledger<'_> {
    /// A micro-batch has been run, or nothing has come for a while; what one is known to cost now.
    fn processed(&mut self, more: RunStats, watermark: Timestamp, (open, state): (usize, StateSize), flow: Flow, taken: Duration) -> Costs {
        let records = more.records;
        self.stats.add_run(more);
        if records > 0 {
            self.cost.learn(records as usize, taken);
        }
        let (fixed, record) = self.cost.fit();
        let stats = &self.stats;
        let mut progress = self.control.progress();
        progress.micro_batches += u64::from(records > 0);
        progress.processing += taken;
        progress.elapsed = self.begun.elapsed();
        progress.watermark = Some(watermark).filter(|watermark| *watermark > Timestamp::MIN);
        (progress.open, progress.state_keys, progress.state_bytes) = (open, state.keys, state.bytes);
        (progress.batches, progress.records_in) = (stats.batches, stats.records);
        (progress.late, progress.dropped, progress.failed, progress.retried) = (stats.late, stats.dropped, stats.failed, stats.retried);
        (progress.waiting, progress.waiting_bytes) = (flow.waiting, flow.waiting_bytes);
        (progress.refused, progress.missed_ticks) = (flow.refused, flow.missed_ticks);
        (progress.fixed_cost, progress.record_cost) = (fixed, record);
        Costs { fixed, record }
    }

    /// Gives what leaves to the sink.
    fn deliver<T, F>(&self, emitted: Rope<T>, write: impl FnOnce(Rope<T>) -> Result<(), F>) -> Result<(), F> {
        let (results, began) = (emitted.len() as u64, Instant::now());
        write(emitted)?;
        let mut progress = self.control.progress();
        progress.records_out += results;
        progress.delivering += began.elapsed();
        Ok(())
    }
}
