//! The only place with threads.

mod arbiter;
mod aside;
mod batch;
mod beside;
mod bounded;
mod broken;
mod crew;
mod desk;
mod giants;
mod in_place;
mod integrate;
mod lanes;
mod limit;
mod made;
mod paces;
mod passing;
mod plan;
mod report;
mod runner;
mod settings;
mod shelf;
mod sizes;
mod slots;
mod solo;
mod stream;
mod sync;
mod tasks;

#[cfg(feature = "checkpoint")]
pub(crate) use aside::Aside;
pub(crate) use aside::aside;
pub(crate) use bounded::{run, run_batches};
pub(crate) use broken::forget;
pub use broken::{Broken, Cause};
pub(crate) use limit::Limit;
pub use limit::{Bound, Free, Leash};
pub(crate) use passing::Passing;
pub(crate) use plan::Helpers;
pub use plan::{Halt, Plan};
pub use settings::{Pacing, Settings};
pub(crate) use shelf::Shelf;

pub use stream::{Admission, Control, Costs, End, Flow, Lots, WhenFull};
pub(crate) use stream::{Cost, Driver, Help, Pace, pump, start};

use crate::data::Task;
use crate::error::{BuildError, BuildErrorKind};
use crate::schedule::Priority;
use crate::stage::Scheduler;
use arbiter::{Arbiter, Head};
use desk::Served;
use paces::Paces;
use slots::Slots;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// Threads and a policy, shared by the pipelines that run on it. Clones are the same engine.
///
/// A pipeline without `.on(&engine)` runs on one that all such pipelines share, with a thread a core. Rayon's global pool is never used.
///
/// # What runs where, and in which order
/// The tasks of a run, one a batch, are ordered by the rank its scheduler gives them. They are then cut into at most 128 *lanes* of tasks
/// that are consecutive by rank, of about equal numbers of records: up to 128 tasks each in a lane of its own, more in 16 lanes a thread (by
/// key in 4 a thread, however many tasks) where that cannot be seen in the result, else in 128. Workers take lanes in their order: the calling thread, and threads of
/// the pool. So on an engine of one thread batches run exactly by rank; with more, each worker's batches do, and where each batch is a lane
/// it is begun no later than all that rank behind it. (A run started inside a rayon job has that job's thread besides.) Results are
/// merged in an order that depends on the batches alone: which thread ran what makes no difference, to the bit.
///
/// A run of up to a million records, in batches of at least 64, none of which a step takes whole, begins on the calling thread alone. Others
/// help once its first batches have shown that what is left takes longer than waking them, about 40 microseconds.
///
/// The calling thread works too, so closures of the pipeline run on it and on threads of the pool. A run that is started inside a
/// rayon job, or inside a closure of another run, works through its tasks where it is, and takes help where threads are free; it never
/// waits for a free one to begin, so nesting cannot deadlock by itself. (A closure can: where it holds a lock across a nested run, which may meanwhile work
/// on another task that wants it; or where it waits for a thread of its own that runs a pipeline on the same engine, which has no
/// thread left.)
///
/// # Several pipelines
/// Between two tasks a worker gives its place to another pipeline whose next task the engine's scheduler ranks before its own; but not in a
/// run of one lane, in one with a `scan` by key or a `stateful` (but those who help it do), or in one inside another. A run alone on its engine takes no lock for that.
/// Where runs compete, a scheduler of the engine's is asked anew each time a worker has done a task: for the rank of the next one, and
/// for that of another run, each in its turn. So ranks may change, with what a run was served ([`Fair`](crate::Fair)) or with time.
///
/// ```
/// use microbatch::prelude::*;
///
/// let engine = Engine::builder().threads(2).scheduler(Sjf::new()).build()?;
/// let sum = Pipeline::over(0..1_000_000u64).integrator(Sum).on(&engine).run();
/// assert_eq!(sum, 499_999_500_000);
/// # Ok::<(), BuildError>(())
/// ```
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

pub(crate) struct Inner {
    pool: Arc<rayon::ThreadPool>,
    /// None where tasks rank by priority and arrival, which is one rank for all tasks of a run.
    arbiter: Option<Arbiter>,
    slots: Slots,
    since: Instant,
    runs: AtomicU32,
    paces: Paces,
}

impl Engine {
    /// Settings of a new engine.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let engine = Engine::builder().threads(2).scheduler(Priority::strict()).build()?;
    /// assert_eq!(engine.threads(), 2);
    /// # Ok::<(), BuildError>(())
    /// ```
    pub fn builder() -> EngineBuilder {
        EngineBuilder { threads: None, policy: None }
    }

