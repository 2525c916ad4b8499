use crate::data::{InWindow, TimeState, Timestamp, Window};
use std::sync::Arc;

/// Whether one record can be in several windows: what cutting asks of an integrator's state.
pub trait Overlap<S> {
    /// Whether there are copies.
    const COPIES: bool = true;
    /// A copy of a state; none where states need not be `Clone`, as each is needed once.
    fn copy(state: &S) -> Option<S>;
}

/// Each record is in one window at most: states are moved.
#[derive(Clone, Copy, Debug)]
pub struct Disjoint;

/// Windows share slices of time: states are copied.
#[derive(Clone, Copy, Debug)]
pub struct Overlapping;

impl<S> Overlap<S> for Disjoint {
    const COPIES: bool = false;

    fn copy(_: &S) -> Option<S> {
        None
    }
}

impl<S: Clone> Overlap<S> for Overlapping {
    fn copy(state: &S) -> Option<S> {
        Some(state.clone())
    }
}

/// What windows over time ask for: records that have one.
#[diagnostic::on_unimplemented(
    message = "a window over time needs event time, and the records have none yet",
    label = "no event time to cut by",
    note = "name it before the window: `.event_time(|record| record.at)`"
)]
pub trait Timed: TimeState {
    /// The time that windows go by.
    fn moment(self) -> Timestamp;
}

impl Timed for Timestamp {
    fn moment(self) -> Timestamp {
        self
    }
}

/// A pane lies where its window ends: at the last time in it.
impl Timed for InWindow {
    fn moment(self) -> Timestamp {
        Timestamp::from_micros(self.0.end.as_micros().saturating_sub(1))
    }
}

/// Cuts event time into windows. `At` is what the records carry: a [`Timestamp`] after `.event_time(..)`, a window after `.then()`.
///
/// Records are folded once, into the *slice* of time they fall into; a window is made of slices. So the cost of a record does not depend on
/// how many windows it is in (panes, after Li et al., No Pane, No Gain, 2005).
///
/// # Laws
/// * A time has one slice, and all times of a slice have that one, unless slices [join](Self::joins).
/// * A slice lies inside each of its windows, and a window consists of all slices that lie inside it.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
/// use microbatch::{Disjoint, Timed};
///
/// /// From one multiple of a thousand microseconds to the next.
/// struct Millis;
///
/// impl<A: Timed> Windows<A> for Millis {
///     type Overlap = Disjoint;
///     fn slice(&self, at: A) -> Option<Window> {
///         let start = at.moment().as_micros().div_euclid(1000) * 1000;
///         Some(Window::new(Timestamp::from_micros(start), Timestamp::from_micros(start + 1000)))
///     }
/// }
///
/// let times = [10, 20, 1500];
/// let panes = Pipeline::over(&times).event_time(|t| Timestamp::from_micros(**t)).window(Millis).integrator(Count).run();
/// assert_eq!(panes.iter().map(|pane| pane.value).collect::<Vec<_>>(), [2, 1]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot cut windows out of records that carry `{At}`",
    label = "not windows for these records",
    note = "windows over time need `.event_time(|record| record.at)` before them; `SameWindow` needs panes: `.then()` before it"
)]
pub trait Windows<At> {
    /// [`Disjoint`], or [`Overlapping`] where a record can be in several windows: then integrators' states are cloned.
    type Overlap;

    /// The slice of time that a record falls into; none in a gap between windows.
    fn slice(&self, at: At) -> Option<Window>;

    /// Whether a record falls into this slice, where that is easier to tell than its slice; asked first, with the slice of the record before.
    /// Default: no.
    fn holds(&self, _slice: Window, _at: &At) -> bool {
        false
    }

    /// The windows that a slice is part of, in any order. Default: the slice itself.
    fn windows(&self, slice: Window, put: &mut dyn FnMut(Window)) {
        put(slice)
    }

    /// Whether slices of one key that overlap are joined into one window, as those of sessions are. Default: no.
    fn joins(&self) -> bool {
        false
    }

    /// Whether windows are complete at the end of the micro-batch that begins them, however far event time has come. Default: no.
    fn ends_with_batch(&self) -> bool {
        false
    }
}

macro_rules! pointers {
    ($($pointer:ty),*) => { $(
        impl<At, P: Windows<At> + ?Sized> Windows<At> for $pointer {
            type Overlap = P::Overlap;
            #[inline]
            fn slice(&self, at: At) -> Option<Window> {
                (**self).slice(at)
            }
            #[inline]
            fn holds(&self, slice: Window, at: &At) -> bool {
                (**self).holds(slice, at)
            }
            fn windows(&self, slice: Window, put: &mut dyn FnMut(Window)) {
                (**self).windows(slice, put)
            }
            fn joins(&self) -> bool {
                (**self).joins()
            }
            fn ends_with_batch(&self) -> bool {
                (**self).ends_with_batch()
            }
        }
    )* };
}

pointers!(&P, Box<P>, Arc<P>);
