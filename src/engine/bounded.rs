//! A bounded run: from batches to one memory.

use super::arbiter::{Arbiter, Head};
use super::broken::{Broken, forget};
use super::crew::{Alone, Ask, Slot};
use super::lanes::LANES;
use super::limit::Leash;
use super::made::Made;
use super::plan::{Halt, Helpers, Plan};
use super::runner::{Lane, Runner};
use super::settings::Settings;
use super::shelf::Shelf;
use super::sizes::Sizes;
use super::solo::Solo;
use super::tasks::Tasks;
use super::{Engine, Inner, crew, giants, in_place, report};
use crate::data::{RunStats, Stopwatch, Task};
use crate::integrate::Gather;
use crate::process::Operator;
use crate::stage::{FailurePolicy, Parts, RunPlan, Scheduler};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

/// Values above which combining is split over the pool.
const HEAVY: usize = 16 * 1024;
/// Lanes a thread, where their number makes no difference to the result: what the last one takes is a small part of all.
const LANES_A_THREAD: usize = 16;
/// Runs of more records than this are worth help in any case.
const LARGE: usize = 1 << 20;
/// Batches of fewer records than this are taken to be dear; those that nobody asked for have no fewer.
const FEW: usize = 64;
/// The fewest records of a batch that nobody asked for, where each costs a table.
const COSTLY_FEW: usize = 4096;
/// Lanes a thread where each costs a table to fill and to merge.
const COSTLY_LANES_A_THREAD: usize = 4;
/// The most groups of batches where each costs a table, and where they can be seen in the result: so many threads can share the work.
const COSTLY_GROUPS: usize = 32;

/// Runs all batches; `stats` are those of the stages before, and take in whatever was done: only counts where nobody wants to know more.
/// `kept` is what steps keep from run to run.
pub(crate) fn run<B, E, C, G, P, L>(
    engine: &Engine,
    parts: Parts<B>,
    plan: &Plan<'_, '_, C, G, P>,
    kept: &mut C::Local,
    stats: &mut RunStats,
) -> Result<G::Memory, Halt<G::Memory, E>>
where
    B: Send,
    E: Send,
    C: Operator<B, E> + Sync,
    G: Gather<C::Value, C::Key> + Sync,
    P: FailurePolicy<B, E>,
    L: Leash,
{
    let parts = if C::IN_PIECES && !plan.judged && parts.is_divisible() { split_giants(parts, plan, stats)? } else { parts };
    if C::ONE_EACH && !L::STOPPABLE && plan.counted && in_place::pays(&parts) {
        return in_place::run::<B, E, C, G, P, L>(engine, parts, plan, kept, stats);
    }
    run_batches::<B, E, C, G, P, L>(engine, parts, plan, kept, stats, None)
}

/// Runs all batches, each into the memory of its lane or one of its own; or into those of `warm`, which stay there: what is returned holds only what
/// could not be folded into them.
pub(crate) fn run_batches<B, E, C, G, P, L>(
    engine: &Engine,
    parts: Parts<B>,
    plan: &Plan<'_, '_, C, G, P>,
    kept: &mut C::Local,
    stats: &mut RunStats,
    warm: Option<&Shelf<G::Memory>>,
) -> Result<G::Memory, Halt<G::Memory, E>>
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
    let parts = if C::IN_PIECES && !has_costly_batches(plan) { parts.finer(LANES, FEW) } else { parts };
    let code = (plan.settings.origin, std::any::type_name::<(B, C, G)>());
    let clocked = plan.measure || uses_estimates(engine, plan.settings);
    let is_ranked = plan.settings.scheduler.is_some() || engine.policy().is_some();
    let mut runner = Runner::<B, E, C, G, P, L> {
        chain: plan.chain,
        gather: plan.gather,
        policy: plan.policy,
        limit: plan.limit,
        observers: &plan.settings.observers,
        engine,
        template: template(engine, plan, (clocked || is_ranked).then_some(begun)),
        begun,
        measure: plan.measure,
        clocked,
        code,
        pace: if clocked { engine.paces.of(&code) } else { engine.paces.of_all() },
        exact: true,
        own_memory: false,
        apart: false,
        keeps: plan.keeps,
        helpers: plan.helpers,
        judged: plan.judged,
        group: None,
        fused: false,
        one_each: true,
        unclaimed: AtomicUsize::new(0),
        sizes: Sizes::of(&parts),
        least_failed: AtomicU64::new(u64::MAX),
        flow: PhantomData,
    };
    if !runner.measure {
        let made = runner.process(parts, plan, kept, warm)?;
        report::count(&made, stats);
        return runner.integrate(made, stats);
    }
    runner.run_measured(parts, plan, kept, stats, warm)
}

