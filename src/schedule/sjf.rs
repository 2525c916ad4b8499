use crate::data::{Task, nanos};
use crate::stage::Scheduler;

/// Shortest job first, by estimate, with a bound on how long a large job is put off.
///
/// A job is a batch; with [`by_remaining`](Self::by_remaining) it is what is left of a run.
///
/// The rank is arrival + estimate / alpha: a task is overtaken only by tasks that arrive within (its estimate - the least estimate)
/// / alpha after it. The less alpha, the more the order is that of the estimates; the greater, the more that of arrival.
///
/// ```
/// use microbatch::prelude::*;
///
/// let engine = Engine::builder().threads(1).build()?;
/// let order = std::sync::Mutex::new(Vec::new());
/// Pipeline::over(0..100u32).partitioner(RangePartitioner::at([1, 90], |n: &u32| *n)).scheduler(Sjf::new()).on(&engine)
///     .process(|batch| order.lock().unwrap().push(batch.len())).integrator(Count).run();
/// assert_eq!(order.into_inner().unwrap(), [1, 10, 89]);
/// # Ok::<(), BuildError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Sjf {
    /// `None`: by estimate alone.
    alpha: Option<f64>,
    by_remaining: bool,
}

impl Sjf {
    /// With alpha 1.
    pub fn new() -> Self {
        Sjf { alpha: Some(1.0), by_remaining: false }
    }

    /// By estimate alone. A stream of small jobs puts a large one off for ever.
    pub fn pure() -> Self {
        Sjf { alpha: None, by_remaining: false }
    }

    /// How much an estimate counts against arrival. Default 1.
    ///
    /// # Panics
    /// If `alpha` is not a positive, finite number.
    pub fn alpha(self, alpha: f64) -> Self {
        assert!(alpha > 0.0 && alpha.is_finite(), "alpha is {alpha}: it must be positive and finite, for example 1.0");
        Sjf { alpha: Some(alpha), ..self }
    }

    /// By what is left of a run, and not by its next batch: between the pipelines of an engine, shortest remaining time first, for jobs of
    /// many batches (Schrage 1968). Inside a run all batches are alike then. Default: by the batch.
    ///
    /// ```
    /// use microbatch::prelude::*;
    /// use std::time::Duration;
    ///
    /// let mut large = Task::default();
    /// (large.cost, large.remaining) = (Duration::from_millis(1), Duration::from_millis(500));
    /// let mut small = Task::default();
    /// (small.cost, small.remaining) = (Duration::from_millis(2), Duration::from_millis(2));
    /// assert!(Sjf::pure().rank(&large) < Sjf::pure().rank(&small));
    /// assert!(Sjf::pure().by_remaining().rank(&large) > Sjf::pure().by_remaining().rank(&small));
    /// ```
    pub fn by_remaining(self) -> Self {
        Sjf { by_remaining: true, ..self }
    }
}

impl Default for Sjf {
    fn default() -> Self {
        Self::new()
    }
}

impl Scheduler for Sjf {
    fn rank(&self, task: &Task) -> u64 {
        let cost = nanos(if self.by_remaining { task.remaining } else { task.cost });
        match self.alpha {
            None => cost,
            // From a float to an integer saturates.
            Some(alpha) => task.arrival.saturating_add((cost as f64 / alpha) as u64),
        }
    }
}
