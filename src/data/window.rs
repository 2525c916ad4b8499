use super::Timestamp;
use std::fmt;

/// A span of event time, its end excluded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    /// The first time in it.
    pub start: Timestamp,
    /// The first time after it.
    pub end: Timestamp,
}

impl Window {
    /// All of time: the window of records that have none.
    pub const ALL: Self = Window { start: Timestamp::MIN, end: Timestamp::MAX };

    /// From `start` up to `end`, `end` excluded.
    pub const fn new(start: Timestamp, end: Timestamp) -> Self {
        Window { start, end }
    }

    /// Whether a time lies in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }

    /// The same in one comparison, of a window that does not end before it starts.
    #[inline]
    pub(crate) fn spans(&self, at: Timestamp) -> bool {
        let [start, end, at] = [self.start, self.end, at].map(Timestamp::as_micros);
        (at.wrapping_sub(start) as u64) < end.wrapping_sub(start) as u64
    }
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {})", self.start.as_micros(), self.end.as_micros())
    }
}
