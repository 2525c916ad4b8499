use crate::data::Task;
use crate::stage::Scheduler;
use std::fmt;

/// How much later a class may arrive and still go before the next lower one: a millisecond, in nanoseconds.
const STEP: u64 = 1_000_000;

/// The greater value runs first.
///
/// ```
/// use microbatch::prelude::*;
///
/// let engine = Engine::builder().threads(1).build()?;
/// let order = std::sync::Mutex::new(Vec::new());
/// Pipeline::over(0..4u32).partitioner(Chunks::of(1)).scheduler(Priority::by(|task| u64::from(task.seq))).on(&engine)
///     .map(|n| order.lock().unwrap().push(n)).integrator(Count).run();
/// assert_eq!(order.into_inner().unwrap(), [3, 2, 1, 0]);
/// # Ok::<(), BuildError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Priority<F = fn(&Task) -> u64> {
    by: F,
    /// Nanoseconds of arrival a class is worth; `None`: whatever the arrival.
    step: Option<u64>,
    /// Whether `by` is the user's, who may look at estimates.
    by_value: bool,
}

fn by_class(task: &Task) -> u64 {
    u64::from(task.priority)
}

impl Priority {
    /// By the `.priority(..)` of the pipeline, each class worth a millisecond of arrival: a lower class is overtaken only by what
    /// arrives within that, so nothing starves.
    pub fn new() -> Self {
        Priority { by: by_class, step: Some(STEP), by_value: false }
    }

    /// By the `.priority(..)` of the pipeline alone: a stream of urgent work starves the rest.
    pub fn strict() -> Self {
        Priority { by: by_class, step: None, by_value: false }
    }
}

impl Default for Priority {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: Fn(&Task) -> u64> Priority<F> {
    /// By a value of one's own, alone: the task with the greatest runs first.
    pub fn by(by: F) -> Self {
        Priority { by, step: None, by_value: true }
    }
}

impl<F> fmt::Debug for Priority<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Priority").field("step", &self.step).finish_non_exhaustive()
    }
}

impl<F: Fn(&Task) -> u64 + Send + Sync> Scheduler for Priority<F> {
    fn rank(&self, task: &Task) -> u64 {
        let value = (self.by)(task);
        match self.step {
            None => u64::MAX - value,
            Some(step) => task.arrival.saturating_add((u64::from(u8::MAX) - value.min(255)) * step),
        }
    }

    fn uses_estimates(&self) -> bool {
        self.by_value
    }
}
