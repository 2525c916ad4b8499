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
    /// Whether values must be folded in their order.
    is_strict: bool,
    /// Whether memories go on from run to run, so that lanes of one run tell nothing of the order.
    is_lasting: bool,
}

impl<'g, G, F> Sliced<'g, G, F> {
    /// `near` folds a slice, `far` all others.
    pub(crate) fn new(near: &'g G, far: &'g F) -> Self {
        Sliced { near, far, most: NEAR, is_strict: false, is_lasting: false }
    }

    /// The same where slices are many by nature: all are far.
    pub(crate) fn far(self) -> Self {
        Sliced { most: 0, ..self }
    }

    /// The same where the order of values counts: no slice is folded in two ways.
    pub(crate) fn strict(self) -> Self {
        Sliced { is_strict: true, ..self }
    }

    /// The same, of memories that go on from run to run until [`settle`](Self::settle) takes out what they hold.
    pub(crate) fn lasting(self) -> Self {
        Sliced { is_lasting: true, ..self }
    }
}

/// A slice without its keys.
type Span = (Timestamp, Timestamp);

/// A slice with what was made of it. In a box, so that it moves cheaply.
type Near<M> = Box<(Span, M)>;

/// What a lane made of its slices.
pub struct SlicedMemory<M, F> {
    /// The slice that the record before was in: one pointer away, as each record asks for it.
    hot: Option<Near<M>>,
    /// All slices but that one, whose place is empty.
    near: Vec<Option<Near<M>>>,
    places: Map<Span, usize>,
    /// Slices that have been begun since somebody asked.
    begun: Vec<Span>,
    /// The place of the one that is taken out.
    current: usize,
    far: Option<F>,
    /// Memories of what comes later in the data, where a slice may be near in one of them and far in another, and the order of its values counts.
    later: Vec<SlicedMemory<M, F>>,
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
        SlicedMemory {
            hot: None,
            near: Vec::new(),
            places: Map::default(),
            begun: Vec::new(),
            current: 0,
            far: None,
            later: Vec::new(),
            spare: Vec::new(),
            lane: None,
            is_draft: false,
        }
    }
}

impl<M, F> SlicedMemory<M, F> {
    fn of(near: Vec<(Span, M)>, far: Option<F>) -> Self {
        let mut memory = SlicedMemory { far, ..SlicedMemory::default() };
        near.into_iter().for_each(|(span, near)| memory.push(span, near));
        memory
    }

    /// Makes this slice, which has a place, the hot one.
    fn heat(&mut self, place: usize) {
        self.cool();
        self.hot = self.near[place].take();
        self.current = place;
    }

    /// Puts the hot slice back into its place.
    fn cool(&mut self) {
        if let Some(hot) = self.hot.take() {
            self.near[self.current] = Some(hot);
        }
    }

    fn push(&mut self, span: Span, near: M) {
        self.places.insert(span, self.near.len());
        self.begun.push(span);
        self.near.push(Some(Box::new((span, near))));
    }

    fn near(&self) -> impl Iterator<Item = &(Span, M)> {
        self.near.iter().flatten().chain(&self.hot).map(|near| &**near)
    }

    fn near_mut(&mut self) -> impl Iterator<Item = &mut M> {
        self.near.iter_mut().flatten().chain(&mut self.hot).map(|near| &mut near.1)
    }

    fn into_near(mut self) -> impl Iterator<Item = (Span, M)> {
        self.cool();
        self.near.into_iter().flatten().map(|near| *near)
    }

    /// Puts what comes later behind this: what is folded into it from now on goes there.
    fn follow(&mut self, mut other: Self) {
        self.cool();
        let later = std::mem::take(&mut other.later);
        self.later.push(other);
        self.later.extend(later);
    }

    /// The slices that have been given a memory of their own since it was asked last.
    pub(crate) fn begun(&mut self) -> impl Iterator<Item = Window> {
        self.begun.drain(..).map(|(start, end)| Window::new(start, end))
    }

    /// Whether slices are to be taken out: those that end by then; all, where some have found no place of their own.
    fn ebbs(&self, until: Timestamp) -> bool {
        self.far.is_some() || self.near().any(|((_, end), _)| *end <= until)
    }

    /// Takes them out.
    fn ebb(&mut self, until: Timestamp) -> (Vec<(Span, M)>, Option<F>) {
        self.cool();
        self.places.clear();
        let (mut gone, far) = (Vec::new(), self.far.take());
        for near in std::mem::take(&mut self.near).into_iter().flatten() {
            if far.is_some() || near.0.1 <= until {
                gone.push(*near);
            } else {
                self.places.insert(near.0, self.near.len());
                self.near.push(Some(near));
            }
        }
        (gone, far)
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
        memory.near_mut().for_each(|near| self.near.enter(near, lane));
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
        match &mut memory.hot {
            Some(hot) if slot.is_again() || hot.0 == (slot.start, slot.end) => self.near.fold(&mut hot.1, slot.key, value),
            _ => self.fold_elsewhere(memory, slot.anywhere(), value),
        }
    }

    fn merge(&self, memory: &mut Self::Memory, mut other: Self::Memory) {
        if self.is_kept_apart(memory) || self.is_kept_apart(&other) {
            return memory.follow(other);
        }
        memory.cool();
        let far = other.far.take();
        for (span, near) in other.into_near() {
            match memory.places.get(&span).and_then(|place| memory.near[*place].as_mut()) {
                Some(known) => self.near.merge(&mut known.1, near),
                None => memory.push(span, near),
            }
        }
        match (&mut memory.far, far) {
            (Some(far), Some(other)) => self.far.merge(far, other),
            (far @ None, other) => *far = other,
            (Some(_), None) => {}
        }
    }

