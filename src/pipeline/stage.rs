//! One stage of a pipeline at work.

use super::cutting::{self, Cutting};
use super::ending::{Ending, Held, Job};
use super::failing::{Absorbs, Meets};
use super::input::{Cut, Cuts, Feed, Shared};
use super::spring::Spring;
use crate::data::{Rope, RunStats, Stopwatch, Timestamp};
use crate::engine::{Broken, Cause, Cost, Engine, Halt, Helpers, Passing};
use crate::process::{Clock, Operator, StateSize};
use crate::watermark::Tracker;
use crate::window::Tide;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Instant, SystemTime};

/// One stage of a pipeline: a pipeline but for its settings, which are those of all its stages.
#[derive(Debug)]
pub struct Stage<M, T, C, X, Ky, At, Wi, I> {
    pub(super) input: M,
    pub(super) chain: C,
    pub(super) failing: X,
    pub(super) windows: Wi,
    pub(super) integrator: I,
    pub(super) flow: PhantomData<fn() -> (T, Ky, At)>,
}

/// What a stage, and those before it, keep from one micro-batch to the next.
#[derive(Debug)]
pub struct Running<B, L, O> {
    pub(super) before: B,
    /// What the steps keep.
    pub(super) kept: L,
    /// What the windows keep, once anything is to be kept.
    pub(super) open: Option<O>,
    pub(super) batches: u64,
    pub(super) records: u64,
    /// What its records cost.
    pub(super) cost: Cost,
    /// How many records there were of each source partition, in their order, where keys are watched.
    pub(super) drawn: Vec<(Option<u32>, u64)>,
}

impl<B, L, O> Running<B, L, O> {
    pub(super) fn last_batch(&self) -> u64 {
        self.batches.saturating_sub(1)
    }

    pub(super) fn next_batch(&self) -> u64 {
        self.batches
    }

    /// Drops what is kept. A panic in it is one of the last batch.
    pub(super) fn end<E>(self) -> Result<(), Broken<E>> {
        contain(self.last_batch(), || drop(self))
    }
}

/// One micro-batch, through all stages.
pub struct Moment<'r, 's, 't> {
    pub(super) shared: &'r Shared<'r, 's>,
    pub(super) stats: RunStats,
    pub(super) tide: Tide,
    /// The greatest event time of the records in it.
    pub(super) latest: Option<Timestamp>,
    /// None for bounded data.
    pub(super) tracker: Option<&'r mut Tracker<'t>>,
    pub(super) is_last: bool,
    /// When it began, of a stream.
    pub(super) now: Option<Instant>,
    /// What a record is known to cost, in nanoseconds; 0 before that is known.
    pub(super) record_cost: f64,
    /// Whether other threads are to help.
    pub(super) has_help: bool,
    /// Whether the end of the source is not the end of time.
    pub(super) keeps_open: bool,
    /// Windows that are open, of the last stage.
    pub(super) open: usize,
    /// What steps keep by key, of all stages.
    pub(super) state: StateSize,
}

impl std::fmt::Debug for Moment<'_, '_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Moment").field("tide", &self.tide).finish_non_exhaustive()
    }
}

impl<'r, 's, 't> Moment<'r, 's, 't> {
    pub(super) fn new(shared: &'r Shared<'r, 's>, tracker: Option<&'r mut Tracker<'t>>) -> Self {
        let now = tracker.is_some().then(Instant::now);
        let before = tracker.as_ref().map_or(Timestamp::MIN, |tracker| tracker.now());
        let tide = Tide { before, after: before, is_idle: false };
        let stats = RunStats::default();
        Moment {
            shared,
            stats,
            tide,
            tracker,
            is_last: false,
            now,
            record_cost: 0.0,
            has_help: true,
            latest: None,
            keeps_open: false,
            open: 0,
            state: StateSize::default(),
        }
    }