/// Cuts batches that hold much of the data. A panic in the cut is the run's.
fn split_giants<B, E, T, Ky, C, G: Gather<T, Ky>, P>(
    parts: Parts<B>,
    plan: &Plan<'_, '_, C, G, P>,
    stats: &mut RunStats,
) -> Result<Parts<B>, Broken<E>> {
    let watch = Stopwatch::start(plan.measure);
    let least = if has_costly_batches(plan) { COSTLY_FEW } else { FEW };
    let parts = catch_unwind(AssertUnwindSafe(|| giants::split(parts, least)));
    stats.partitioning += watch.elapsed();
    parts.map_err(|payload| Broken::panic(0, payload))
}

/// Whether each batch costs a table of its own. A panic in what is asked comes again where it is kept.
fn has_costly_batches<T, Ky, C, G: Gather<T, Ky>, P>(plan: &Plan<'_, '_, C, G, P>) -> bool {
    let exact = || {
        catch_unwind(AssertUnwindSafe(|| plan.gather.exact())).unwrap_or_else(|payload| {
            forget(payload);
            true
        })
    };
    G::COSTLY && !plan.settings.relaxed && !exact()
}

/// Whether a policy wants good estimates. A panic in it is none of the run's: it only asks less.
fn uses_estimates(engine: &Inner, settings: &Settings<'_>) -> bool {
    let policies = [settings.scheduler.as_deref().map(|policy| policy as &dyn Scheduler), engine.policy()];
    policies.into_iter().flatten().any(|policy| {
        catch_unwind(AssertUnwindSafe(|| policy.uses_estimates())).unwrap_or_else(|payload| {
            forget(payload);
            false
        })
    })
}

