use crate::data::Timestamp;

/// Says how far event time has come, from the greatest time seen: no record from before it is expected any more.
///
/// # Laws
/// * It is asked once a micro-batch and source partition, with the greatest time of all records of the partition so far.
/// * An answer that goes back is taken for the one before.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
///
/// /// Times come in order.
/// struct InOrder;
///
/// impl Watermark for InOrder {
///     fn at(&mut self, latest: Timestamp) -> Timestamp { latest }
/// }
///
/// let mut closed = 0;
/// Pipeline::stream(0..100i64).event_time(|n| Timestamp::from_secs(*n)).window(Tumbling::of(std::time::Duration::from_secs(10)))
///     .watermark(InOrder).integrator(Count).for_each(|_| closed += 1).unwrap();
/// assert_eq!(closed, 10);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a watermark",
    label = "not a `Watermark`",
    note = "for example `BoundedDisorder::of(Duration::from_secs(5))`"
)]
pub trait Watermark: Send {
    /// How far event time has come.
    fn at(&mut self, latest: Timestamp) -> Timestamp;

    /// After how long without a record a source partition no longer holds the others back. Default: never.
    fn idle_after(&self) -> Option<std::time::Duration> {
        None
    }
}

impl<W: Watermark + ?Sized> Watermark for Box<W> {
    fn at(&mut self, latest: Timestamp) -> Timestamp {
        (**self).at(latest)
    }
    fn idle_after(&self) -> Option<std::time::Duration> {
        (**self).idle_after()
    }
}
