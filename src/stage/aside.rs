use super::{Again, Assign, In, Mode, NoWindow};
use crate::data::Window;
use std::fmt;

/// The windows of `Wi`, with a closure that takes the records which come too late for all of them.
#[derive(Clone, Copy)]
pub struct Aside<Wi, F> {
    pub(crate) windows: Wi,
    pub(crate) take: F,
}

impl<Wi: fmt::Debug, F> fmt::Debug for Aside<Wi, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Aside").field(&self.windows).finish()
    }
}

/// Ends the stream at records that come too late for all of their windows.
#[derive(Clone, Copy, Debug)]
pub struct Refuse;

/// What becomes of records that come too late for all of their windows. Not to be implemented outside the crate.
pub trait TooLate<T> {
    /// Whether they end the stream.
    const REFUSES: bool = false;
    #[doc(hidden)]
    fn set_aside(&self, value: T);
}

/// They are counted, as all of them are.
impl<T> TooLate<T> for NoWindow {
    fn set_aside(&self, _: T) {}
}

impl<T, W> TooLate<T> for In<W> {
    fn set_aside(&self, _: T) {}
}

impl<T, Wi: TooLate<T>> TooLate<T> for Again<Wi> {
    const REFUSES: bool = Wi::REFUSES;

    fn set_aside(&self, value: T) {
        self.windows.set_aside(value);
    }
}

impl<T, Wi, F: Fn(T)> TooLate<T> for Aside<Wi, F> {
    fn set_aside(&self, value: T) {
        (self.take)(value);
    }
}

impl<T, Wi> TooLate<T> for Aside<Wi, Refuse> {
    const REFUSES: bool = true;

    fn set_aside(&self, _: T) {}
}

impl<At, Wi: Assign<At>, F> Assign<At> for Aside<Wi, F> {
    type Overlap = Wi::Overlap;
    const REPEATS: bool = Wi::REPEATS;

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
        self.windows.lateness()
    }

    fn mode(&self) -> Mode {
        self.windows.mode()
    }
}
