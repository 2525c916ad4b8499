use crate::data::Task;
use crate::stage::Scheduler;

/// First come, first served. The default: nobody overtakes.
///
/// ```
/// use microbatch::prelude::*;
///
/// let firsts = Pipeline::over(0..10u32).partitioner(Chunks::of(4)).scheduler(Fcfs).process(|mut batch| batch.next()).run();
/// assert_eq!(firsts, [Some(0), Some(4), Some(8)]);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Fcfs;

impl Scheduler for Fcfs {
    fn rank(&self, task: &Task) -> u64 {
        task.arrival
    }

    fn uses_estimates(&self) -> bool {
        false
    }
}
