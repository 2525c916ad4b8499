//! A bounded run: from batches to one memory.

use super::Inner;
use super::batch::{Waiting, Yield};
use super::crew::{self, Lane, Pause};
use super::lanes::{self, LANES};
use super::limit::{Leash, Limit};
use super::report::{self, Times};
use super::settings::Settings;
use crate::data::{RunStats, Task};
use crate::integrate::Gather;
use crate::process::Operator;
use crate::stage::{FailurePolicy, Observer, Part, RunPlan, Scheduler};
use crossbeam_channel::Sender;
use std::any::Any;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Values above which combining is split over the pool.
const HEAVY: usize = 16 * 1024;

/// Lanes a thread, where their number makes no difference to the result: what the last one takes is a small part of all.
const LANES_A_THREAD: usize = 8;

/// Why a run ended early.
#[derive(Debug)]
pub struct Broken<E> {
    pub(crate) batch: u64,
    pub(crate) record: u64,
    pub(crate) cause: Cause<E>,
}

/// What ended it.
#[derive(Debug)]
pub enum Cause<E> {
    /// A step failed.
    Error(E),
    /// Something panicked, with this payload.
    Panic(Box<dyn Any + Send>),
    /// It was stopped, by the token or by the deadline.
    Stopped,
    /// By the token.
    Cancelled,
    /// By the deadline.
    Expired,
}

impl<E> Broken<E> {
    pub(crate) fn panic(batch: u64, payload: Box<dyn Any + Send>) -> Self {
        Broken { batch, record: 0, cause: Cause::Panic(payload) }
    }

    pub(crate) fn map<E2>(self, f: impl FnOnce(E) -> E2) -> Broken<E2> {
        let cause = match self.cause {
            Cause::Error(error) => Cause::Error(f(error)),
            Cause::Panic(payload) => Cause::Panic(payload),
            Cause::Stopped => Cause::Stopped,
            Cause::Cancelled => Cause::Cancelled,
            Cause::Expired => Cause::Expired,
        };
        Broken { batch: self.batch, record: self.record, cause }
    }
}

/// What is to be run, apart from the batches.
pub(crate) struct Plan<'p, 's, C, G, P> {
    pub(crate) chain: &'p C,
    pub(crate) gather: &'p G,
    pub(crate) policy: &'p P,
    pub(crate) settings: &'p Settings<'s>,
    pub(crate) limit: &'p Limit,
    /// Whether anybody wants to know of times.
    pub(crate) measure: bool,
}

/// What workers of one run share.
pub(super) struct Runner<'r, 'p, 's, B, E, C, G, P, L> {
    pub(super) chain: &'p C,
    pub(super) gather: &'p G,
    pub(super) policy: &'p P,
    pub(super) limit: &'p Limit,
    observers: &'r [Box<dyn Observer + 's>],
    engine: &'r Inner,
    template: Task,
    pub(super) begun: Instant,
    pub(super) measure: bool,
    /// Whether each batch has a memory of its own ..
    pub(super) own_memory: bool,
    /// .. which is kept apart, as batches do not run in the order of the data.
    pub(super) apart: bool,
    /// The least batch that failed: what comes after it need not run.
    least_failed: AtomicU64,
    flow: PhantomData<fn(B, E, L)>,
}

/// Consecutive tasks, and what was made of those that are done.
struct Tasks<B, M> {
    index: usize,
    waiting: std::vec::IntoIter<Waiting<B>>,
    made: Yield<M>,
}

impl<B: Send, M: Send> Lane for Tasks<B, M> {
    fn rank(&self) -> u64 {
        self.waiting.as_slice().first().map_or(u64::MAX, |task| task.rank)
    }
}

/// What a worker tells the run.
enum News<E, M> {
    Lane(usize, Yield<M>),
    Broken(Broken<E>),
}

