//! Integration by slices of event time, and in them by key or not.

use super::{Gather, Stated};
use crate::data::{Timestamp, Window};
use crate::keyed::{By, KeyState, Map, Slot};

/// Up to this many slices have a memory of their own in any case; a micro-batch seldom has more, while bounded data may have very many ..
const NEAR: usize = 64;
/// .. and more of them where the one before has so many entries, so that memories are no larger than what they hold asks for.
const DENSE: usize = 64;

/// Folds each slice of time into a memory of its own, which is small and looked up by the key alone, as long as there are few slices; those that
/// come when there are many, into one memory for all by slice and key.
///
/// Records come by time, but for some disorder, so nearly all of them find the memory that the record before was folded into.
pub(crate) struct Sliced<'g, G, F> {
    near: &'g G,
    far: &'g F,
    /// How many slices have a memory of their own.
    most: usize,
    /// Whether memories go on from run to run, so that lanes of one run tell nothing of the order.
    is_lasting: bool,
}

impl<'g, G, F> Sliced<'g, G, F> {
    /// `near` folds a slice, `far` all others. Where values must come in order, or slices are many by nature, all are far.
    pub(crate) fn new(near: &'g G, far: &'g F, is_far: bool) -> Self {
        Sliced { near, far, most: if is_far { 0 } else { NEAR }, is_lasting: false }
    }

    /// The same, of memories that go on from run to run until [`settle`](Self::settle) takes out what they hold.
    pub(crate) fn lasting(self) -> Self {
        Sliced { is_lasting: true, ..self }
    }
}

/// A slice without its keys.
type Span = (Timestamp, Timestamp);

/// What a lane made of its slices.
pub struct SlicedMemory<M, F> {
    near: Vec<(Span, M)>,
    places: Map<Span, usize>,
    /// The slice that the record before was in.
    current: usize,
    far: Option<F>,
    /// Of no values, with allocations that are of use once more.
    spare: Vec<M>,
    lane: Option<u32>,
    is_draft: bool,
}

impl<M, F> std::fmt::Debug for SlicedMemory<M, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SlicedMemory").field("slices", &self.near.len()).finish_non_exhaustive()
    }
}

impl<M, F> Default for SlicedMemory<M, F> {
    fn default() -> Self {
        SlicedMemory { near: Vec::new(), places: Map::default(), current: 0, far: None, spare: Vec::new(), lane: None, is_draft: false }
    }
}

impl<M, F> SlicedMemory<M, F> {
    /// The place of a slice, if it has one or there is room for one, which `init` makes.
    #[inline]
    fn place(
        &mut self,
        span: Span,
        most: usize,
        is_dense: impl FnOnce(&M) -> bool,
        init: impl FnOnce(Option<u32>, bool) -> M,
    ) -> Option<usize> {
        match self.near.get(self.current) {
            Some((known, _)) if *known == span => Some(self.current),
            _ => self.look_up(span, most, is_dense, init),
        }
    }

    #[cold]
    fn look_up(
        &mut self,
        span: Span,
        most: usize,
        is_dense: impl FnOnce(&M) -> bool,
        init: impl FnOnce(Option<u32>, bool) -> M,
    ) -> Option<usize> {
        let place = match self.places.get(&span) {
            Some(place) => *place,
            None if self.near.len() < most || self.near.get(self.current).is_some_and(|(_, near)| is_dense(near)) => {
                let memory = self.spare.pop().unwrap_or_else(|| init(self.lane, self.is_draft));
                self.near.push((span, memory));
                self.places.insert(span, self.near.len() - 1);
                self.near.len() - 1
            }
            None => return None,
        };
        self.current = place;
        Some(place)
    }

    /// The slices that have a memory of their own.
    pub(crate) fn slices(&self) -> impl Iterator<Item = Window> {
        self.near.iter().map(|((start, end), _)| Window::new(*start, *end))
    }

    /// Whether slices are to be taken out: those that end by then; all, where some have found no place of their own.
    fn ebbs(&self, until: Timestamp) -> bool {
        self.far.is_some() || self.near.iter().any(|((_, end), _)| *end <= until)
    }

    /// Takes them out.
    fn ebb(&mut self, until: Timestamp) -> (Vec<(Span, M)>, Option<F>) {
        let is_full = self.far.is_some();
        let (gone, near) = std::mem::take(&mut self.near).into_iter().partition(|((_, end), _)| is_full || *end <= until);
        self.near = near;
        self.places = self.near.iter().zip(0..).map(|((span, _), place)| (*span, place)).collect();
        (gone, self.far.take())
    }
}

