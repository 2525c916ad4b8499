use crate::engine::{Control, Costs, End, Flow, Limit, Lots, Pace, pump};
use crate::stage::Source;
use std::ops::ControlFlow;

/// What gives the data of a run: all at once, or in micro-batches. Not to be implemented outside the crate.
pub trait Spring {
    /// What is drawn at once.
    type Drawn;
    /// Whether that is all.
    const WHOLE: bool;

    /// All that is drawn, of what gives it at once.
    #[doc(hidden)]
    fn whole(self) -> Self::Drawn;

    /// Calls `each` with what is drawn, until it is all or something ends it.
    #[doc(hidden)]
    fn flow(self, current: Current<'_, '_>, each: impl FnMut(Self::Drawn, Flow) -> ControlFlow<(), Costs>) -> End;
}

/// What a spring is to know.
pub struct Current<'c, 'p> {
    pub(super) pace: Pace<'p>,
    pub(super) control: &'c Control,
    pub(super) limit: &'c Limit,
}

impl std::fmt::Debug for Current<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Current").finish_non_exhaustive()
    }
}

/// Bounded data.
#[derive(Debug)]
pub struct Once<D>(pub(super) Option<D>);

/// A source.
#[derive(Debug)]
pub struct Pumped<S>(pub(super) Option<S>);

impl<D> Spring for Once<D> {
    type Drawn = Option<D>;
    const WHOLE: bool = true;

    fn whole(self) -> Option<D> {
        self.0
    }

    fn flow(self, _: Current<'_, '_>, mut each: impl FnMut(Option<D>, Flow) -> ControlFlow<(), Costs>) -> End {
        match each(self.0, Flow { is_last: true, ..Flow::default() }) {
            ControlFlow::Continue(_) => End::Done,
            ControlFlow::Break(()) => End::Broken,
        }
    }
}

impl<S: Source> Spring for Pumped<S> {
    type Drawn = Lots<S::Item>;
    const WHOLE: bool = false;

    /// Nothing, before it is pumped.
    fn whole(self) -> Lots<S::Item> {
        Vec::new()
    }

    fn flow(self, current: Current<'_, '_>, each: impl FnMut(Lots<S::Item>, Flow) -> ControlFlow<(), Costs>) -> End {
        match self.0 {
            Some(source) => pump(source, current.pace, current.control, current.limit, each),
            None => End::Done,
        }
    }
}
