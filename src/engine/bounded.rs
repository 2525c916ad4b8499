//! A bounded run: from batches to one memory.

use super::broken::{Broken, forget};
use super::lanes::{self, LANES};
use super::limit::{Leash, Limit};
use super::made::Made;
use super::runner::{Lane, Runner};
use super::settings::Settings;
use super::tasks::Tasks;
use super::{Engine, Inner, crew, in_place, report};
use crate::data::{RunStats, Stopwatch, Task};
use crate::integrate::Gather;
use crate::process::Operator;
use crate::stage::{FailurePolicy, Part, RunPlan};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

/// Values above which combining is split over the pool.
const HEAVY: usize = 16 * 1024;
/// Lanes a thread, where their number makes no difference to the result: what the last one takes is a small part of all.
const LANES_A_THREAD: usize = 16;
/// The same where each lane costs a table to fill and to merge.
const COSTLY_LANES_A_THREAD: usize = 4;

/// What is to be run, apart from the batches.
pub(crate) struct Plan<'p, 's, C, G, P> {
    pub(crate) chain: &'p C,
    pub(crate) gather: &'p G,
    pub(crate) policy: &'p P,
    pub(crate) settings: &'p Settings<'s>,
    pub(crate) limit: &'p Limit,
    /// Whether anybody wants to know of times.
    pub(crate) measure: bool,
    /// Whether the partitioner vouches for the sizes of the batches.
    pub(crate) counted: bool,
}

/// Runs all batches; the stats are of whatever was done.
pub(crate) fn run<B, E, C, G, P, L>(
    engine: &Engine,
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
    if C::ONE_EACH && !L::STOPPABLE && plan.counted && in_place::pays(&parts) {
        return in_place::run::<B, E, C, G, P, L>(engine, parts, plan);
    }
    run_batches::<B, E, C, G, P, L>(engine, parts, plan)
}

/// Runs all batches, each into the memory of its lane or one of its own.
pub(super) fn run_batches<B, E, C, G, P, L>(
    engine: &Engine,
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
    let mut runner = Runner::<B, E, C, G, P, L> {
        chain: plan.chain,
        gather: plan.gather,
        policy: plan.policy,
        limit: plan.limit,
        observers: &plan.settings.observers,
        engine,
        template: template(engine, plan, begun),
        begun,
        measure: plan.measure,
        own_memory: false,
        apart: false,
        sizes: parts.iter().map(|part| part.records).collect(),
        firsts: OnceLock::new(),
        ranks: Vec::new(),
        least_failed: AtomicU64::new(u64::MAX),
        flow: PhantomData,
    };
    let info = RunPlan {
        pipeline: runner.template.pipeline,
        batches: parts.len(),
        records: runner.sizes.iter().fold(0, |all, size| all.saturating_add(*size)),
        threads: engine.pool.current_num_threads(),
    };
    runner.tell(|observer| observer.started(&info));
    let watch = Stopwatch::start(runner.measure);
    let made = runner.process(parts, plan.settings);
    let mut stats = made.as_ref().map(|made| report::stats(made)).unwrap_or_default();
    stats.processing = watch.elapsed();
    let watch = Stopwatch::start(runner.measure);
    let memory = made.and_then(|made| runner.integrate(made));
    stats.integrating = watch.elapsed();
    stats.elapsed = stats.processing + stats.integrating;
    runner.tell(|observer| observer.finished(&stats));
    (memory, stats)
}

