//! Whether a stage has windows, as a type.

use super::{Disjoint, Overlapping, Windows};
use crate::data::Window;

/// One window: everything.
#[derive(Clone, Copy, Debug)]
pub struct NoWindow;

/// Windows given by `W`.
#[derive(Clone, Copy, Debug)]
pub struct In<W>(pub(crate) W);

/// The windows of `Wi`, results of which can come more than once, so that states are cloned.
#[derive(Clone, Copy, Debug)]
pub struct Again<Wi> {
    pub(crate) windows: Wi,
    /// For how many microseconds a window that is complete still takes records.
    pub(crate) lateness: i64,
    pub(crate) mode: Mode,
}

/// When results of a window, or of a key, leave a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// Once, when the window is complete. The default.
    #[default]
    Append,
    /// Besides, after each micro-batch, those that have changed in it and are not complete.
    ///
    /// Each such pane holds all of its window so far, not what is new. A stage after it that counts or adds up panes counts a result each
    /// time that it leaves: it is to keep those of complete windows alone, `.then().filter(|pane| pane.timing != Timing::Early)`.
    Update,
    /// Besides, after each micro-batch, all that are not complete; for a stage after it, the same holds as for [`Update`](Self::Update).
    Complete,
}

/// Windows or none. Not to be implemented outside the crate.
pub trait Assign<At> {
    /// As that of [`Windows`].
    type Overlap;
    /// Whether results can come more than once.
    const REPEATS: bool = false;
    /// As that of [`Windows`].
    fn slice(&self, at: At) -> Option<Window>;
    /// As that of [`Windows`].
    fn holds(&self, slice: Window, at: &At) -> bool;
    /// As that of [`Windows`].
    fn windows(&self, slice: Window, put: &mut dyn FnMut(Window));
    /// As that of [`Windows`].
    fn joins(&self) -> bool;
    /// As that of [`Windows`].
    fn ends_with_batch(&self) -> bool {
        false
    }
    /// For how many microseconds a window that is complete still takes records.
    fn lateness(&self) -> i64 {
        0
    }
    /// When results leave.
    fn mode(&self) -> Mode {
        Mode::Append
    }
}

impl<At> Assign<At> for NoWindow {
    type Overlap = Disjoint;

    #[inline]
    fn slice(&self, _: At) -> Option<Window> {
        Some(Window::ALL)
    }

    #[inline]
    fn holds(&self, _: Window, _: &At) -> bool {
        true
    }

    fn windows(&self, slice: Window, put: &mut dyn FnMut(Window)) {
        put(slice)
    }

    fn joins(&self) -> bool {
        false
    }
}

impl<At, W: Windows<At>> Assign<At> for In<W> {
    type Overlap = W::Overlap;

    #[inline]
    fn slice(&self, at: At) -> Option<Window> {
        self.0.slice(at)
    }

    #[inline]
    fn holds(&self, slice: Window, at: &At) -> bool {
        self.0.holds(slice, at)
    }

    fn windows(&self, slice: Window, put: &mut dyn FnMut(Window)) {
        self.0.windows(slice, put)
    }

    fn joins(&self) -> bool {
        self.0.joins()
    }

    fn ends_with_batch(&self) -> bool {
        self.0.ends_with_batch()
    }
}

impl<At, Wi: Assign<At>> Assign<At> for Again<Wi> {
    type Overlap = Overlapping;
    const REPEATS: bool = true;

    #[inline]
    fn slice(&self, at: At) -> Option<Window> {
        self.windows.slice(at)
    }

    #[inline]
    fn holds(&self, slice: Window, at: &At) -> bool {
        self.windows.holds(slice, at)
    }

    fn windows(&self, slice: Window, put: &mut dyn FnMut(Window)) {
        self.windows.windows(slice, put)
    }

    fn joins(&self) -> bool {
        self.windows.joins()
    }

    fn ends_with_batch(&self) -> bool {
        self.windows.ends_with_batch()
    }

    fn lateness(&self) -> i64 {
        self.lateness
    }

    fn mode(&self) -> Mode {
        self.mode
    }
}

/// What can be made to give results more than once. Not to be implemented outside the crate.
pub trait Repeats {
    /// The same, so that it does.
    type Again;
    #[doc(hidden)]
    fn again(self, set: impl FnOnce(&mut i64, &mut Mode)) -> Self::Again;
}

macro_rules! repeats {
    ($([$($w:ident),*] $type:ty),*) => { $(
        impl<$($w),*> Repeats for $type {
            type Again = Again<Self>;
            fn again(self, set: impl FnOnce(&mut i64, &mut Mode)) -> Again<Self> {
                let mut again = Again { windows: self, lateness: 0, mode: Mode::Append };
                set(&mut again.lateness, &mut again.mode);
                again
            }
        }
    )* };
}

repeats!([] NoWindow, [W] In<W>, [Wi, F] super::Aside<Wi, F>);

impl<Wi> Repeats for Again<Wi> {
    type Again = Self;
    fn again(mut self, set: impl FnOnce(&mut i64, &mut Mode)) -> Self {
        set(&mut self.lateness, &mut self.mode);
        self
    }
}
