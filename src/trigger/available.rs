use crate::stage::{Pending, Trigger};

/// Whatever has come when the last micro-batch is done. The default.
///
/// It settles by itself: where a micro-batch of n records takes a + b n, at a rate r of records its time tends to a / (1 - b r).
///
/// ```
/// use microbatch::prelude::*;
///
/// assert_eq!(Pipeline::stream(0..10u64).trigger(Available).integrator(Sum).run(), 45);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Available;

impl Trigger for Available {
    fn fire(&mut self, pending: &Pending) -> bool {
        pending.records > 0
    }
}
