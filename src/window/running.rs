use crate::stage::{Arrival, Integrator, Overlap};

/// What a window's slices have made of one key: slices come at one end and go at the other.
pub(super) trait Running<S> {
    /// Of no slice.
    fn empty<T, I: Integrator<T, State = S>>(integrator: &I) -> Self;

    /// Whether no slice is left.
    fn is_empty(&self) -> bool;

    /// Takes in what the next slice has; false where it cannot be copied.
    fn add<T, I: Integrator<T, State = S>, O: Overlap<S>>(&mut self, next: &S, integrator: &I) -> bool;

    /// Takes out what the first slice has; false where that cannot be told, and it is to be made anew.
    fn expire<T, I: Integrator<T, State = S>, O: Overlap<S>>(&mut self, first: &S, integrator: &I) -> bool;

    /// Takes in more of a slice in the middle, of which there was nothing yet or something; false where that cannot be done, and it is to be made
    /// anew. Default: it cannot.
    fn mend<T, I: Integrator<T, State = S>, O: Overlap<S>>(&mut self, _more: &S, _is_known: bool, _integrator: &I) -> bool {
        false
    }

    /// A copy of all.
    fn all<T, I: Integrator<T, State = S>, O: Overlap<S>>(&self, integrator: &I) -> Option<S>;
}

/// One state of all slices, out of which that of the first can be taken again.
#[derive(Debug)]
pub(super) struct Invertible<S> {
    state: S,
    slices: u32,
}

impl<S> Running<S> for Invertible<S> {
    fn empty<T, I: Integrator<T, State = S>>(integrator: &I) -> Self {
        Invertible { state: integrator.init(), slices: 0 }
    }

    #[inline]
    fn is_empty(&self) -> bool {
        self.slices == 0
    }

    #[inline]
    fn add<T, I: Integrator<T, State = S>, O: Overlap<S>>(&mut self, next: &S, integrator: &I) -> bool {
        let Some(next) = O::copy(next) else { return false };
        match self.slices {
            0 => self.state = next,
            _ => integrator.merge(&mut self.state, next),
        }
        self.slices += 1;
        true
    }

    #[inline]
    fn expire<T, I: Integrator<T, State = S>, O: Overlap<S>>(&mut self, first: &S, integrator: &I) -> bool {
        self.slices -= 1;
        let all = std::mem::replace(&mut self.state, integrator.init());
        let rest = if self.slices == 0 { None } else { integrator.without(all, first) };
        let is_told = rest.is_some() || self.slices == 0;
        rest.into_iter().for_each(|rest| self.state = rest);
        is_told
    }

    fn mend<T, I: Integrator<T, State = S>, O: Overlap<S>>(&mut self, more: &S, is_known: bool, integrator: &I) -> bool {
        let can_be = integrator.arrival() == Arrival::Any && (self.slices > 0 || !is_known);
        if !can_be || !self.add::<T, I, O>(more, integrator) {
            return false;
        }
        self.slices -= u32::from(is_known);
        true
    }

    #[inline]
    fn all<T, I: Integrator<T, State = S>, O: Overlap<S>>(&self, _: &I) -> Option<S> {
        O::copy(&self.state)
    }
}

/// Two stacks (after Tangwongsan et al., General Incremental Sliding-Window Aggregation, 2015): slices go off the one and come onto the other, which
/// is turned over when there is none left to go off.
#[derive(Debug)]
pub(super) struct TwoStacks<S> {
    /// Of the first slices, the first on top: each merged with those below it, which come after it.
    front: Vec<S>,
    /// Of the others, each by itself.
    back: Vec<S>,
    /// All of the others.
    rest: Option<S>,
}

impl<S> Running<S> for TwoStacks<S> {
    fn empty<T, I: Integrator<T, State = S>>(_: &I) -> Self {
        TwoStacks { front: Vec::new(), back: Vec::new(), rest: None }
    }

    #[inline]
    fn is_empty(&self) -> bool {
        self.front.is_empty() && self.back.is_empty()
    }

    fn add<T, I: Integrator<T, State = S>, O: Overlap<S>>(&mut self, next: &S, integrator: &I) -> bool {
        let Some((next, same)) = O::copy(next).zip(O::copy(next)) else { return false };
        self.back.push(next);
        match &mut self.rest {
            Some(rest) => integrator.merge(rest, same),
            none => *none = Some(same),
        }
        true
    }

    fn expire<T, I: Integrator<T, State = S>, O: Overlap<S>>(&mut self, _: &S, integrator: &I) -> bool {
        if self.front.is_empty() {
            self.rest = None;
            while let Some(mut last) = self.back.pop() {
                if let Some(below) = self.front.last().and_then(O::copy) {
                    integrator.merge(&mut last, below);
                }
                self.front.push(last);
            }
        }
        self.front.pop();
        true
    }

    fn all<T, I: Integrator<T, State = S>, O: Overlap<S>>(&self, integrator: &I) -> Option<S> {
        let mut all = self.front.last().and_then(O::copy);
        match (&mut all, self.rest.as_ref().and_then(O::copy)) {
            (Some(all), Some(rest)) => integrator.merge(all, rest),
            (none @ None, rest) => *none = rest,
            (Some(_), None) => {}
        }
        all
    }
}
