use crate::data::{InWindow, Window};
use crate::stage::{Disjoint, Windows};

/// The window of the pane that the record was in the stage before: see the verb [`same_window`](crate::Pipeline::same_window).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SameWindow;

impl Windows<InWindow> for SameWindow {
    type Overlap = Disjoint;

    #[inline]
    fn slice(&self, at: InWindow) -> Option<Window> {
        Some(at.0)
    }

    #[inline]
    fn holds(&self, slice: Window, at: &InWindow) -> bool {
        at.0 == slice
    }
}
