use crate::data::Task;
use std::sync::Arc;

/// Decides which batch runs next: pure policy, the engine owns queues and threads.
///
/// # Laws
/// * The rank is a function of the task and of settings that do not change. Inside a run it is asked for once a task, before the first
///   begins; between the runs of an engine, by the engine's scheduler, each time a worker has a choice.
/// * Every rank is legal; equal ranks run by arrival, then in the order of the data.
///
/// A rank that is another at each call is borne: the one that was asked for last counts. A panic in `rank` ends the run that it is asked for
/// as a panic of its own.
///
/// On an engine of one thread batches run exactly by rank. With more, each worker takes *lanes* of tasks that are consecutive by
/// rank: see [`Engine`](crate::Engine).
///
/// # Example
/// ```
/// use microbatch::prelude::*;
///
/// struct OddFirst;
///
/// impl Scheduler for OddFirst {
///     fn rank(&self, task: &Task) -> u64 {
///         u64::from(task.seq % 2 == 0)
///     }
/// }
///
/// let engine = Engine::builder().threads(1).build()?;
/// let order = std::sync::Mutex::new(Vec::new());
/// Pipeline::over(0..4u32).partitioner(Chunks::of(1)).scheduler(OddFirst).on(&engine)
///     .map(|n| order.lock().unwrap().push(n)).integrator(Count).run();
/// assert_eq!(order.into_inner().unwrap(), [1, 3, 0, 2]);
/// # Ok::<(), BuildError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a scheduler",
    label = "not a `Scheduler`",
    note = "a closure goes into a part: `.scheduler(Priority::by(|task| ..))`; or implement `Scheduler` for a type of your own"
)]
pub trait Scheduler: Send + Sync {
    /// The waiting task with the least rank runs first; ties by arrival.
    fn rank(&self, task: &Task) -> u64;

    /// Whether ranks depend on estimates. If so, runs that are ranked take the time of each batch, so that the estimates of later ones get
    /// better. Default: they may.
    fn uses_estimates(&self) -> bool {
        true
    }
}

macro_rules! pointers {
    ($($pointer:ty),*) => { $(
        impl<P: Scheduler + ?Sized> Scheduler for $pointer {
            fn rank(&self, task: &Task) -> u64 {
                (**self).rank(task)
            }
            fn uses_estimates(&self) -> bool {
                (**self).uses_estimates()
            }
        }
    )* };
}

pointers!(&P, Box<P>, Arc<P>);
