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

/// The number of a record that is in the same slice as the one folded before it.
const AGAIN: u64 = u64::MAX;

impl<Ky> Slot<Ky> {
    /// Of a record that comes, in its batch, right after another one of that slice.
    #[inline]
    pub(crate) fn again(slice: Window, key: Ky) -> Self {
        Slot { start: slice.start, end: slice.end, nth: AGAIN, key }
    }

    #[inline]
    pub(crate) fn is_again(&self) -> bool {
        self.nth == AGAIN
    }

    /// The same wherever the record comes.
    pub(crate) fn anywhere(self) -> Self {
        Slot { nth: if self.is_again() { 0 } else { self.nth }, ..self }
    }

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
