use crate::data::{Timestamp, Window};
use std::hash::{Hash, Hasher};

/// A key in a slice of event time: what windowed records are folded by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot<Ky> {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    /// Tells apart records that may have to be left out one by one, in the order of the data; 0 for all others.
    pub(crate) nth: u64,
    pub(crate) key: Ky,
}

impl<Ky> Slot<Ky> {
    pub(crate) fn window(&self) -> Window {
        Window::new(self.start, self.end)
    }
}

/// By start and key: where ends differ at one start, sessions of different gaps for one, equality sees to it.
impl<Ky: Hash> Hash for Slot<Ky> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_i64(self.start.as_micros());
        if self.nth > 0 {
            state.write_u64(self.nth);
        }
        self.key.hash(state);
    }
}
