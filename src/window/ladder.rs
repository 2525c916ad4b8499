//! States of several slices in a row, merged once for all windows that hold them.

use crate::data::Window;
use crate::keyed::{KeyState, Table};
use crate::stage::{Integrator, Overlap};
use std::collections::{BTreeMap, VecDeque};

/// The states by key of 2, 4, 8, .. complete slices in a row, merged when a window first asks for them.
///
/// A window of n slices takes at most 2 log n of them, where it would take n slices; and a slice is merged into log n of them. They hold at
/// most log n times the states of the slices. Base intervals, after Arasu and Widom, Resource Sharing in Continuous Sliding-Window
/// Aggregates, 2004.
///
/// Only for integrators that do not mind in which groups states are merged.
#[derive(Debug)]
pub(super) struct Ladder<Ky, S> {
    /// The slices, in the order of time.
    slices: VecDeque<Window>,
    /// The number of the first slice.
    first: usize,
    /// By level from 1 on: of so many powers of two, the states of the slices from the number `at << level` on, by `at`.
    levels: Vec<BTreeMap<usize, Table<Ky, S>>>,
}

impl<Ky, S> Default for Ladder<Ky, S> {
    fn default() -> Self {
        Ladder { slices: VecDeque::new(), first: 0, levels: Vec::new() }
    }
}

impl<Ky: KeyState, S> Ladder<Ky, S> {
    /// A slice changes: what was merged of it is forgotten.
    pub(super) fn change(&mut self, slice: Window) {
        if self.slices.back().is_none_or(|last| *last < slice) {
            return;
        }
        match self.slices.binary_search(&slice) {
            Ok(place) => {
                let number = self.first + place;
                self.levels.iter_mut().zip(1..).for_each(|(level, height)| {
                    level.remove(&(number >> height));
                });
            }
            // A slice among those that are numbered: the numbers are wrong from now on.
            Err(_) => *self = Ladder::default(),
        }
    }

    /// Slices are gone: those up to this one.
    pub(super) fn forget(&mut self, slice: Window) {
        while self.slices.front().is_some_and(|first| *first <= slice) {
            self.slices.pop_front();
            self.first += 1;
        }
        for (level, height) in self.levels.iter_mut().zip(1..) {
            while level.first_key_value().is_some_and(|(at, _)| at << height < self.first) {
                level.pop_first();
            }
        }
    }

    /// The number of the first of these slices in a row.
    fn number(&mut self, parts: &[Window]) -> usize {
        let known = self.slices.partition_point(|slice| parts.first().is_some_and(|first| slice < first));
        let is_known = self.slices.range(known..).zip(parts).all(|(slice, part)| slice == part);
        if !is_known || known == self.slices.len() {
            *self = Ladder { slices: parts.iter().copied().collect(), ..Ladder::default() };
            return 0;
        }
        let missing = self.slices.len() - known;
        self.slices.extend(parts.iter().skip(missing));
        self.first + known
    }

    /// The states of these slices in a row, copied and merged; with room for so many keys.
    pub(super) fn merged<'s, T, I, O>(
        &mut self,
        parts: &[Window],
        slice: impl Fn(Window) -> Option<&'s Table<Ky, S>>,
        integrator: &I,
        room: usize,
    ) -> Table<Ky, S>
    where
        I: Integrator<T, State = S>,
        O: Overlap<S>,
        Ky: 's,
        S: 's,
    {
        let mut from = self.number(parts);
        let end = from + parts.len();
        let mut all = Table::with_room(room);
        while from < end {
            let height = from.trailing_zeros().min((end - from).ilog2());
            self.build::<T, I, O>(height, from >> height, &slice, integrator);
            if let Some(states) = self.states(height, from >> height, &slice) {
                let _ = absorb::<T, I, O, Ky>(&mut all, states, integrator);
            }
            from += 1 << height;
        }
        all
    }

    fn states<'t, 's: 't>(&'t self, height: u32, at: usize, slice: &impl Fn(Window) -> Option<&'s Table<Ky, S>>) -> Option<&'t Table<Ky, S>>
    where
        Ky: 's,
        S: 's,
    {
        match height.checked_sub(1) {
            None => slice(*self.slices.get(at.checked_sub(self.first)?)?),
            Some(below) => self.levels.get(below as usize)?.get(&at),
        }
    }

    /// Merges the two below, if that is not done yet.
    fn build<'s, T, I, O>(&mut self, height: u32, at: usize, slice: &impl Fn(Window) -> Option<&'s Table<Ky, S>>, integrator: &I)
    where
        I: Integrator<T, State = S>,
        O: Overlap<S>,
        Ky: 's,
        S: 's,
    {
        if height == 0 || self.states(height, at, slice).is_some() {
            return;
        }
        let halves = [2 * at, 2 * at + 1];
        halves.iter().for_each(|half| self.build::<T, I, O>(height - 1, *half, slice, integrator));
        let halves = halves.map(|half| self.states(height - 1, half, slice));
        let mut both = Table::with_room(halves.iter().flatten().map(|half| half.len()).max().unwrap_or(0));
        for half in halves.into_iter().flatten() {
            let _ = absorb::<T, I, O, Ky>(&mut both, half, integrator);
        }
        if self.levels.len() < height as usize {
            self.levels.resize_with(height as usize, BTreeMap::new);
        }
        self.levels[height as usize - 1].insert(at, both);
    }
}

/// Takes copies of states in; false where they cannot be copied.
pub(super) fn absorb<T, I, O, Ky: KeyState>(all: &mut Table<Ky, I::State>, states: &Table<Ky, I::State>, integrator: &I) -> bool
where
    I: Integrator<T>,
    O: Overlap<I::State>,
{
    states.entries().iter().all(|(key, state)| {
        let Some(state) = O::copy(state) else { return false };
        all.absorb(key.clone(), state, |state| state, |before, state| integrator.merge(before, state));
        true
    })
}
