use super::span::{floor, micros, span};
use crate::data::{Timestamp, Window};
use crate::stage::{Disjoint, Timed, Windows};
use std::time::Duration;

/// Windows of one length, one after another: each record is in one.
///
/// A window starts at a multiple of its length, counted from the epoch unless an [`origin`](Self::origin) is given; before it, too.
///
/// ```
/// use microbatch::prelude::*;
/// use std::time::Duration;
///
/// let times = [-1, 0, 59, 60];
/// let panes = Pipeline::over(&times)
///     .event_time(|t| Timestamp::from_secs(**t))
///     .window(Tumbling::of(Duration::from_secs(60)))
///     .integrator(Count)
///     .run();
/// assert_eq!(panes.iter().map(|pane| (pane.window.start.as_micros() / 1_000_000, pane.value)).collect::<Vec<_>>(), [(-60, 1), (0, 2), (60, 1)]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tumbling {
    size: i64,
    origin: i64,
}

impl Tumbling {
    /// Windows of this length.
    ///
    /// # Panics
    /// If it is less than a microsecond.
    pub fn of(size: Duration) -> Self {
        Tumbling { size: micros(size, "the length of a window"), origin: 0 }
    }

    /// A time at which a window starts. Default: the epoch.
    pub fn origin(self, origin: Timestamp) -> Self {
        Tumbling { origin: origin.as_micros(), ..self }
    }
}

impl<A: Timed> Windows<A> for Tumbling {
    type Overlap = Disjoint;

    #[inline]
    fn slice(&self, at: A) -> Option<Window> {
        Some(span(floor(at.moment().as_micros(), self.origin, self.size), self.size))
    }

    #[inline]
    fn holds(&self, slice: Window, at: &A) -> bool {
        slice.spans((*at).moment())
    }
}
