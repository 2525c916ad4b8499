//! Where batches come from.

use super::failing::{Absorbs, Fallibility, Meets, Never};
use crate::data::{Pane, RunStats, Stopwatch};
use crate::engine::{self, Broken, Engine, Limit, Plan, Settings};
use crate::integrate::{Gather, Panes};
use crate::partition::Chunks;
use crate::process::Operator;
use crate::stage::{Partitioner, Parts};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Data in memory, and how they are cut.
#[derive(Debug)]
pub struct Over<D, T, P = Chunks> {
    data: D,
    partitioner: P,
    item: PhantomData<fn() -> T>,
}

impl<D, T, P> Over<D, T, P> {
    pub(super) fn new(data: D, partitioner: P) -> Self {
        Over { data, partitioner, item: PhantomData }
    }
}

/// The panes of the stage before, and how they are cut.
#[derive(Debug)]
pub struct After<S, P = Chunks> {
    stage: S,
    partitioner: P,
}

impl<S> After<S> {
    pub(super) fn new(stage: S) -> Self {
        After { stage, partitioner: Chunks::default() }
    }
}

/// One stage of a pipeline: a pipeline but for its settings, which are those of all its stages.
#[derive(Debug)]
pub struct Stage<M, T, C, X, Ky, I> {
    pub(super) input: M,
    pub(super) chain: C,
    pub(super) failing: X,
    pub(super) integrator: I,
    pub(super) flow: PhantomData<fn() -> (T, Ky)>,
}

/// Where a pipeline's batches come from. Not to be implemented outside the crate.
pub trait Input {
    /// What the partitioner gets.
    type Data;
    /// One record.
    type Item;
    /// One batch.
    type Batch: Send;
    /// The same with another partitioner.
    type With<P>;
    #[doc(hidden)]
    fn with<P>(self, partitioner: P) -> Self::With<P>;
}

impl<D, T, P: Partitioner<D>> Input for Over<D, T, P> {
    type Data = D;
    type Item = T;
    type Batch = P::Batch;
    type With<P2> = Over<D, T, P2>;

    fn with<P2>(self, partitioner: P2) -> Over<D, T, P2> {
        Over::new(self.data, partitioner)
    }
}

impl<M, T, C, X, Ky, I, P> Input for After<Stage<M, T, C, X, Ky, I>, P>
where
    I: Panes<T, Ky>,
    P: Partitioner<Vec<Pane<I::Key, I::Value>>>,
{
    type Data = Vec<Pane<I::Key, I::Value>>;
    type Item = Pane<I::Key, I::Value>;
    type Batch = P::Batch;
    type With<P2> = After<Stage<M, T, C, X, Ky, I>, P2>;

    fn with<P2>(self, partitioner: P2) -> Self::With<P2> {
        After { stage: self.stage, partitioner }
    }
}

/// What all stages of a run share.
pub struct Shared<'r, 's> {
    pub(super) engine: &'r Engine,
    pub(super) settings: &'r Settings<'s>,
    pub(super) limit: Limit,
    pub(super) measure: bool,
}

impl std::fmt::Debug for Shared<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("engine", &self.engine).finish_non_exhaustive()
    }
}

/// An input that can be read. Not to be implemented outside the crate.
pub trait Feed: Input {
    /// How reading can fail.
    type X: Fallibility;
    /// The batches; `stats` hear what it took to make them.
    #[doc(hidden)]
    fn batches(self, shared: &Shared<'_, '_>, stats: &mut RunStats) -> Result<Cut<Self::Batch>, Broken<<Self::X as Fallibility>::Error>>;
}

/// Data that are cut into batches.
#[derive(Debug)]
pub struct Cut<B> {
    parts: Parts<B>,
    /// Whether the partitioner vouches for their sizes.
    counted: bool,
}

/// Cuts data into batches; a panic in the partitioner stays in the run.
fn cut<D, P: Partitioner<D>, E>(
    partitioner: P,
    data: D,
    shared: &Shared<'_, '_>,
    stats: &mut RunStats,
) -> Result<Cut<P::Batch>, Broken<E>> {
    let watch = Stopwatch::start(shared.measure);
    let cut = || Cut { counted: partitioner.counts(), parts: partitioner.parts(data, shared.engine.threads()) };
    let cut = catch_unwind(AssertUnwindSafe(cut));
    stats.partitioning += watch.elapsed();
    cut.map_err(|payload| Broken::panic(0, payload))
}

impl<D, T, P: Partitioner<D>> Feed for Over<D, T, P> {
    type X = Never;

    fn batches(self, shared: &Shared<'_, '_>, stats: &mut RunStats) -> Result<Cut<P::Batch>, Broken<std::convert::Infallible>> {
        cut(self.partitioner, self.data, shared, stats)
    }
}

impl<M, T, C, X, Ky, I, P> Feed for After<Stage<M, T, C, X, Ky, I>, P>
where
    M: Feed,
    X: Meets<M::Batch> + Absorbs<M::X>,
    X::Error: Send,
    C: Operator<M::Batch, X::Error, Key = Ky, Value = T> + Sync,
    I: Panes<T, Ky> + Sync,
    P: Partitioner<Vec<Pane<I::Key, I::Value>>>,
{
    type X = X;

    fn batches(self, shared: &Shared<'_, '_>, stats: &mut RunStats) -> Result<Cut<P::Batch>, Broken<X::Error>> {
        let output = self.stage.run(shared, stats)?;
        let last = stats.batches.saturating_sub(1);
        let panes = catch_unwind(AssertUnwindSafe(|| I::panes(output))).map_err(|payload| Broken::panic(last, payload))?;
        cut(self.partitioner, panes, shared, stats)
    }
}

impl<M, T, C, X, Ky, I> Stage<M, T, C, X, Ky, I>
where
    M: Feed,
    X: Meets<M::Batch> + Absorbs<M::X>,
    X::Error: Send,
    C: Operator<M::Batch, X::Error, Key = Ky, Value = T> + Sync,
    I: Gather<T, Ky> + Sync,
{
    /// Runs the stages before it, and it.
    pub(super) fn run(self, shared: &Shared<'_, '_>, stats: &mut RunStats) -> Result<I::Output, Broken<X::Error>> {
        let Stage { input, chain, failing, integrator, .. } = self;
        let Cut { parts, counted } = input.batches(shared, stats).map_err(X::absorb)?;
        let plan = Plan {
            chain: &chain,
            gather: &integrator,
            policy: failing.policy(),
            settings: shared.settings,
            limit: &shared.limit,
            measure: shared.measure,
            judged: X::JUDGED,
            counted,
        };
        let last = parts.len().saturating_sub(1) as u64;
        let memory = engine::run::<_, _, _, _, _, X::Leash>(shared.engine, parts, &plan, stats)?;
        let watch = Stopwatch::start(shared.measure);
        let output = catch_unwind(AssertUnwindSafe(|| integrator.finish(memory))).map_err(|payload| Broken::panic(last, payload))?;
        stats.integrating += watch.elapsed();
        Ok(output)
    }
}