    fn seal(&self, memory: &mut Self::Memory) -> Option<Self::Memory> {
        // What is left over of a slice is of no use to another lane, whose slices are others.
        memory.near_mut().for_each(|near| drop(self.near.seal(near)));
        memory.far.iter_mut().for_each(|far| drop(self.far.seal(far)));
        memory.later.iter_mut().for_each(|later| drop(self.seal(later)));
        None
    }

    fn weight(&self, memory: &Self::Memory) -> usize {
        let near: usize = memory.near().map(|(_, near)| self.near.weight(near)).sum();
        let later: usize = memory.later.iter().map(|later| self.weight(later)).sum();
        near + memory.far.as_ref().map_or(0, |far| self.far.weight(far)) + later
    }

    fn combine(&self, memories: Vec<Self::Memory>) -> Self::Memory {
        if memories.iter().any(|memory| self.is_kept_apart(memory)) {
            let mut all = SlicedMemory::default();
            memories.into_iter().for_each(|memory| all.follow(memory));
            all.later = all.later.into_iter().map(|memory| self.combine_slices(vec![memory])).collect();
            return all;
        }
        self.combine_slices(memories)
    }

    fn finish(&self, mut memory: Self::Memory) -> Self::Output {
        let mut states = Vec::new();
        let (far, later) = (memory.far.take(), std::mem::take(&mut memory.later));
        for ((start, end), near) in memory.into_near() {
            states.extend(self.near.states(near).into_iter().map(|(key, state)| (Slot { start, end, nth: 0, key }, state)));
        }
        if let Some(far) = far {
            states.extend(self.far.states(far).into_iter().map(|(By(slot), state)| (slot, state)));
        }
        states.extend(later.into_iter().flat_map(|later| self.finish(later)));
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
            gone.push(SlicedMemory::of(near, far));
        }
        gone
    }

    /// Merges the memories of each slice, and those of all others.
    fn combine_slices<T, Ky: KeyState>(&self, memories: Vec<SlicedMemory<G::Memory, F::Memory>>) -> SlicedMemory<G::Memory, F::Memory>
    where
        G: Gather<T, Ky>,
        F: Gather<T, By<Slot<Ky>>>,
    {
        let mut places = Map::<Span, usize>::default();
        let mut spans: Vec<(Span, Vec<G::Memory>)> = Vec::new();
        let mut fars = Vec::new();
        for mut memory in memories {
            fars.extend(memory.far.take());
            for (span, near) in memory.into_near() {
                let place = *places.entry(span).or_insert(spans.len());
                if place == spans.len() {
                    spans.push((span, Vec::new()));
                }
                spans[place].1.push(near);
            }
        }
        let near = spans.into_iter().map(|(span, nears)| (span, self.near.combine(nears))).collect();
        SlicedMemory::of(near, (!fars.is_empty()).then(|| self.far.combine(fars)))
    }

    /// Whether it may not be merged slice by slice.
    fn is_kept_apart<M, Fa>(&self, memory: &SlicedMemory<M, Fa>) -> bool {
        self.is_strict && (memory.far.is_some() || !memory.later.is_empty())
    }

    /// Whether a slice that comes now gets a memory of its own.
    fn has_place<T, Ky: KeyState>(&self, memory: &SlicedMemory<G::Memory, F::Memory>) -> bool
    where
        G: Gather<T, Ky>,
        F: Gather<T, By<Slot<Ky>>>,
    {
        // It may be one that was far before.
        let may_be_far = self.is_strict && memory.far.is_some();
        let is_dense = || memory.hot.as_ref().is_some_and(|hot| self.near.weight(&hot.1) >= DENSE);
        !may_be_far && (memory.near.len() < self.most || self.most > 0 && is_dense())
    }

    /// Folds a record of another slice than the one before.
    #[cold]
    fn fold_elsewhere<T, Ky: KeyState>(&self, memory: &mut SlicedMemory<G::Memory, F::Memory>, slot: Slot<Ky>, value: T)
    where
        G: Gather<T, Ky>,
        F: Gather<T, By<Slot<Ky>>>,
    {
        if let Some(last) = memory.later.last_mut() {
            return self.fold_elsewhere(last, slot, value);
        }
        let span = (slot.start, slot.end);
        let place = match memory.places.get(&span) {
            Some(place) => *place,
            None if self.has_place::<T, Ky>(memory) => {
                let near = memory.spare.pop().unwrap_or_else(|| begin(self.near, memory.lane, memory.is_draft));
                memory.push(span, near);
                memory.near.len() - 1
            }
            None => {
                // What comes again is not hot.
                memory.cool();
                let far = memory.far.get_or_insert_with(|| begin(self.far, memory.lane, memory.is_draft));
                return self.far.fold(far, By(slot), value);
            }
        };
        memory.heat(place);
        if let Some(hot) = &mut memory.hot {
            self.near.fold(&mut hot.1, slot.key, value);
        }
    }
}

/// A memory of no values.
fn begin<T, Ky, G: Gather<T, Ky>>(gather: &G, lane: Option<u32>, is_draft: bool) -> G::Memory {
    let mut memory = if is_draft { gather.draft(0) } else { gather.memory(0) };
    lane.into_iter().for_each(|lane| gather.enter(&mut memory, lane));
    memory
}
