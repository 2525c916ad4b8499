use crate::stage::{Pending, Trigger};

/// As soon as so many records wait, and those alone.
///
/// ```
/// use microbatch::prelude::*;
///
/// let sizes = Pipeline::stream(0..10).trigger(Records::of(4)).process(|batch| batch.len()).run();
/// assert_eq!(sizes, [4, 4, 2]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Records(usize);

impl Records {
    /// Micro-batches of so many records.
    ///
    /// # Panics
    /// If there are none.
    pub fn of(records: usize) -> Self {
        assert!(records > 0, "micro-batches of 0 records never end the stream: give at least 1");
        Records(records)
    }
}

impl Trigger for Records {
    fn fire(&mut self, pending: &Pending) -> bool {
        pending.records >= self.0
    }

    fn most(&self, _: &Pending) -> usize {
        self.0
    }
}