/// Runs all batches; the stats are of whatever was done.
pub(crate) fn run<B, E, C, G, P, L>(
    engine: &super::Engine,
    parts: Vec<Part<B>>,
    plan: &Plan<'_, '_, C, G, P>,
) -> (Result<G::Memory, Broken<E>>, RunStats)
where
    B: Send,
    E: Send,
    C: Operator<B, E> + Sync,
    G: Gather<C::Value, C::Key> + Sync,
    P: FailurePolicy<B, E>,
    L: Leash,
{
    let engine = &*engine.0;
    let begun = Instant::now();
    let weights: Vec<usize> = parts.iter().map(|part| part.records).collect();
    let mut runner = Runner::<B, E, C, G, P, L> {
        chain: plan.chain,
        gather: plan.gather,
        policy: plan.policy,
        limit: plan.limit,
        observers: &plan.settings.observers,
        engine,
        template: template(engine, plan),
        begun,
        measure: plan.measure,
        own_memory: false,
        apart: false,
        least_failed: AtomicU64::new(u64::MAX),
        flow: PhantomData,
    };
    let info = RunPlan {
        pipeline: runner.template.pipeline,
        batches: parts.len(),
        records: weights.iter().sum(),
        threads: engine.pool.current_num_threads(),
    };
    runner.tell(|observer| observer.started(&info));
    let waiting = match catch_unwind(AssertUnwindSafe(|| runner.rank(parts, plan.settings.scheduler.as_deref()))) {
        Ok(waiting) => waiting,
        Err(payload) => return (Err(Broken { batch: 0, record: 0, cause: Cause::Panic(payload) }), RunStats::default()),
    };
    let permuted = waiting.windows(2).any(|pair| pair[0].seq > pair[1].seq);
    // Where regrouping is exact, a lane is folded into one memory; else each batch is, so that the result is that of any order.
    let exact = plan.gather.exact() || plan.settings.relaxed;
    runner.apart = permuted && (plan.gather.in_order() || !exact);
    runner.own_memory = runner.apart || !exact;
    let (sender, news) = crossbeam_channel::unbounded();
    let lanes = runner.lanes(waiting);
    crew::run(engine, lanes, |lane, pause| runner.work(lane, pause, &sender));
    drop(sender);

    let mut broken: Option<Broken<E>> = None;
    let mut yields = Vec::new();
    for news in news.try_iter() {
        match news {
            News::Lane(index, made) => yields.push((index, made)),
            News::Broken(next) => broken = Some(first_of(broken, next)),
        }
    }
    yields.sort_by_key(|(index, _)| *index);
    let processed = Instant::now();
    let mut stats = report::stats(yields.iter().map(|(_, made)| made), plan.measure);
    engine.learn(stats.records, yields.iter().map(|(_, made)| made.busy).sum());
    let memory = match broken {
        Some(broken) => Err(runner.place(broken, weights.len(), &yields)),
        None => runner.combine(yields.into_iter().map(|(_, made)| made), &weights),
    };
    report::times(&mut stats, Times { begun, processed });
    runner.tell(|observer| observer.finished(&stats));
    (memory, stats)
}

/// What all tasks of the run have in common.
fn template<C, G, P>(engine: &Inner, plan: &Plan<'_, '_, C, G, P>) -> Task {
    Task {
        pipeline: engine.next_run(),
        arrival: engine.now(),
        priority: plan.settings.priority,
        deadline: plan.limit.deadline,
        ..Task::default()
    }
}

/// Of two failures the one of the lower batch. A stop counts only where nothing failed.
fn first_of<E>(before: Option<Broken<E>>, next: Broken<E>) -> Broken<E> {
    match before {
        None => next,
        Some(before) => {
            let key = |broken: &Broken<E>| (matches!(broken.cause, Cause::Stopped), broken.batch);
            let (first, other) = if key(&next) < key(&before) { (next, before) } else { (before, next) };
            // Of a second panic nothing is told; what it threw may throw again when it is dropped.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(other)));
            first
        }
    }
}

