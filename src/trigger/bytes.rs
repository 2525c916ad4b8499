use crate::stage::{Pending, Trigger};

/// As soon as so many bytes wait: the records' own, and what their source says that they own elsewhere.
///
/// ```
/// use microbatch::prelude::*;
///
/// assert_eq!(Pipeline::stream(0..10u64).trigger(Bytes::of(32)).integrator(Sum).run(), 45);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(usize);

impl Bytes {
    /// Micro-batches of at least so many bytes.
    ///
    /// # Panics
    /// If there are none.
    pub fn of(bytes: usize) -> Self {
        assert!(bytes > 0, "micro-batches of 0 bytes never end the stream: give at least 1");
        Bytes(bytes)
    }
}

impl Trigger for Bytes {
    fn fire(&mut self, pending: &Pending) -> bool {
        pending.bytes >= self.0
    }
}
