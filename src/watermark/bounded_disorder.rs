use crate::data::Timestamp;
use crate::stage::Watermark;
use std::time::Duration;

/// Records come at most so much later than others of their source partition with greater event times. The default, with a delay of zero.
///
/// ```
/// use microbatch::prelude::*;
/// use std::time::Duration;
///
/// // 3 comes after 5, which is no more than 5 seconds.
/// let report = Pipeline::stream([1, 5, 3, 20].into_iter())
///     .event_time(|t| Timestamp::from_secs(*t))
///     .watermark(BoundedDisorder::of(Duration::from_secs(5)))
///     .window(Tumbling::of(Duration::from_secs(5)))
///     .trigger(Records::of(1))
///     .integrator(Count)
///     .for_each(|pane| println!("{pane:?}"))?;
/// assert_eq!((report.records_out, report.late), (3, 0));
/// # Ok::<(), RunError<std::convert::Infallible>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BoundedDisorder {
    delay: Duration,
    idle_after: Option<Duration>,
}

impl BoundedDisorder {
    /// At most so much later.
    pub fn of(delay: Duration) -> Self {
        BoundedDisorder { delay, idle_after: None }
    }

    /// A source partition that has given no record for so long no longer holds the others back. Default: it always does.
    pub fn idle_after(self, idle_after: Duration) -> Self {
        BoundedDisorder { idle_after: Some(idle_after), ..self }
    }
}

impl Watermark for BoundedDisorder {
    fn at(&mut self, latest: Timestamp) -> Timestamp {
        let delay = u64::try_from(self.delay.as_micros()).unwrap_or(u64::MAX);
        Timestamp::from_micros(latest.as_micros().saturating_sub_unsigned(delay))
    }

    fn idle_after(&self) -> Option<Duration> {
        self.idle_after
    }
}
