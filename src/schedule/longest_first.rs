use crate::data::{Task, nanos};
use crate::stage::Scheduler;

/// The longest first, by estimate: keeps the threads busy to the end where batches are of unequal size.
///
/// With `m` threads the whole takes at most 4/3 - 1/(3m) of the optimum (Graham, Bounds on Multiprocessing Timing Anomalies, 1969),
/// where the estimates are right.
///
/// ```
/// use microbatch::prelude::*;
///
/// let cut = RangePartitioner::at([1, 90], |n: &u32| *n);
/// assert_eq!(Pipeline::over(0..100u32).partitioner(cut).scheduler(LongestFirst).integrator(Count).run(), 100);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct LongestFirst;

impl Scheduler for LongestFirst {
    fn rank(&self, task: &Task) -> u64 {
        u64::MAX - nanos(task.cost)
    }
}
