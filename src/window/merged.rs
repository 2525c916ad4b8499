use super::running::Running;
use crate::data::Window;
use crate::keyed::{KeyState, Table};
use crate::stage::{Integrator, Overlap};
use std::cmp::Ordering;

/// What a window's slices have made of each key, in the order of the keys.
#[derive(Debug)]
pub(super) struct Merged<Ky, C> {
    cells: Table<Ky, C>,
    marks: Vec<Mark>,
    /// The places of the cells of the window before, by key.
    order: Vec<u32>,
    /// The places of cells that are not among those.
    fresh: Vec<u32>,
    /// The places of cells that are to be made anew.
    stale: Vec<u32>,
    /// Whether some of the cells in order may have become empty.
    has_gaps: bool,
}

/// What is known of a cell.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    /// Whether its place is among those in order, or among the fresh ones.
    is_listed: bool,
    is_stale: bool,
}

/// So many cells may be empty beside as many as are not.
const EMPTY: usize = 256;

impl<Ky, C> Default for Merged<Ky, C> {
    fn default() -> Self {
        Merged { cells: Table::default(), marks: Vec::new(), order: Vec::new(), fresh: Vec::new(), stale: Vec::new(), has_gaps: false }
    }
}

impl<Ky: KeyState, C> Merged<Ky, C> {
    /// Takes in what the next slice has.
    pub(super) fn add<T, I, O>(&mut self, slice: &Table<Ky, I::State>, integrator: &I)
    where
        I: Integrator<T>,
        O: Overlap<I::State>,
        C: Running<I::State>,
    {
        for (key, state) in slice.entries() {
            let place = self.place(key, integrator);
            if !self.marks[place].is_stale && !self.cells.entry_mut(place).1.add::<T, I, O>(state, integrator) {
                self.spoil(place);
            }
        }
    }

    /// Takes out what the first slice has.
    pub(super) fn expire<T, I, O>(&mut self, slice: &Table<Ky, I::State>, integrator: &I)
    where
        I: Integrator<T>,
        O: Overlap<I::State>,
        C: Running<I::State>,
    {
        for (key, state) in slice.entries() {
            let place = self.place(key, integrator);
            if self.marks[place].is_stale {
                continue;
            }
            let cell = self.cells.entry_mut(place).1;
            let is_done = cell.expire::<T, I, O>(state, integrator);
            self.has_gaps |= cell.is_empty();
            if !is_done {
                self.spoil(place);
            }
        }
    }

    /// A slice that was taken in gets more of a key, of which it had something or not.
    pub(super) fn change<T, I, O>(&mut self, key: &Ky, more: &I::State, is_known: bool, integrator: &I)
    where
        I: Integrator<T>,
        O: Overlap<I::State>,
        C: Running<I::State>,
    {
        let place = self.place(key, integrator);
        if !self.marks[place].is_stale && !self.cells.entry_mut(place).1.mend::<T, I, O>(more, is_known, integrator) {
            self.spoil(place);
        }
    }

    fn spoil(&mut self, place: usize) {
        self.marks[place].is_stale = true;
        self.stale.push(place as u32);
    }

    /// Where the cell of a key is; if it is new, or has been empty, it will have to be put in order.
    #[inline]
    fn place<T, I>(&mut self, key: &Ky, integrator: &I) -> usize
    where
        I: Integrator<T>,
        C: Running<I::State>,
    {
        let place = self.cells.place(key, || C::empty(integrator));
        if place == self.marks.len() {
            self.marks.push(Mark::default());
        }
        if !std::mem::replace(&mut self.marks[place].is_listed, true) {
            self.fresh.push(place as u32);
        }
        place
    }

    /// Makes anew what has changed, of these slices; and puts the cells in order.
    pub(super) fn settle<'s, T, I, O>(
        &mut self,
        slices: &[Window],
        slice: &impl Fn(Window) -> Option<&'s Table<Ky, I::State>>,
        integrator: &I,
        rank: impl Fn(&Ky, &Ky) -> Ordering,
    ) where
        I: Integrator<T, State: 's>,
        O: Overlap<I::State>,
        C: Running<I::State>,
        Ky: 's,
    {
        for place in std::mem::take(&mut self.stale) {
            let place = place as usize;
            self.marks[place].is_stale = false;
            let (key, cell) = self.cells.entry_mut(place);
            *cell = C::empty(integrator);
            for state in slices.iter().filter_map(|window| slice(*window)?.get(key)) {
                cell.add::<T, I, O>(state, integrator);
            }
            self.has_gaps |= cell.is_empty();
        }
        if std::mem::take(&mut self.has_gaps) {
            let Merged { cells, marks, order, fresh, .. } = self;
            let mut is_full = |place: &u32| {
                let is_empty = cells.entries()[*place as usize].1.is_empty();
                marks[*place as usize].is_listed = !is_empty;
                !is_empty
            };
            order.retain(&mut is_full);
            fresh.retain(is_full);
        }
        self.sort(rank);
        if self.cells.len() > 2 * self.order.len() + EMPTY {
            self.compact();
        }
    }

    /// Puts the fresh cells in order.
    fn sort(&mut self, rank: impl Fn(&Ky, &Ky) -> Ordering) {
        let entries = self.cells.entries();
        let key = |place: u32| &entries[place as usize].0;
        let mut fresh = std::mem::take(&mut self.fresh);
        fresh.sort_unstable_by(|a, b| rank(key(*a), key(*b)));
        // Few mostly, in places that are found quickly; what lies between them is moved as one.
        let mut all = Vec::with_capacity(self.order.len() + fresh.len());
        let mut rest = &self.order[..];
        for place in fresh {
            let (before, after) = rest.split_at(rest.partition_point(|known| rank(key(*known), key(place)).is_lt()));
            all.extend_from_slice(before);
            all.push(place);
            rest = after;
        }
        all.extend_from_slice(rest);
        self.order = all;
    }

    /// Drops the empty cells.
    fn compact(&mut self) {
        let mut cells: Vec<Option<(Ky, C)>> = std::mem::take(&mut self.cells).into_entries().into_iter().map(Some).collect();
        self.cells = self.order.iter().filter_map(|place| cells[*place as usize].take()).collect();
        self.order = (0..self.cells.len() as u32).collect();
        self.marks = vec![Mark { is_listed: true, is_stale: false }; self.cells.len()];
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// All keys in their order, with copies of their states.
    pub(super) fn states<T, I, O>(&self, integrator: &I) -> impl Iterator<Item = (Ky, I::State)>
    where
        I: Integrator<T>,
        O: Overlap<I::State>,
        C: Running<I::State>,
    {
        let entries = self.cells.entries();
        self.order.iter().filter_map(move |place| {
            let (key, cell) = &entries[*place as usize];
            Some((key.clone(), cell.all::<T, I, O>(integrator)?))
        })
    }
}
