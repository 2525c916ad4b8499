use crate::data::{Task, nanos};
use crate::stage::Scheduler;
use std::fmt;

/// Shares the workers of an engine among its pipelines, by weight: start-time fair queueing.
///
/// The rank is the virtual time at which a task would start: the engine's virtual time when the run began, plus what it was served
/// since, divided by its weight. While two runs have work waiting, what each was served by its weight differs by no more than one
/// task of each; a run gets no credit for the time before it came, nor pays for what nobody else wanted (Goyal, Vin and Cheng, Start-time Fair
/// Queueing, 1996). A run is served at the estimate of a task when a worker takes it, and by the clock when the worker is done: a wrong
/// estimate is put right one task later. The virtual time moves by the clock alone, so a run that comes late does not pay for estimates; on
/// several workers it may get what was under way when it came, a task of each.
///
/// The share is of a run, not of a user: who starts two runs has two shares. Inside a run tasks keep the order of the data.
///
/// ```
/// use microbatch::prelude::*;
///
/// let engine = Engine::builder().threads(2).scheduler(Fair::new()).build()?;
/// // Three times the share of a pipeline of priority 0.
/// let sum = Pipeline::over(0..100u64).integrator(Sum).on(&engine).priority(2).run();
/// assert_eq!(sum, 4950);
/// # Ok::<(), BuildError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Fair<F = fn(&Task) -> u32> {
    weight: F,
}

fn by_priority(task: &Task) -> u32 {
    u32::from(task.priority) + 1
}

impl Fair {
    /// A pipeline's weight is its `.priority(..)` plus one: equal shares where none is set.
    pub fn new() -> Self {
        Fair { weight: by_priority }
    }
}

impl Default for Fair {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: Fn(&Task) -> u32> Fair<F> {
    /// A weight of one's own, for example by [`Task::pipeline`]; it should be the same for all tasks of a run. A weight of 0 counts as 1.
    ///
    /// ```
    /// use microbatch::prelude::*;
    /// use std::time::Duration;
    ///
    /// let fair = Fair::by(|task| if task.priority == 9 { 10 } else { 1 });
    /// let mut task = Task::default();
    /// task.served = Duration::from_nanos(500);
    /// assert_eq!(fair.rank(&task), 500);
    /// task.priority = 9;
    /// assert_eq!(fair.rank(&task), 50);
    /// ```
    pub fn by(weight: F) -> Self {
        Fair { weight }
    }
}

impl<F> fmt::Debug for Fair<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fair").finish_non_exhaustive()
    }
}

impl<F: Fn(&Task) -> u32 + Send + Sync> Scheduler for Fair<F> {
    fn rank(&self, task: &Task) -> u64 {
        task.virtual_start.saturating_add(nanos(task.served) / u64::from((self.weight)(task).max(1)))
    }
}
