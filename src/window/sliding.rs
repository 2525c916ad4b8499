use super::span::{floor, micros, span};
use crate::data::{Timestamp, Window};
use crate::stage::{Overlapping, Timed, Windows};
use std::time::Duration;

/// Windows of one length that start at regular times: a record is in all that hold its time.
///
/// A slide greater than the length leaves gaps, whose records are in no window. Time is cut into slices (panes, after Li et al., No Pane, No
/// Gain, 2005), and a record is folded once, into its slice, however many windows it is in. States are cloned, so they must be `Clone`.
///
/// A window goes on from the one before, however many slices they have, where the integrator is [exact](crate::Integrator::exact) and what is too old
/// can be [taken out](crate::Integrator::without), as of counts and of sums of integers, or else its states own no memory, as those of
/// [`Max`](crate::Max) over numbers: then it costs its panes, and what is new in it. Other states are merged anew for each window.
///
/// ```
/// use microbatch::prelude::*;
/// use std::time::Duration;
///
/// let times = [0, 30, 60];
/// let panes = Pipeline::over(&times)
///     .event_time(|t| Timestamp::from_secs(**t))
///     .window(Sliding::of(Duration::from_secs(60), Duration::from_secs(30)))
///     .integrator(Count)
///     .run();
/// assert_eq!(panes.iter().map(|pane| pane.value).collect::<Vec<_>>(), [1, 2, 2, 1]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sliding {
    size: i64,
    slide: i64,
    /// The length of a slice.
    pane: i64,
    origin: i64,
}

impl Sliding {
    /// Windows of this length, one each `slide`.
    ///
    /// # Panics
    /// If one of them is less than a microsecond.
    pub fn of(size: Duration, slide: Duration) -> Self {
        let (size, slide) = (micros(size, "the length of a window"), micros(slide, "the slide of a window"));
        Sliding { size, slide, pane: gcd(size, slide), origin: 0 }
    }

    /// A time at which a window starts. Default: the epoch.
    pub fn origin(self, origin: Timestamp) -> Self {
        Sliding { origin: origin.as_micros(), ..self }
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl<A: Timed> Windows<A> for Sliding {
    type Overlap = Overlapping;

    #[inline]
    fn slice(&self, at: A) -> Option<Window> {
        let at = at.moment().as_micros();
        // With the slide greater than the length, the last start before may be too long ago.
        if self.slide > self.size && i128::from(at) - floor(at, self.origin, self.slide) >= i128::from(self.size) {
            return None;
        }
        Some(span(floor(at, self.origin, self.pane), self.pane))
    }

    #[inline]
    fn holds(&self, slice: Window, at: &A) -> bool {
        slice.spans((*at).moment())
    }

    fn windows(&self, slice: Window, put: &mut dyn FnMut(Window)) {
        let first = slice.start.as_micros();
        let mut start = floor(first, self.origin, self.slide);
        while i128::from(first) - start < i128::from(self.size) {
            put(span(start, self.size));
            start -= i128::from(self.slide);
        }
    }
}