    /// Records up to this event time have been read.
    fn reach(&mut self, partition: Option<u32>, latest: Option<Timestamp>) {
        match (latest, &mut self.tracker, self.now) {
            (Some(latest), Some(tracker), Some(now)) => tracker.reach(partition, latest, now),
            // Bounded data have no watermark, but timers need to know how far they go.
            _ => self.latest = self.latest.max(latest),
        }
    }

    /// The greatest event time so far.
    fn latest(&self) -> Timestamp {
        let now = self.latest.unwrap_or(Timestamp::MIN);
        self.tracker.as_ref().map_or(now, |tracker| tracker.latest().max(now))
    }

    /// Event time comes as far as the records allow: at the end of the data, to its end.
    fn advance(&mut self) {
        let reached = self.tracker.as_mut().zip(self.now).map(|(tracker, now)| tracker.advance(now));
        self.tide.after = reached.filter(|_| !self.is_last || self.keeps_open).unwrap_or(Timestamp::MAX);
    }
}

/// Keeps a panic of users' code in the run.
fn contain<R, E>(batch: u64, work: impl FnOnce() -> R) -> Result<R, Broken<E>> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| Broken::panic(batch, payload))
}

impl<M, T, C, X, Ky, At, Wi, I> Stage<M, T, C, X, Ky, At, Wi, I>
where
    M: Feed,
    X: Meets<M::Batch> + Absorbs<M::X>,
    X::Error: Send,
    C: Operator<M::Batch, X::Error, At = At, Key = Ky, Value = T> + Sync,
    I: Ending<T, Ky, At, Wi>,
{
    /// Ready for micro-batches.
    pub(super) fn open(&self) -> Running<M::Open, C::Local, I::Open> {
        Running { open: Some(self.integrator.open(&self.windows)), ..self.unopened() }
    }

    /// Ready for all data at once, of which little is to be kept.
    pub(super) fn unopened(&self) -> Running<M::Open, C::Local, I::Open> {
        let (cost, drawn) = (Cost::default(), Vec::new());
        Running { before: self.input.open(), kept: C::Local::default(), open: None, batches: 0, records: 0, cost, drawn }
    }

    fn opened<'o>(&self, open: &'o mut Option<I::Open>) -> &'o mut I::Open {
        open.get_or_insert_with(|| self.integrator.open(&self.windows))
    }

    /// Runs all data at once, through the stages before and this one.
    pub(super) fn output(
        &self,
        running: &mut Running<M::Open, C::Local, I::Open>,
        drawn: <M::Spring as Spring>::Drawn,
        moment: &mut Moment<'_, '_, '_>,
    ) -> Result<I::Output, Broken<X::Error>> {
        let finish = |output: &mut dyn FnMut() -> I::Output, last: u64, moment: &mut Moment<'_, '_, '_>| {
            let watch = Stopwatch::start(moment.shared.measure);
            let output = contain(last, output);
            moment.stats.integrating += watch.elapsed();
            output
        };
        if C::TIMED {
            let (emitted, broken) = self.step(running, drawn, moment);
            let mut emitted = Some(emitted);
            return match broken {
                Some(broken) => Err(broken),
                None => {
                    finish(&mut || self.integrator.shape(&self.windows, emitted.take().unwrap_or_default()), running.last_batch(), moment)
                }
            };
        }
        let cutting = Cutting { may_cut: C::IN_PIECES && !X::JUDGED, ..Cutting::default() };
        let (cuts, broken) = self.input.cuts(&mut running.before, drawn, cutting, moment);
        if let Some(broken) = broken {
            return Err(X::absorb(broken));
        }
        let mut memory = None;
        for cut in cuts {
            memory = Some(self.run(cut, running, moment).map_err(|halt| halt.broken)?);
        }
        let mut memory = memory;
        finish(
            &mut || match memory.take() {
                Some(memory) => self.integrator.output(&self.windows, memory),
                None => self.integrator.shape(&self.windows, Rope::default()),
            },
            running.last_batch(),
            moment,
        )
    }

    /// Runs one micro-batch through the stages before and this one: what leaves, and how it broke. What came before a failure leaves still.
    pub(super) fn step(
        &self,
        running: &mut Running<M::Open, C::Local, I::Open>,
        drawn: <M::Spring as Spring>::Drawn,
        moment: &mut Moment<'_, '_, '_>,
    ) -> (Rope<I::Emit>, Option<Broken<X::Error>>) {
        // A panic in what is asked comes again where it is kept.
        let is_exact = contain::<_, X::Error>(0, || self.integrator.is_exact()).unwrap_or(false);
        let may_cut = C::IN_PIECES && !X::JUDGED;
        let cutting = Cutting { is_free: may_cut && is_exact, may_cut, has_help: moment.has_help, cost: running.cost.fit().1 };
        let (cuts, broken) = self.input.cuts(&mut running.before, drawn, cutting, moment);
        let broken = broken.map(X::absorb);
        let (began, before) = (moment.now.map(|_| Instant::now()), running.records);
        let done = self.take(cuts, running, moment);
        if let Some(began) = began.filter(|_| running.records > before) {
            running.cost.learn((running.records - before) as usize, began.elapsed());
        }
        // What ended a stage before came first.
        let broken = broken.or(done.err());
        let advanced = contain(running.last_batch(), || moment.advance());
        let broken = broken.or(advanced.err());
        let passed = if C::TIMED && broken.is_none() { self.pass(running, moment) } else { Ok(()) };
        let broken = broken.or(passed.err());
        let last = running.last_batch();
        let StateSize { keys, bytes } = C::size(&running.kept);
        moment.state = moment.state.and(keys, bytes);
        let close = || {
            let open = self.opened(&mut running.open);
            self.integrator.settle(&self.windows, open, moment.tide.after, moment.shared.engine);
            self.integrator.close(&self.windows, open, moment.tide)
        };
        match contain(last, close) {
            Ok(emitted) => {
                moment.open = running.open.as_ref().map_or(0, I::count);
                (emitted, broken)
            }
            Err(panicked) => (Rope::default(), Some(broken.unwrap_or(panicked))),
        }
    }

    /// Brings what this stage and those before keep to where it can be saved.
    pub(super) fn settle(&self, running: &mut Running<M::Open, C::Local, I::Open>, engine: &Engine) -> Result<(), Broken<X::Error>> {
        self.input.settle(&mut running.before, engine).map_err(X::absorb)?;
        let last = running.last_batch();
        let open = running.open.as_mut();
        contain(last, || open.map_or((), |open| self.integrator.settle(&self.windows, open, Timestamp::MAX, engine)))
    }

    /// Runs batches, and takes what they make into what is open.
    fn take(
        &self,
        cuts: Cuts<M::Batch>,
        running: &mut Running<M::Open, C::Local, I::Open>,
        moment: &mut Moment<'_, '_, '_>,
    ) -> Result<(), Broken<X::Error>> {
        for cut in cuts {
            let partition = cut.partition;
            let dropped = moment.stats.dropped;
            let (memory, broken) = match self.run(cut, running, moment) {
                Ok(memory) => (Some(memory), None),
                Err(Halt { broken, before }) => (before, Some(broken)),
            };
            let before = moment.tide.before;
            let last = running.last_batch();
            if let Some(memory) = memory {
                let lateness = contain(last, || self.integrator.absorb(&self.windows, self.opened(&mut running.open), memory, before))?;
                moment.stats.late += lateness.late;
                moment.stats.dropped += lateness.dropped;
            }
            // What broke is told first: how many records came too late behind it depends on who was faster.
            if broken.is_none() && I::REFUSES && moment.stats.dropped > dropped {
                return Err(Broken { batch: last, record: 0, cause: Cause::TooLate(moment.stats.dropped - dropped) });
            }
            let latest = moment.stats.latest.take();
            contain(last, || moment.reach(partition, latest))?;
            if let Some(broken) = broken {
                return Err(broken);
            }
        }
        Ok(())
    }

    /// Runs the batches of one cut.
    fn run(
        &self,
        Cut { parts, counted, records, partition }: Cut<M::Batch>,
        running: &mut Running<M::Open, C::Local, I::Open>,
        moment: &mut Moment<'_, '_, '_>,
    ) -> Result<I::Memory, Halt<I::Memory, X::Error>> {
        let shared = moment.shared;
        let is_stream = moment.tracker.is_some();
        let job = Job {
            engine: shared.engine,
            chain: &self.chain,
            gather: &(),
            policy: self.failing.policy(),
            settings: shared.settings,
            limit: shared.limit,
            measure: shared.measure,
            judged: X::JUDGED,
            counted,
            keeps: X::FAILS && is_stream,
            helpers: match is_stream {
                true => cutting::helpers(moment.has_help, running.cost.fit().1 * records as f64),
                // Nothing is known of it, and a small run is not to pay for that.
                false => Helpers::WherePaid,
            },
        };
        let batches = parts.len() as u64;
        if let Some(keys) = &shared.settings.hot_keys {
            let place = running.drawn.binary_search_by_key(&partition, |(known, _)| *known).unwrap_or_else(|place| {
                running.drawn.insert(place, (partition, 0));
                place
            });
            let drawn = &mut running.drawn[place].1;
            keys.next_run(partition, *drawn);
            *drawn += records as u64;
        }
        // Of bounded data nobody has counted them: as many as the partitioner says.
        let records = if C::TIMED && records == 0 { parts.records() } else { records };
        // Of a stream, each run is added to those before; of bounded data, the stats of the stage before go on.
        let (before, kept) = (moment.tide.before, &mut running.kept);
        let ran = if is_stream {
            let mut stats = RunStats::default();
            let held = Held { kept, open: Some(self.opened(&mut running.open)) };
            let ran = self.integrator.run::<_, _, _, _, X::Leash>(&self.windows, before, parts, &job, held, &mut stats);
            // Those of the stream were counted when they were drawn.
            stats.records = 0;
            moment.stats.add_run(stats);
            ran
        } else {
            let held = Held { kept, open: None };
            self.integrator.run::<_, _, _, _, X::Leash>(&self.windows, before, parts, &job, held, &mut moment.stats)
        };
        let (first, first_record) = (running.batches, running.records);
        running.batches += batches;
        running.records += records as u64;
        ran.map_err(|Halt { broken, before }| {
            let broken = Broken { batch: broken.batch + first, record: broken.record + first_record, ..broken };
            Halt { broken, before }
        })
    }

    /// Lets time pass for timers: at the end first as far as the data go, so that timers which set others can do so, then to the end of time.
    fn pass(&self, running: &mut Running<M::Open, C::Local, I::Open>, moment: &mut Moment<'_, '_, '_>) -> Result<(), Broken<X::Error>> {
        let end = moment.tide.after;
        let latest = moment.latest();
        // Event time comes to its end only where the source has.
        let clock = if end == Timestamp::MAX { Clock::Ended } else { Clock::At(SystemTime::now().into()) };
        for (after, clock) in [(latest.min(end), clock), (end, Clock::Still)] {
            let last = running.last_batch();
            let tide = Tide { after, ..moment.tide };
            let mut watch = Passing::new(moment.shared.engine, self.failing.policy(), last, clock);
            let Running { kept, open, .. } = running;
            let passed = contain(last, || {
                let (memory, failed) = self.integrator.pass(&self.windows, tide, &self.chain, kept, &mut watch);
                (self.integrator.absorb(&self.windows, self.opened(open), memory, tide.before), failed)
            });
            moment.stats.failed += watch.failed();
            let (lateness, failed) = passed?;
            moment.stats.late += lateness.late + watch.late();
            let dropped = lateness.dropped + watch.dropped();
            moment.stats.dropped += dropped;
            if let Some(error) = failed {
                // Timers fire after the last record that there was.
                let record = running.records.saturating_sub(1);
                return Err(Broken { batch: last, record, cause: Cause::Error(error) });
            }
            if I::REFUSES && dropped > 0 {
                return Err(Broken { batch: last, record: 0, cause: Cause::TooLate(dropped) });
            }
        }
        Ok(())
    }
}
