use crate::data::Window;
use crate::stage::{Disjoint, Windows};

/// A window a micro-batch: what a stream has taken in at once is integrated by itself. Needs no event time; bounded data are one window.
///
/// Which records meet depends on the [trigger](crate::Pipeline::trigger) and on when they come, so the same records may give other results in
/// another run. Panes are of [`Window::ALL`]; a further stage that is to take those of one micro-batch together has such windows, too.
///
/// ```
/// use microbatch::prelude::*;
/// use microbatch::PerBatch;
///
/// let sums = Pipeline::stream(1..=5u64).trigger(Records::of(2)).window(PerBatch).integrator(Sum);
/// let mut seen = Vec::new();
/// sums.for_each(|pane| seen.push(pane.value))?;
/// assert_eq!(seen, [3, 7, 5]);
/// # Ok::<(), RunError<std::convert::Infallible>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerBatch;

impl<A> Windows<A> for PerBatch {
    type Overlap = Disjoint;

    #[inline]
    fn slice(&self, _: A) -> Option<Window> {
        Some(Window::ALL)
    }

    #[inline]
    fn holds(&self, _: Window, _: &A) -> bool {
        true
    }

    fn ends_with_batch(&self) -> bool {
        true
    }
}
