//! Memories that lanes share.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where a worker finds a memory for its next lane, and leaves it after: there are no more of them than workers.
pub(super) struct Shelf<M> {
    /// With the last lane that each took in.
    memories: Mutex<Vec<(usize, M)>>,
}

impl<M> Shelf<M> {
    pub(super) fn new() -> Self {
        Shelf { memories: Mutex::new(Vec::new()) }
    }

    fn memories(&self) -> MutexGuard<'_, Vec<(usize, M)>> {
        self.memories.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One that has taken in nothing but lanes before this one.
    pub(super) fn take(&self, lane: usize) -> Option<M> {
        let mut memories = self.memories();
        let at = memories.iter().position(|(last, _)| *last < lane)?;
        Some(memories.swap_remove(at).1)
    }

    pub(super) fn put(&self, lane: usize, memory: M) {
        self.memories().push((lane, memory));
    }

    /// All of them, in whatever order.
    pub(super) fn into_memories(self) -> impl Iterator<Item = M> {
        self.memories.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().map(|(_, memory)| memory)
    }
}
