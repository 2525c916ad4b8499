use crate::stage::{Pending, Trigger};
use std::time::Duration;

/// As large micro-batches as a target for the latency allows: better for throughput than [`Available`](crate::Available), where latency is to
/// spare.
///
/// A micro-batch of n records takes a + b n, as fitted while the stream runs; a record waits for at most the time its batch gathers and the
/// time it takes. So the batch begins when the oldest record has waited for the target less what the batch is expected to take.
///
/// ```
/// use microbatch::prelude::*;
/// use std::time::Duration;
///
/// let total = Pipeline::stream(0..10u64).trigger(Adaptive::target(Duration::from_millis(5))).integrator(Sum).run();
/// assert_eq!(total, 45);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adaptive {
    target: Duration,
}

impl Adaptive {
    /// With this latency as a target, from a record's coming to the results of its micro-batch.
    ///
    /// # Panics
    /// If it is zero.
    pub fn target(target: Duration) -> Self {
        assert!(!target.is_zero(), "a latency of zero cannot be had: give at least a nanosecond, or use `Available`");
        Adaptive { target }
    }

    /// How long the oldest record may wait.
    fn patience(&self, pending: &Pending) -> Duration {
        let cost = pending.fixed_cost.as_nanos() as f64 + pending.record_cost * pending.records as f64;
        // From a float to an integer saturates.
        self.target.saturating_sub(Duration::from_nanos(cost as u64))
    }
}

impl Trigger for Adaptive {
    fn fire(&mut self, pending: &Pending) -> bool {
        pending.records > 0 && pending.oldest >= self.patience(pending)
    }

    fn wait(&self, pending: &Pending) -> Option<Duration> {
        Some(self.patience(pending).saturating_sub(pending.oldest))
    }
}
