//! Integration by key.
//!
//! Each memory keeps one table, bounded to a part of a third-level cache. What becomes of a record is decided by the reduction that the table
//! achieves, again and again: it goes into the table; or, where the table is full, only if its key is there already; or, where most
//! keys are new, past the table for a while. What is not in the table goes into 128 partitions by the fixed hash of its key. At the end each
//! partition is merged by itself, in parallel, and the groups stay partitioned. (The two phases are those of morsel-driven parallelism,
//! Leis et al. 2014; passing records by where a table does not reduce them is from Müller et al., Cache-Efficient Aggregation, 2015.)
//!
//! Where the order of the records makes no difference, lanes share memories, of which there are as many as workers; then records that passed
//! the table by are folded into one table a partition whenever a buffer of them is full, as fresh memory costs more than a second lookup.
//!
//! The order of the groups depends on the records alone, not on what a memory decided: what enters a memory first, of one lane, enters its
//! partition first, and memories are merged lane by lane.

mod combine;
mod memory;
mod partition;

use super::{Gather, Integrated, Stated};
use crate::keyed::{By, Groups, Key, Table};
use crate::stage::{Arrival, Integrator};
use memory::Keyed;

impl<T: Send, K: Key, I: Integrator<T> + Sync> Gather<T, By<K>> for Integrated<I> {
    type Memory = Keyed<K, T, I::State>;
    type Output = Groups<K, I::Output>;

    const COSTLY: bool = true;

    /// For the order of the groups.
    fn in_order(&self) -> bool {
        true
    }

    fn exact(&self) -> bool {
        self.0.exact()
    }

    fn is_shared(&self) -> bool {
        self.0.arrival() == Arrival::Any
    }

    fn enter(&self, memory: &mut Self::Memory, lane: u32) {
        memory.enter(lane, &self.0);
    }

    fn memory(&self, _: usize) -> Self::Memory {
        Keyed::new()
    }

    #[inline(always)]
    fn fold(&self, memory: &mut Self::Memory, By(key): By<K>, value: T) {
        memory.fold(key, value, &self.0);
    }

    fn merge(&self, memory: &mut Self::Memory, other: Self::Memory) {
        memory.merge(other, &self.0);
    }

    fn merge_and_reuse(&self, memory: &mut Self::Memory, other: Self::Memory) -> Option<Self::Memory> {
        Some(memory.merge(other, &self.0))
    }

    fn draft(&self, _: usize) -> Self::Memory {
        Keyed::draft()
    }

    fn seal(&self, memory: &mut Self::Memory) -> Option<Self::Memory> {
        Some(memory.seal(&self.0))
    }

    fn weight(&self, memory: &Self::Memory) -> usize {
        memory.len()
    }

    fn combine(&self, memories: Vec<Self::Memory>) -> Self::Memory {
        Keyed::of_result(combine::combine(memories, &self.0))
    }

    fn finish(&self, memory: Self::Memory) -> Self::Output {
        let finish = |table: Table<K, I::State>| table.map(|state| self.0.finish(state));
        Groups::new(memory.done.into_iter().map(finish).collect())
    }
}

impl<T: Send, K: Key, I: Integrator<T> + Sync> Stated<T, By<K>> for Integrated<I> {
    type State = I::State;

    fn states(&self, memory: Self::Memory) -> Vec<(By<K>, I::State)> {
        memory.done.into_iter().flat_map(Table::into_entries).map(|(key, state)| (By(key), state)).collect()
    }
}
