use crate::data::{Task, nanos};
use crate::stage::Scheduler;
use std::time::Instant;

/// Earliest deadline first, by the pipeline's [`.deadline(..)`](crate::Pipeline::deadline); those without one come last.
///
/// If any order keeps all deadlines on one thread, this one does (Liu and Layland, Scheduling Algorithms for Multiprogramming in a
/// Hard-Real-Time Environment, 1973). Under overload it serves what is about to be late first. Work that has expired is not run
/// whatever the policy: its run ends with [`RunError::DeadlineExceeded`](crate::RunError::DeadlineExceeded).
///
/// ```
/// use microbatch::prelude::*;
/// use std::time::Duration;
///
/// let engine = Engine::builder().threads(2).scheduler(Deadline::new()).build()?;
/// let sum = Pipeline::over(0..100u64).integrator(Sum).on(&engine).deadline(Duration::from_secs(60)).try_run();
/// assert_eq!(sum.unwrap(), 4950);
/// # Ok::<(), BuildError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    /// Ranks are nanoseconds from here.
    since: Instant,
}

impl Deadline {
    /// By the deadlines alone.
    pub fn new() -> Self {
        Deadline { since: Instant::now() }
    }
}

impl Default for Deadline {
    fn default() -> Self {
        Self::new()
    }
}

impl Scheduler for Deadline {
    fn rank(&self, task: &Task) -> u64 {
        task.deadline.map_or(u64::MAX, |deadline| nanos(deadline.saturating_duration_since(self.since)))
    }

    fn uses_estimates(&self) -> bool {
        false
    }
}