/// What all tasks of the run have in common.
fn template<C, G, P>(engine: &Inner, plan: &Plan<'_, '_, C, G, P>, begun: Instant) -> Task {
    Task {
        pipeline: engine.next_run(),
        arrival: engine.age(begun),
        priority: plan.settings.priority,
        deadline: plan.limit.deadline,
        ..Task::default()
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
    /// Runs the batches; what was made of them, lane by lane.
    fn process(&mut self, parts: Vec<Part<B>>, settings: &Settings<'_>) -> Result<Vec<Made<G::Memory, E>>, Broken<E>> {
        // Users' code comes before anything is moved: a panic in it drops no record while it unwinds.
        let ranks = catch_unwind(AssertUnwindSafe(|| (self.schedule(&parts, settings), self.gather.exact(), self.gather.in_order())));
        let (ranks, exact, in_order) = match ranks {
            Ok(known) => known,
            Err(payload) => {
                forget(parts);
                return Err(Broken::panic(0, payload));
            }
        };
        let tasks = Tasks::by_rank(parts, ranks.as_ref().unwrap_or(&self.ranks));
        // Where regrouping is exact, a lane is folded into one memory; else each batch is, so that the result is that of any order.
        let exact = exact || settings.relaxed;
        self.apart = tasks.is_permuted() && (in_order || !exact);
        self.own_memory = self.apart || !exact;
        let first = tasks.next_seq().map_or(0, |seq| self.rank(seq));
        let lanes = if C::ORDERED { vec![tasks] } else { tasks.into_lanes(self.lanes()) };
        let lane = |(lane, tasks): (usize, Tasks<B>)| Lane { made: Made::of_lane(lane, tasks.records()), tasks };
        let lanes = lanes.into_iter().enumerate().map(lane).collect();
        let mut made = crew::run(self.engine, first, self.limit, lanes, |lane, pause| self.work(lane, pause));
        made.sort_by_key(|made| made.lane);
        let records = made.iter().map(|made| made.records).sum();
        self.engine.learn(records, made.iter().map(|made| made.busy).sum());
        Ok(made)
    }

    /// Ranks the batches for the engine; and for the run itself, where those ranks are others.
    fn schedule(&mut self, parts: &[Part<B>], settings: &Settings<'_>) -> Option<Vec<u64>> {
        let partitions = || parts.iter().map(|part| part.partition);
        if let Some(policy) = &self.engine.policy {
            self.ranks = self.ranks(&**policy, partitions());
        }
        match &settings.scheduler {
            _ if C::ORDERED => Some(Vec::new()),
            Some(scheduler) => Some(self.ranks(&**scheduler, partitions())),
            None => None,
        }
    }

    /// How many lanes: where it makes no difference to the result, no more than keep the threads busy.
    fn lanes(&self) -> usize {
        let a_thread = if G::COSTLY { COSTLY_LANES_A_THREAD } else { LANES_A_THREAD };
        let is_seen = self.own_memory || !G::COSTLY && self.sizes.len() <= LANES;
        if is_seen { LANES } else { (self.engine.pool.current_num_threads() * a_thread).min(LANES) }
    }

    /// Merges what the lanes made, in the order of the data.
    fn integrate(&self, mut made: Vec<Made<G::Memory, E>>) -> Result<G::Memory, Broken<E>> {
        let broken = made.iter_mut().filter_map(|made| made.broken.take()).fold(None, |first, next| Some(Broken::first_of(first, next)));
        if let Some(broken) = broken {
            let broken = self.place(broken, &made);
            forget(made);
            return Err(broken);
        }
        let mut memories = Vec::with_capacity(made.len());
        let mut apart = Vec::new();
        for made in made {
            memories.extend(made.memory);
            apart.extend(made.apart);
        }
        let combined = catch_unwind(AssertUnwindSafe(|| {
            let all = memories.iter().chain(apart.iter().map(|(_, memory)| memory));
            let weight = all.map(|memory| self.gather.weight(memory)).fold(0, usize::saturating_add);
            split(self.engine, weight, || {
                memories.extend(self.regroup(apart));
                self.gather.combine(memories)
            })
        }));
        combined.map_err(|payload| Broken::panic(self.sizes.len().saturating_sub(1) as u64, payload))
    }

    /// From memories of single batches, in whatever order they were run, to those of lanes in the order of the data: what would be there had
    /// they been run in that order.
    fn regroup(&self, mut apart: Vec<(u32, G::Memory)>) -> Vec<G::Memory> {
        apart.sort_by_key(|(seq, _)| *seq);
        let mut apart = apart.into_iter().map(|(_, memory)| memory);
        let cuts = lanes::cut(&self.sizes, LANES).into_iter();
        let lanes: Vec<Vec<_>> = cuts.map(|cut| apart.by_ref().take(cut.len()).collect()).collect();
        let merge = |batches: Vec<G::Memory>| {
            let mut batches = batches.into_iter();
            let mut lane = batches.next()?;
            batches.for_each(|memory| self.gather.merge(&mut lane, memory));
            self.gather.seal(&mut lane);
            Some(lane)
        };
        match rayon::current_thread_index() {
            Some(_) => lanes.into_par_iter().filter_map(merge).collect(),
            None => lanes.into_iter().filter_map(merge).collect(),
        }
    }

    /// Says where a run broke: by record, now that the sizes of all batches before it are known; by the first batch that is missing,
    /// where it was stopped.
    fn place(&self, broken: Broken<E>, made: &[Made<G::Memory, E>]) -> Broken<E> {
        if broken.is_stop() {
            return self.limit.broken(broken.batch);
        }
        let mut sizes: Vec<u64> = self.sizes.iter().take(broken.batch as usize).map(|size| *size as u64).collect();
        for (seq, records) in made.iter().flat_map(|made| &made.sizes) {
            if let Some(size) = sizes.get_mut(*seq as usize) {
                *size = *records;
            }
        }
        Broken { record: sizes.iter().sum::<u64>() + broken.record, ..broken }
    }
}

/// Does work on so many values: where they are many inside the pool, so that it can be split.
pub(super) fn split<R: Send>(engine: &Inner, weight: usize, work: impl FnOnce() -> R + Send) -> R {
    if weight > HEAVY && engine.pool.current_num_threads() > 1 { engine.install(work) } else { work() }
}
