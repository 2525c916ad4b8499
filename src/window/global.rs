use crate::data::Window;
use crate::stage::{Disjoint, Windows};

/// One window over everything, which is complete at the end of the source. Needs no event time.
///
/// ```
/// use microbatch::prelude::*;
///
/// let panes = Pipeline::over(&[1, 2]).window(Global).integrator(Count).run();
/// assert_eq!((panes[0].window, panes[0].value), (Window::ALL, 2));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Global;

impl<A> Windows<A> for Global {
    type Overlap = Disjoint;

    #[inline]
    fn slice(&self, _: A) -> Option<Window> {
        Some(Window::ALL)
    }

    #[inline]
    fn holds(&self, _: Window, _: &A) -> bool {
        true
    }
}