    /// An engine on a pool of the caller's.
    ///
    /// ```
    /// use microbatch::prelude::*;
    /// use std::sync::Arc;
    ///
    /// let pool = Arc::new(rayon::ThreadPoolBuilder::new().num_threads(2).build()?);
    /// let engine = Engine::from_pool(pool);
    /// assert_eq!(engine.threads(), 2);
    /// # Ok::<(), rayon::ThreadPoolBuildError>(())
    /// ```
    pub fn from_pool(pool: Arc<rayon::ThreadPool>) -> Self {
        Self::new(pool, None)
    }

    fn new(pool: Arc<rayon::ThreadPool>, policy: Option<Box<dyn Scheduler>>) -> Self {
        let slots = Slots::new(pool.current_num_threads());
        let arbiter = policy.map(Arbiter::new);
        Engine(Arc::new(Inner { pool, arbiter, slots, since: Instant::now(), runs: AtomicU32::new(0), paces: Paces::default() }))
    }

    /// Does work on so many values: where they are many inside the pool, so that it can be split.
    pub(crate) fn split<R: Send>(&self, weight: usize, work: impl FnOnce() -> R + Send) -> R {
        bounded::split(&self.0, weight, work)
    }

    /// The one that pipelines without an engine run on.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Engine> = OnceLock::new();
        SHARED.get_or_init(|| Engine::builder().build().unwrap_or_else(|e| panic!("the shared engine: {e}")))
    }

    /// How many of its tasks can run at once.
    pub fn threads(&self) -> usize {
        self.0.pool.current_num_threads()
    }

    /// How many runs have tasks that no worker has taken yet.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// assert_eq!(Engine::builder().threads(1).build()?.waiting_runs(), 0);
    /// # Ok::<(), BuildError>(())
    /// ```
    pub fn waiting_runs(&self) -> usize {
        self.0.slots.waiting()
    }
}

impl Inner {
    fn next_run(&self) -> u32 {
        self.runs.fetch_add(1, Ordering::Relaxed)
    }

    /// Nanoseconds from the making of the engine.
    fn age(&self, at: Instant) -> u64 {
        u64::try_from(at.duration_since(self.since).as_nanos()).unwrap_or(u64::MAX)
    }

    /// How a task of a run that begins ranks among those of other runs. Asks the user's policy.
    fn head(&self, task: Task) -> Head {
        match &self.arbiter {
            Some(arbiter) => arbiter.head(task, Served::default()),
            None => {
                let rank = Priority::new().rank(&task);
                Head { now: rank, settled: rank, next: rank, task }
            }
        }
    }

    /// The policy that the engine was built with.
    fn policy(&self) -> Option<&dyn Scheduler> {
        self.arbiter.as_ref().map(|arbiter| &*arbiter.policy)
    }

    /// Runs `work` inside the pool, where rayon splits it over the threads.
    fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        self.pool.install(work)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("threads", &self.threads()).finish_non_exhaustive()
    }
}

/// Settings of an [`Engine`].
#[must_use = "a builder makes no engine until `.build()`"]
pub struct EngineBuilder {
    threads: Option<usize>,
    policy: Option<Box<dyn Scheduler>>,
}

impl EngineBuilder {
    /// How many threads. Default: one a core.
    pub fn threads(self, threads: usize) -> Self {
        EngineBuilder { threads: Some(threads), ..self }
    }

    /// Decides between pipelines, by each one's next task, and orders the tasks of those that have no scheduler of their own.
    /// Default: [`Priority::new`](crate::Priority::new), which is first come first served among pipelines of one
    /// `.priority(..)`.
    pub fn scheduler(self, policy: impl Scheduler + 'static) -> Self {
        EngineBuilder { policy: Some(Box::new(policy)), ..self }
    }

    /// Starts the threads.
    ///
    /// # Errors
    /// With 0 threads, and where the operating system refuses a thread.
    pub fn build(self) -> Result<Engine, BuildError> {
        if self.threads == Some(0) {
            return Err(BuildErrorKind::NoThreads.into());
        }
        let builder = rayon::ThreadPoolBuilder::new().num_threads(self.threads.unwrap_or(0)).thread_name(|i| format!("microbatch-{i}"));
        let pool = builder.build().map_err(BuildErrorKind::from)?;
        Ok(Engine::new(Arc::new(pool), self.policy))
    }
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineBuilder").field("threads", &self.threads).finish_non_exhaustive()
    }
}
