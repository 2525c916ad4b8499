use crate::data::{RunStats, Task};
use std::sync::Arc;
use std::time::Duration;

/// What a run is going to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunPlan {
    /// The number of the run on its engine, as in [`Task::pipeline`].
    pub pipeline: u32,
    /// The pipeline's `.name(..)`; empty where it has none.
    pub name: &'static str,
    /// How many batches it has.
    pub batches: usize,
    /// How many records they hold, where the partitioner knows.
    pub records: usize,
    /// How many threads the engine has.
    pub threads: usize,
}

/// Hears of what happens in a run. All methods are provided and empty.
///
/// They are called by the thread that does the work, several at once; a slow one slows the run. A panic in one is swallowed: it
/// never harms the run.
///
/// A batch that holds more than an eighth of all records may be run [in pieces](crate::Parts::divisible), by several workers. Each piece is
/// told of as a batch, with the number of the batch it is of, and by its [`offset`](Task::offset) which one it is.
///
/// Of one batch, start and end are told on one thread, the one that runs it. One observer may be shared by several pipelines: all that it is
/// told says by `pipeline` which run is meant. Runs are numbered by their engine, so pipelines on several engines want an observer each.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use std::time::Duration;
///
/// #[derive(Default)]
/// struct Slowest { micros: AtomicU64 }
///
/// impl Observer for Slowest {
///     fn batch_finished(&self, _task: &Task, elapsed: Duration) {
///         self.micros.fetch_max(elapsed.as_micros() as u64, Ordering::Relaxed);
///     }
/// }
///
/// let slowest = Slowest::default();
/// Pipeline::over(0..100_000u64).integrator(Sum).observe(&slowest).run();
/// println!("the slowest batch took {} us", slowest.micros.into_inner());
/// ```
pub trait Observer: Send + Sync {
    /// The data are cut, the first batch is about to start. A pipeline of several stages starts once a stage.
    fn started(&self, _plan: &RunPlan) {}

    /// A worker takes a batch. `task` says which worker, when, and after what wait.
    fn batch_started(&self, _task: &Task) {}

    /// A batch is done. `task.records` is what was read of it, `elapsed` the time from its start.
    fn batch_finished(&self, _task: &Task, _elapsed: Duration) {}

    /// A batch failed for good, panicked, or was stopped half-way.
    fn batch_failed(&self, _task: &Task, _elapsed: Duration) {}

    /// The run is over, well or ill. `stats` is of this stage so far.
    fn finished(&self, _stats: &RunStats) {}
}

macro_rules! pointers {
    ($($pointer:ty),*) => { $(
        impl<P: Observer + ?Sized> Observer for $pointer {
            fn started(&self, plan: &RunPlan) {
                (**self).started(plan)
            }
            fn batch_started(&self, task: &Task) {
                (**self).batch_started(task)
            }
            fn batch_finished(&self, task: &Task, elapsed: Duration) {
                (**self).batch_finished(task, elapsed)
            }
            fn batch_failed(&self, task: &Task, elapsed: Duration) {
                (**self).batch_failed(task, elapsed)
            }
            fn finished(&self, stats: &RunStats) {
                (**self).finished(stats)
            }
        }
    )* };
}

pointers!(&P, Box<P>, Arc<P>);