impl<B, E, C, G, P, L> Runner<'_, '_, '_, B, E, C, G, P, L>
where
    B: Send,
    E: Send,
    C: Operator<B, E> + Sync,
    G: Gather<C::Value, C::Key> + Sync,
    P: FailurePolicy<B, E>,
    L: Leash,
{
    /// Puts the batches into the order in which they are to run.
    fn rank(&self, parts: Vec<Part<B>>, scheduler: Option<&dyn Scheduler>) -> Vec<Waiting<B>> {
        let mut first = 0;
        let mut waiting = Vec::with_capacity(parts.len());
        for (seq, part) in parts.into_iter().enumerate() {
            let seq = seq as u32;
            let task = self.describe(seq, part.partition, part.records);
            let rank = self.engine.policy.rank(&task);
            let order = scheduler.map_or(rank, |scheduler| scheduler.rank(&task));
            let records = part.records as u64;
            waiting.push(Waiting { seq, order, rank, first, part });
            first += records;
        }
        if !C::ORDERED {
            waiting.sort_by_key(|task| task.order);
        }
        waiting
    }

    /// Where it makes no difference to the result, no more lanes than keep the threads busy.
    fn lane_count(&self) -> usize {
        if self.own_memory { LANES } else { (self.engine.pool.current_num_threads() * LANES_A_THREAD).clamp(LANES_A_THREAD, LANES) }
    }

    fn lanes(&self, waiting: Vec<Waiting<B>>) -> Vec<Tasks<B, G::Memory>> {
        let weights: Vec<usize> = waiting.iter().map(|task| task.part.records).collect();
        let cuts = if C::ORDERED { lanes::whole(&weights) } else { lanes::cut(&weights, self.lane_count()) };
        let mut waiting = waiting.into_iter();
        let lane = |(index, cut): (usize, std::ops::Range<usize>)| {
            let tasks: Vec<_> = waiting.by_ref().take(cut.len()).collect();
            let log = Vec::with_capacity(tasks.len());
            let made = Yield { memory: None, apart: Vec::new(), log, failed: 0, retried: 0, busy: Duration::ZERO };
            Tasks { index, waiting: tasks.into_iter(), made }
        };
        cuts.into_iter().filter(|cut| !cut.is_empty()).enumerate().map(lane).collect()
    }

    /// Works a lane off; what is left of it where another run is more urgent.
    fn work(&self, mut lane: Tasks<B, G::Memory>, pause: Pause<'_>, news: &Sender<News<E, G::Memory>>) -> Option<Tasks<B, G::Memory>> {
        let began = Instant::now();
        let mut local = C::Local::default();
        while let Some(next) = lane.waiting.as_slice().first() {
            // A chain with state by key must go on where it is.
            if !C::ORDERED && pause(next.rank) {
                lane.made.busy += began.elapsed();
                return Some(lane);
            }
            let Some(waiting) = lane.waiting.next() else { break };
            let batch = u64::from(waiting.seq);
            if batch > self.least_failed.load(Ordering::Relaxed) {
                continue;
            }
            let done = if self.limit.reached() {
                Err(Broken { batch, record: 0, cause: Cause::Stopped })
            } else {
                self.task(&mut lane.made, &mut local, waiting)
            };
            if let Err(broken) = done {
                self.report(broken, news);
            }
        }
        let Tasks { index, mut made, .. } = lane;
        if let Some(memory) = &mut made.memory
            && let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.gather.seal(memory)))
        {
            let batch = made.log.last().map_or(0, |entry| u64::from(entry.seq));
            self.report(Broken { batch, record: 0, cause: Cause::Panic(payload) }, news);
        }
        made.busy += began.elapsed();
        let _ = news.send(News::Lane(index, made));
        None
    }

    fn report(&self, broken: Broken<E>, news: &Sender<News<E, G::Memory>>) {
        if !matches!(broken.cause, Cause::Stopped) {
            self.least_failed.fetch_min(broken.batch, Ordering::Relaxed);
        }
        let _ = news.send(News::Broken(broken));
    }

    /// Merges what the lanes made, in the order of the data.
    fn combine(&self, yields: impl Iterator<Item = Yield<G::Memory>>, weights: &[usize]) -> Result<G::Memory, Broken<E>> {
        let mut memories = Vec::new();
        let mut apart = Vec::new();
        for made in yields {
            memories.extend(made.memory);
            apart.extend(made.apart);
        }
        let heavy: usize = memories.iter().chain(apart.iter().map(|(_, memory)| memory)).map(|memory| self.gather.weight(memory)).sum();
        let combine = || {
            memories.extend(self.regroup(apart, weights));
            self.gather.combine(memories)
        };
        let split = heavy > HEAVY && self.engine.pool.current_num_threads() > 1;
        let combined = catch_unwind(AssertUnwindSafe(|| if split { self.engine.install(combine) } else { combine() }));
        let batch = weights.len().saturating_sub(1) as u64;
        combined.map_err(|payload| Broken { batch, record: 0, cause: Cause::Panic(payload) })
    }

    /// From memories of single batches, in whatever order they were run, to those of lanes in the order of the data: what would be there had
    /// they been run in that order.
    fn regroup(&self, mut apart: Vec<(u32, G::Memory)>, weights: &[usize]) -> Vec<G::Memory> {
        apart.sort_by_key(|(seq, _)| *seq);
        let mut apart = apart.into_iter().map(|(_, memory)| memory);
        let mut lanes = Vec::new();
        for cut in lanes::cut(weights, LANES) {
            let mut batches = apart.by_ref().take(cut.len());
            let Some(mut lane) = batches.next() else { break };
            batches.for_each(|memory| self.gather.merge(&mut lane, memory));
            self.gather.seal(&mut lane);
            lanes.push(lane);
        }
        lanes
    }

    /// Says where a run broke: by record, now that the sizes of all batches before it are known; by the first batch that is missing,
    /// where it was stopped.
    fn place(&self, broken: Broken<E>, batches: usize, yields: &[(usize, Yield<G::Memory>)]) -> Broken<E> {
        let mut sizes: Vec<Option<u64>> = vec![None; batches];
        for entry in yields.iter().flat_map(|(_, made)| &made.log) {
            sizes[entry.seq as usize] = Some(entry.records);
        }
        match broken.cause {
            Cause::Stopped => {
                let cause = if self.limit.cancelled() { Cause::Cancelled } else { Cause::Expired };
                let missing = sizes.iter().position(Option::is_none).unwrap_or(0);
                Broken { batch: missing as u64, record: 0, cause }
            }
            cause => {
                let before: u64 = sizes.iter().take(broken.batch as usize).flatten().sum();
                Broken { record: before + broken.record, batch: broken.batch, cause }
            }
        }
    }
}

impl<B, E, C, G, P, L> Runner<'_, '_, '_, B, E, C, G, P, L> {
    /// A task for the eyes of schedulers and observers.
    pub(super) fn describe(&self, seq: u32, partition: u32, records: usize) -> Task {
        Task { seq, partition, records, cost: self.engine.estimate(records), ..self.template.clone() }
    }

    /// Tells every observer; one that panics is heard no more of this time.
    pub(super) fn tell(&self, what: impl Fn(&dyn Observer)) {
        for observer in self.observers {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| what(observer))) {
                let _ = catch_unwind(AssertUnwindSafe(|| drop(payload)));
            }
        }
    }
}
