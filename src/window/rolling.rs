//! A window's states that go on from window to window.

use super::merged::Merged;
use super::running::{Invertible, Running, TwoStacks};
use crate::data::Window;
use crate::keyed::{KeyState, Table};
use crate::stage::{Integrator, Overlap};
use std::cmp::Ordering;
use std::collections::VecDeque;

/// The states by key of the last window that has left: the next one is made of it, by taking out the slices before it and taking in the new ones.
///
/// So a slice costs the same however many windows it is in. Made anew of the slices where nothing is known, as after a start from a checkpoint.
///
/// Only for integrators that do not mind in which groups states are merged.
#[derive(Debug)]
pub(super) enum Rolling<Ky, S> {
    /// Nothing yet.
    None,
    /// Where the first slice can be taken out of a state.
    Invertible(Box<Roll<Ky, S, Invertible<S>>>),
    /// Where it cannot.
    TwoStacks(Box<Roll<Ky, S, TwoStacks<S>>>),
}

/// The slices that are merged, and of what they are.
#[derive(Debug)]
pub(super) struct Roll<Ky, S, C> {
    /// In the order of time.
    slices: VecDeque<Window>,
    /// Slices that were the first, and are gone since.
    gone: Vec<Table<Ky, S>>,
    merged: Merged<Ky, C>,
}

impl<Ky, S, C> Default for Roll<Ky, S, C> {
    fn default() -> Self {
        Roll { slices: VecDeque::new(), gone: Vec::new(), merged: Merged::default() }
    }
}

/// Does the same with either kind.
macro_rules! either {
    ($rolling:expr, $roll:ident => $work:expr) => {
        match $rolling {
            Rolling::None => Default::default(),
            Rolling::Invertible($roll) => $work,
            Rolling::TwoStacks($roll) => $work,
        }
    };
}

impl<Ky: KeyState, S> Rolling<Ky, S> {
    /// Whether there is a window to go on from, in which slices are that are to be taken out with all that they held.
    pub(super) fn is_rolling(&self) -> bool {
        either!(self, roll => !roll.slices.is_empty())
    }

    /// A slice gets more of a key, of which it has something already or not.
    pub(super) fn change<T, I, O>(&mut self, slice: Window, (key, more): (&Ky, &S), is_known: impl FnOnce() -> bool, integrator: &I)
    where
        I: Integrator<T, State = S>,
        O: Overlap<S>,
    {
        either!(self, roll => roll.change::<T, I, O>(slice, (key, more), is_known, integrator))
    }

    /// A slice is gone, with what it held.
    pub(super) fn forget(&mut self, slice: Window, states: Table<Ky, S>) {
        either!(self, roll => roll.forget(slice, states))
    }

    /// Goes on to the window of these slices, in the order of time: how many keys it has.
    ///
    /// None where that window is none to go on to: it begins, or ends, before the one that was last. None as well where states are none to
    /// go on from: where they own memory, two stacks would hold a multiple of what the slices do.
    pub(super) fn roll<'s, T, I, O>(
        &mut self,
        slices: &[Window],
        slice: impl Fn(Window) -> Option<&'s Table<Ky, S>>,
        integrator: &I,
        rank: impl Fn(&Ky, &Ky) -> Ordering,
    ) -> Option<usize>
    where
        I: Integrator<T, State = S>,
        O: Overlap<S>,
        Ky: 's,
        S: 's,
    {
        if matches!(self, Rolling::None) {
            *self = if integrator.without(integrator.init(), &integrator.init()).is_some() {
                Rolling::Invertible(Box::default())
            } else if !std::mem::needs_drop::<S>() {
                Rolling::TwoStacks(Box::default())
            } else {
                Rolling::None
            };
        }
        either!(self, roll => roll.go_on::<T, I, O>(slices, &slice, integrator, rank).then(|| roll.merged.len()))
    }

    /// Does something with each key of the window, and a copy of its state, by the rank of the keys.
    pub(super) fn each<T, I, O>(&self, integrator: &I, emit: impl FnMut((Ky, S)))
    where
        I: Integrator<T, State = S>,
        O: Overlap<S>,
    {
        either!(self, roll => roll.merged.states::<T, I, O>(integrator).for_each(emit))
    }
}

impl<Ky: KeyState, S, C: Running<S>> Roll<Ky, S, C> {
    fn change<T, I, O>(&mut self, slice: Window, (key, more): (&Ky, &S), is_known: impl FnOnce() -> bool, integrator: &I)
    where
        I: Integrator<T, State = S>,
        O: Overlap<S>,
    {
        if self.slices.back().is_none_or(|last| *last < slice) {
            return;
        }
        if let Err(place) = self.slices.binary_search(&slice) {
            // Before all of them: of windows that have left, or of the next one, which is made anew then.
            if place == 0 {
                return;
            }
            self.slices.insert(place, slice);
        }
        self.merged.change::<T, I, O>(key, more, is_known(), integrator);
    }

    fn forget(&mut self, slice: Window, states: Table<Ky, S>) {
        if self.slices.front() == Some(&slice) {
            self.slices.pop_front();
            self.gone.push(states);
        }
    }

    /// Whether it has gone on to the window of these slices.
    fn go_on<'s, T, I, O>(
        &mut self,
        slices: &[Window],
        slice: &impl Fn(Window) -> Option<&'s Table<Ky, S>>,
        integrator: &I,
        rank: impl Fn(&Ky, &Ky) -> Ordering,
    ) -> bool
    where
        I: Integrator<T, State = S>,
        O: Overlap<S>,
        Ky: 's,
        S: 's,
    {
        let (Some(first), Some(last)) = (slices.first(), slices.last()) else { return false };
        if self.slices.front().is_some_and(|known| first < known) || self.slices.back().is_some_and(|known| last < known) {
            return false;
        }
        if self.slices.back().is_none_or(|known| known < first) {
            *self = Roll::default();
        }
        self.gone.drain(..).for_each(|states| self.merged.expire::<T, I, O>(&states, integrator));
        while let Some(gone) = self.slices.front().copied().filter(|known| known < first) {
            self.slices.pop_front();
            slice(gone).into_iter().for_each(|states| self.merged.expire::<T, I, O>(states, integrator));
        }
        if !self.slices.iter().eq(slices.iter().take(self.slices.len())) {
            *self = Roll::default();
        }
        for next in &slices[self.slices.len()..] {
            self.slices.push_back(*next);
            slice(*next).into_iter().for_each(|states| self.merged.add::<T, I, O>(states, integrator));
        }
        self.merged.settle::<T, I, O>(slices, slice, integrator, rank);
        true
    }
}