/// What all tasks of the run have in common; without their arrival where nobody asks for it before the run wants helpers.
fn template<C, G, P>(engine: &Inner, plan: &Plan<'_, '_, C, G, P>, begun: Option<Instant>) -> Task {
    Task {
        pipeline: engine.next_run(),
        name: plan.settings.name,
        arrival: begun.map_or(0, |begun| engine.age(begun)),
        priority: plan.settings.priority,
        deadline: plan.limit.deadline,
        virtual_start: engine.arbiter.as_ref().map_or(0, Arbiter::virtual_time),
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
    /// Runs and integrates, and tells of it.
    fn run_measured(
        &mut self,
        parts: Parts<B>,
        plan: &Plan<'_, '_, C, G, P>,
        kept: &mut C::Local,
        stats: &mut RunStats,
        warm: Option<&Shelf<G::Memory>>,
    ) -> Result<G::Memory, Halt<G::Memory, E>> {
        let info = RunPlan {
            pipeline: self.template.pipeline,
            name: self.template.name,
            batches: self.sizes.batches(),
            records: self.sizes.total(),
            threads: self.engine.pool.current_num_threads(),
        };
        self.tell(|observer| observer.started(&info));
        let watch = Stopwatch::start(true);
        let made = self.process(parts, plan, kept, warm);
        let mut done = made.as_ref().map(|made| report::stats(made)).unwrap_or_default();
        (done.pipeline, done.name) = (self.template.pipeline, self.template.name);
        done.processing = watch.elapsed();
        let watch = Stopwatch::start(true);
        let memory = made.map_err(Halt::from).and_then(|made| self.integrate(made, &mut done));
        done.integrating = watch.elapsed();
        done.elapsed = done.processing + done.integrating;
        self.tell(|observer| observer.finished(&done));
        done.add_stage(std::mem::take(stats));
        *stats = done;
        memory
    }

    /// Runs the batches; what was made of them, lane by lane.
    fn process(
        &mut self,
        parts: Parts<B>,
        plan: &Plan<'_, '_, C, G, P>,
        kept: &mut C::Local,
        warm: Option<&Shelf<G::Memory>>,
    ) -> Result<Vec<Made<G::Memory, E>>, Broken<E>> {
        // Users' code comes before anything is moved: a panic in it drops no record while it unwinds.
        let known = catch_unwind(AssertUnwindSafe(|| (self.schedule(&parts, plan.settings), self.gather.exact(), self.gather.in_order())));
        let (ranks, exact, in_order) = match known {
            Ok(known) => known,
            Err(payload) => {
                forget(parts);
                return Err(Broken::panic(0, payload));
            }
        };
        let tasks = Tasks::by_rank(parts, &ranks);
        // Where regrouping is exact, a lane is folded into one memory; else the batches of a group are, or each batch, where that costs little, so
        // that the result is that of any order.
        self.exact = exact || plan.settings.relaxed;
        self.apart = self.keeps || tasks.is_permuted() && (in_order || !self.exact);
        self.own_memory = self.apart || !self.exact && !G::COSTLY;
        self.group = if self.exact || self.apart { None } else { self.sizes.group(self.groups()) };
        self.fused = C::IN_PIECES && !G::COSTLY && !self.own_memory && !self.clocked && !plan.judged && tasks.is_free();
        self.one_each = !self.fused && !self.sizes.has_pieces();
        let own = Shelf::new(self.exact && !self.own_memory && self.gather.is_shared());
        let mut made = self.work_off(tasks, kept, warm.unwrap_or(&own));
        made.sort_by_key(|made| made.lane);
        own.clear_into(made.iter_mut().map(|made| &mut made.memory));
        let records = made.iter().fold(0, |all: u64, made| all.saturating_add(made.records));
        self.engine.paces.learn(records, made.iter().map(|made| made.busy).sum());
        if self.clocked {
            self.engine.paces.learn_of(self.code, &mut made.iter().flat_map(|made| &made.times).copied().collect::<Vec<_>>());
        }
        Ok(made)
    }

    /// The ranks of the batches among each other; none where all are equal.
    fn schedule(&self, parts: &Parts<B>, settings: &Settings<'_>) -> Vec<u64> {
        match settings.scheduler.as_deref().or_else(|| self.engine.policy()) {
            Some(scheduler) if !C::ORDERED => self.ranks(scheduler, parts),
            _ => Vec::new(),
        }
    }

    /// Works off all tasks: on the calling thread alone for as long as help is not known to be worth it, or from the start with whoever is free.
    fn work_off(&self, tasks: Tasks<B>, kept: &mut C::Local, shelf: &Shelf<G::Memory>) -> Vec<Made<G::Memory, E>> {
        let mut lane = Lane { made: Made::of_lane(0, tasks.records()), tasks };
        if lane.tasks.next_seq().is_none() {
            return Vec::new();
        }
        let single = C::ORDERED || lane.tasks.len() == 1;
        let helpers = self.helpers != Helpers::Never && self.engine.pool.current_num_threads() > 1;
        let is_shared = match self.helpers {
            Helpers::Never => false,
            Helpers::WherePaid => !self.is_cheap_to_try(),
            Helpers::AtOnce => helpers,
        };
        if !single && is_shared {
            return self.share(lane, None, shelf);
        }
        let solo = Solo::new(self.begun, self.sizes.total());
        let go_on = |done| if single || !helpers { Some(usize::MAX) } else { solo.go_on(done) };
        let work = |ask: Ask<'_>| {
            let kept = if C::ORDERED { Some(&mut *kept) } else { None };
            if self.measure { self.timed(&mut lane, kept, ask, shelf) } else { self.work(&mut lane, kept, ask, shelf) }
        };
        match crew::alone(self.engine, go_on, work) {
            Alone::Done => vec![lane.made],
            Alone::Share(_) if C::ORDERED => self.wait_alone(lane, kept, shelf),
            Alone::Share(slot) => self.share(lane, slot, shelf),
        }
    }

    /// Works off a lane on the calling thread, where what steps keep is, as soon as that may work.
    fn wait_alone(&self, mut lane: Lane<B, G::Memory, E>, kept: &mut C::Local, shelf: &Shelf<G::Memory>) -> Vec<Made<G::Memory, E>> {
        match self.first(&lane.tasks) {
            Ok(first) => crew::wait_alone(self.engine, first, self.limit, |ask| {
                self.timed(&mut lane, Some(kept), ask, shelf);
            }),
            Err(broken) => {
                lane.made.breaks(broken);
                forget(lane.tasks);
            }
        }
        vec![lane.made]
    }

    /// What the engine's policy says of the first of the tasks.
    fn first(&self, tasks: &Tasks<B>) -> Result<Head, Broken<E>> {
        let seq = tasks.next_seq().unwrap_or(0);
        let task = Task { arrival: self.engine.age(self.begun), ..self.describe_left(seq, tasks.next_partition(), tasks.records()) };
        catch_unwind(AssertUnwindSafe(|| self.engine.head(task))).map_err(|payload| Broken::panic(seq.into(), payload))
    }

    /// Whether one batch is so small a part that the others may wait for what it tells of their cost. Not where a step takes it whole, nor where
    /// somebody asked for batches of a few records: those may be dear.
    fn is_cheap_to_try(&self) -> bool {
        let (records, batches) = (self.sizes.total(), self.sizes.len());
        C::IN_PIECES && records < LARGE && records / batches >= FEW && (!self.own_memory || self.apart || self.group.is_some())
    }

    /// Works off a lane with whoever is free.
    fn share(&self, lane: Lane<B, G::Memory, E>, slot: Option<Slot<'_>>, shelf: &Shelf<G::Memory>) -> Vec<Made<G::Memory, E>> {
        let first = match self.first(&lane.tasks) {
            Ok(first) => first,
            Err(broken) => {
                let mut made = lane.made;
                made.breaks(broken);
                forget(lane.tasks);
                return vec![made];
            }
        };
        let lanes = self.cut(lane, shelf);
        self.unclaimed.store(lanes.iter().fold(0, |all, lane| all.saturating_add(lane.tasks.records())), Ordering::Relaxed);
        let lanes = crew::run(self.engine, first, self.limit, lanes, slot, |lane, ask| self.timed(lane, None, ask, shelf));
        lanes.into_iter().map(|lane| lane.made).collect()
    }

    /// Cuts a lane into as many as the threads are to have; the first goes on with what was made.
    fn cut(&self, lane: Lane<B, G::Memory, E>, shelf: &Shelf<G::Memory>) -> Vec<Lane<B, G::Memory, E>> {
        let Lane { mut tasks, made } = lane;
        let mut lanes = Vec::new();
        if let (Some(group), Some(seq), Some(_)) = (self.group, tasks.next_seq(), &made.memory) {
            // The group that was begun is brought to its end.
            let rest = tasks.split_off(group - seq as usize % group);
            lanes.push(std::mem::replace(&mut tasks, rest));
        }
        lanes.extend(match self.group {
            Some(group) => tasks.into_lanes_of(group),
            None => tasks.into_lanes(self.lanes(shelf)),
        });
        let fresh = |(lane, tasks): (usize, Tasks<B>)| Lane { made: Made::of_lane(lane, tasks.records()), tasks };
        let mut lanes: Vec<_> = lanes.into_iter().enumerate().map(fresh).collect();
        if let Some(lane) = lanes.first_mut() {
            lane.made = made;
        }
        lanes
    }

    /// How many lanes: where it makes no difference to the result, no more than keep the threads busy.
    fn lanes(&self, shelf: &Shelf<G::Memory>) -> usize {
        if !self.exact && !self.apart {
            return self.groups();
        }
        let a_thread = if G::COSTLY && !shelf.is_shared { COSTLY_LANES_A_THREAD } else { LANES_A_THREAD };
        let is_seen = self.own_memory || !G::COSTLY && !self.fused && self.sizes.len() <= LANES;
        if is_seen { LANES } else { (self.engine.pool.current_num_threads() * a_thread).min(LANES) }
    }

    /// In how many groups what single batches made is merged.
    pub(super) fn groups(&self) -> usize {
        if G::COSTLY { COSTLY_GROUPS } else { LANES }
    }
}

/// Does work on so many values: where they are many inside the pool, so that it can be split.
pub(super) fn split<R: Send>(engine: &Inner, weight: usize, work: impl FnOnce() -> R + Send) -> R {
    if weight > HEAVY && engine.pool.current_num_threads() > 1 { engine.install(work) } else { work() }
}
