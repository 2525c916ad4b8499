use super::Pipeline;
use crate::engine::Admission;
use crate::stage::{Trigger, Watermark};

/// Settings of streams, anywhere in the chain. Bounded data are one micro-batch whose watermark is the end of time: there they change nothing, so
/// that a chain can be tried on bounded data as it stands.
impl<'a, M, T, C, X, Ky, At, Wi, I> Pipeline<'a, M, T, C, X, Ky, At, Wi, I> {
    /// When what waits becomes a micro-batch. Default: [`Available`](crate::Available).
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let sizes = Pipeline::stream(0..5).trigger(Records::of(2)).process(|batch| batch.len()).run();
    /// assert_eq!(sizes, [2, 2, 1]);
    /// ```
    pub fn trigger(mut self, trigger: impl Trigger + 'a) -> Self {
        self.pacing.trigger = Some(Box::new(trigger));
        self
    }

    /// How far event time has come, from the times seen. Default: [`BoundedDisorder`](crate::BoundedDisorder) of zero.
    pub fn watermark(mut self, watermark: impl Watermark + 'a) -> Self {
        self.pacing.watermark = Some(Box::new(watermark));
        self
    }

    /// Leaves windows that are not complete as they are when the source ends, and timers that are not due: nothing of them leaves. For a durable stream
    /// that goes on later. Default: the end of the source is the end of time, which completes every window.
    ///
    /// ```
    /// use microbatch::prelude::*;
    /// use std::time::Duration;
    ///
    /// let mut seen = Vec::new();
    /// Pipeline::stream([1, 5, 12].into_iter())
    ///     .event_time(|t| Timestamp::from_secs(*t))
    ///     .window(Tumbling::of(Duration::from_secs(10)))
    ///     .keep_windows_open()
    ///     .integrator(Count)
    ///     .for_each(|pane| seen.push(pane.value))?;
    /// assert_eq!(seen, [2]);
    /// # Ok::<(), RunError<std::convert::Infallible>>(())
    /// ```
    pub fn keep_windows_open(mut self) -> Self {
        self.pacing.keeps_open = true;
        self
    }

    /// How much may wait at once. Default: 64 MiB, and two micro-batches.
    pub fn admission(mut self, admission: Admission) -> Self {
        self.pacing.admission = admission;
        self
    }
}