impl<T, Ky, G, F> Gather<T, By<Slot<Ky>>> for Sliced<'_, G, F>
where
    Ky: KeyState,
    G: Stated<T, Ky>,
    F: Stated<T, By<Slot<Ky>>, State = G::State>,
{
    type Memory = SlicedMemory<G::Memory, F::Memory>;
    type Output = Vec<(Slot<Ky>, G::State)>;

    const COSTLY: bool = true;

    fn in_order(&self) -> bool {
        !self.is_lasting && self.far.in_order()
    }

    fn exact(&self) -> bool {
        self.far.exact()
    }

    fn is_shared(&self) -> bool {
        self.far.is_shared()
    }

    fn enter(&self, memory: &mut Self::Memory, lane: u32) {
        if self.is_lasting {
            return;
        }
        memory.lane = Some(lane);
        memory.near.iter_mut().for_each(|(_, near)| self.near.enter(near, lane));
        memory.far.iter_mut().for_each(|far| self.far.enter(far, lane));
    }

    fn memory(&self, _: usize) -> Self::Memory {
        SlicedMemory::default()
    }

    fn draft(&self, _: usize) -> Self::Memory {
        SlicedMemory { is_draft: true, ..SlicedMemory::default() }
    }

    #[inline(always)]
    fn fold(&self, memory: &mut Self::Memory, By(slot): By<Slot<Ky>>, value: T) {
        let init = |lane: Option<u32>, is_draft: bool| {
            let mut near = if is_draft { self.near.draft(0) } else { self.near.memory(0) };
            lane.into_iter().for_each(|lane| self.near.enter(&mut near, lane));
            near
        };
        let is_dense = |near: &G::Memory| self.near.weight(near) >= DENSE;
        match memory.place((slot.start, slot.end), self.most, is_dense, init) {
            Some(place) => self.near.fold(&mut memory.near[place].1, slot.key, value),
            None => self.fold_far(memory, slot, value),
        }
    }

    fn merge(&self, memory: &mut Self::Memory, other: Self::Memory) {
        for (span, near) in other.near {
            match memory.places.get(&span) {
                Some(place) => self.near.merge(&mut memory.near[*place].1, near),
                None => {
                    memory.places.insert(span, memory.near.len());
                    memory.near.push((span, near));
                }
            }
        }
        match (&mut memory.far, other.far) {
            (Some(far), Some(other)) => self.far.merge(far, other),
            (far @ None, other) => *far = other,
            (Some(_), None) => {}
        }
    }

    fn seal(&self, memory: &mut Self::Memory) -> Option<Self::Memory> {
        // What is left over of a slice is of no use to another lane, whose slices are others.
        memory.near.iter_mut().for_each(|(_, near)| drop(self.near.seal(near)));
        memory.far.iter_mut().for_each(|far| drop(self.far.seal(far)));
        None
    }

    fn weight(&self, memory: &Self::Memory) -> usize {
        let near: usize = memory.near.iter().map(|(_, near)| self.near.weight(near)).sum();
        near + memory.far.as_ref().map_or(0, |far| self.far.weight(far))
    }

    fn combine(&self, memories: Vec<Self::Memory>) -> Self::Memory {
        let mut all = SlicedMemory::default();
        let mut spans: Vec<(Span, Vec<G::Memory>)> = Vec::new();
        let mut fars = Vec::new();
        for memory in memories {
            for (span, near) in memory.near {
                let place = *all.places.entry(span).or_insert(spans.len());
                if place == spans.len() {
                    spans.push((span, Vec::new()));
                }
                spans[place].1.push(near);
            }
            fars.extend(memory.far);
        }
        all.near = spans.into_iter().map(|(span, nears)| (span, self.near.combine(nears))).collect();
        all.far = (!fars.is_empty()).then(|| self.far.combine(fars));
        all
    }

    fn finish(&self, memory: Self::Memory) -> Self::Output {
        let mut states = Vec::new();
        for ((start, end), near) in memory.near {
            states.extend(self.near.states(near).into_iter().map(|(key, state)| (Slot { start, end, nth: 0, key }, state)));
        }
        if let Some(far) = memory.far {
            states.extend(self.far.states(far).into_iter().map(|(By(slot), state)| (slot, state)));
        }
        states
    }
}

impl<'g, G, F> Sliced<'g, G, F> {
    /// Takes the slices that end by then out of memories that go on from run to run, in memories that are to be combined.
    pub(crate) fn ebb<'m, T, Ky>(
        &self,
        memories: impl Iterator<Item = &'m mut SlicedMemory<G::Memory, F::Memory>>,
        until: Timestamp,
    ) -> Vec<SlicedMemory<G::Memory, F::Memory>>
    where
        Ky: KeyState,
        G: Stated<T, Ky, Memory: 'm>,
        F: Stated<T, By<Slot<Ky>>, State = G::State, Memory: 'm>,
    {
        let mut gone = Vec::new();
        for memory in memories.filter(|memory| memory.ebbs(until)) {
            let (mut near, mut far) = memory.ebb(until);
            near.iter_mut().for_each(|(_, near)| memory.spare.extend(self.near.seal(near)));
            far.iter_mut().for_each(|far| drop(self.far.seal(far)));
            gone.push(SlicedMemory { near, far, ..SlicedMemory::default() });
        }
        gone
    }

    #[cold]
    fn fold_far<T, Ky: KeyState>(&self, memory: &mut SlicedMemory<G::Memory, F::Memory>, slot: Slot<Ky>, value: T)
    where
        G: Gather<T, Ky>,
        F: Gather<T, By<Slot<Ky>>>,
    {
        let is_draft = memory.is_draft;
        let lane = memory.lane;
        let far = memory.far.get_or_insert_with(|| {
            let mut far = if is_draft { self.far.draft(0) } else { self.far.memory(0) };
            lane.into_iter().for_each(|lane| self.far.enter(&mut far, lane));
            far
        });
        self.far.fold(far, By(slot), value);
    }
}
