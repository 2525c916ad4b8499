use super::span::{micros, span};
use crate::data::Window;
use crate::stage::{Disjoint, Timed, Windows};
use std::time::Duration;

/// Windows of activity: records of a key closer than a gap belong together. A distance of exactly the gap separates.
///
/// A window reaches from its first record to a gap after its last. A record between two windows can join them. Where the integrator minds
/// the order of its values, or regrouping them, they come by event time, those of one time in the order of the source.
///
/// ```
/// use microbatch::prelude::*;
/// use std::time::Duration;
///
/// let clicks = [1, 3, 20, 24, 29];
/// let visits = Pipeline::over(&clicks)
///     .event_time(|t| Timestamp::from_secs(**t))
///     .window(Session::gap(Duration::from_secs(5)))
///     .integrator(Count)
///     .run();
/// assert_eq!(visits.iter().map(|visit| visit.value).collect::<Vec<_>>(), [2, 2, 1]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    gap: i64,
}

impl Session {
    /// Windows that end after this long without a record.
    ///
    /// # Panics
    /// If it is less than a microsecond.
    pub fn gap(gap: Duration) -> Self {
        Session { gap: micros(gap, "the gap between sessions") }
    }
}

impl<A: Timed> Windows<A> for Session {
    type Overlap = Disjoint;

    #[inline]
    fn slice(&self, at: A) -> Option<Window> {
        Some(span(at.moment().as_micros().into(), self.gap))
    }

    fn joins(&self) -> bool {
        true
    }
}
