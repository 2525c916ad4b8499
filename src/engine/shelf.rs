//! Memories that go from lane to lane.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where a worker finds a memory for its next lane, and leaves it after: there are no more of them than workers. Those that lanes do not share
/// are empty, but have allocations that are of use once more.
///
/// One whose memories are shared may outlive a run: then they go on in the next.
pub(crate) struct Shelf<M> {
    pub(super) is_shared: bool,
    /// With the last lane of this run that each took in, if any.
    memories: Mutex<Vec<(Option<usize>, M)>>,
}

impl<M> Shelf<M> {
    pub(crate) fn new(is_shared: bool) -> Self {
        Shelf { is_shared, memories: Mutex::new(Vec::new()) }
    }

    fn memories(&self) -> MutexGuard<'_, Vec<(Option<usize>, M)>> {
        self.memories.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One that has taken in nothing but lanes before this one.
    pub(super) fn take(&self, lane: usize) -> Option<M> {
        let mut memories = self.memories();
        let at = memories.iter().position(|(last, _)| last.is_none_or(|last| last < lane))?;
        Some(memories.swap_remove(at).1)
    }

    pub(super) fn put(&self, lane: usize, memory: M) {
        self.memories().push((Some(lane), memory));
    }

    /// All memories, between two runs.
    pub(crate) fn rest(&mut self) -> impl Iterator<Item = &mut M> {
        let memories = self.memories.get_mut().unwrap_or_else(PoisonError::into_inner);
        memories.iter_mut().map(|(last, memory)| {
            *last = None;
            memory
        })
    }

    /// Gives those that are shared to lanes that have none, whichever: they know by themselves what came of which.
    pub(super) fn clear_into<'m>(self, lanes: impl Iterator<Item = &'m mut Option<M>>)
    where
        M: 'm,
    {
        let memories = self.memories.into_inner().unwrap_or_else(PoisonError::into_inner);
        if self.is_shared {
            lanes.filter(|lane| lane.is_none()).zip(memories).for_each(|(lane, (_, memory))| *lane = Some(memory));
        }
    }
}
