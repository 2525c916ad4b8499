use crate::data::{Task, nanos};
use crate::stage::Scheduler;

/// The task goes first whose place has the least estimated work under way: keeps pipelines from crowding at one place while others are idle.
///
/// Partitions of one number are taken to share a place ([`Task::place`]), whichever pipeline they are of: good where partitions stand for
/// disks, files or shards that serve one reader at a time. It decides between pipelines that compete for the workers of an engine, each by
/// its next task; any worker may take any task, as all of them share the memory. Inside a run tasks keep the order of the data.
///
/// Loads are those of tasks taken while runs compete; they are looked at when a worker has done a task, and of the runs that wait one is looked
/// at again each time: several that begin at once may meet at one place.
///
/// It promises no fairness: a pipeline whose place is always busy waits for as long as others have work elsewhere.
///
/// ```
/// use microbatch::prelude::*;
///
/// let engine = Engine::builder().threads(2).scheduler(LeastLoaded).build()?;
/// assert_eq!(Pipeline::over(0..100u64).integrator(Sum).on(&engine).run(), 4950);
/// # Ok::<(), BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct LeastLoaded;

impl Scheduler for LeastLoaded {
    fn rank(&self, task: &Task) -> u64 {
        nanos(task.outstanding)
    }
}
