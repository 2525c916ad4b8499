use crate::data::{Task, nanos};
use crate::stage::Scheduler;

/// Shortest job first, by estimate, with a bound on how long a large job is put off.
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
}

impl Sjf {
    /// With alpha 1.
    pub fn new() -> Self {
        Sjf { alpha: Some(1.0) }
    }

    /// By estimate alone. A stream of small jobs puts a large one off for ever.
    pub fn pure() -> Self {
        Sjf { alpha: None }
    }

    /// How much an estimate counts against arrival. Default 1.
    ///
    /// # Panics
    /// If `alpha` is not a positive, finite number.
    pub fn alpha(self, alpha: f64) -> Self {
        assert!(alpha > 0.0 && alpha.is_finite(), "alpha is {alpha}: it must be positive and finite, for example 1.0");
        Sjf { alpha: Some(alpha) }
    }
}

impl Default for Sjf {
    fn default() -> Self {
        Self::new()
    }
}

impl Scheduler for Sjf {
    fn rank(&self, task: &Task) -> u64 {
        match self.alpha {
            None => nanos(task.cost),
            // From a float to an integer saturates.
            Some(alpha) => task.arrival.saturating_add((nanos(task.cost) as f64 / alpha) as u64),
        }
    }
}
