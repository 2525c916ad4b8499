//! Integration by key.
//!
//! Each memory keeps one table, bounded to a part of a third-level cache. While it grows, and when it is full, the reduction it achieves
//! decides: where it was good, the table's entries are moved into 128 partitions by the fixed hash of their keys, and a new table begins; where
//! most keys were new, records go straight to the partitions for a while. At the end each partition is merged by itself, in
//! parallel, and the groups stay partitioned. (The two phases are those of morsel-driven parallelism, Leis et al. 2014; passing
//! records by where a table does not reduce them is from Müller et al., Cache-Efficient Aggregation, 2015.)
//!
//! The order of the groups depends on the records alone: what enters a partition first appears in the data first.

use super::{Gather, Integrated, Panes};
use crate::data::{Pane, Rope, Window, bucket};
use crate::keyed::{By, FLAT, Groups, Key, Numbered, PARTITIONS, Table};
use crate::stage::Integrator;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// Entries of a full table: with its index some 3 MiB for small states, a part of a third-level cache.
const FULL: usize = 128 * 1024;
/// When a growing table is looked at, and how many of the records that filled it must have had a key that was there already. Of N keys
/// drawn evenly, n different ones come with about n * n / 2N repetitions: with fewer than these there are some 130 thousand keys or
/// more, and the table will not pay.
const LOOKS: [(usize, usize); 2] = [(2 * 1024, 16), (16 * 1024, 1024)];
/// How many records an entry of a full table must stand for: a new entry, and moving it out, cost as much as half a dozen records that
/// pass the table by.
const PAYS: usize = 6;
/// Records that pass a useless table by before it is tried again, at least; each time in turn twice as many.
const PASS: usize = 64 * 1024;
/// Memories that are merged one after another; groups of so many side by side.
const GROUP: usize = 16;

/// State by key.
pub struct Keyed<K, S> {
    table: Numbered<K, S>,
    /// Records folded into the table.
    folded: usize,
    /// Records that are still to pass the table by ..
    passing: usize,
    /// .. and how many will the next time.
    pass: usize,
    /// By partition, once there was more than the table holds.
    spilled: Vec<Rope<(K, S)>>,
    /// The result of combining.
    done: Vec<Table<K, S>>,
}

impl<K, S> std::fmt::Debug for Keyed<K, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyed").field("len", &self.table.len()).finish_non_exhaustive()
    }
}

impl<K: Key, S> Keyed<K, S> {
    fn new() -> Self {
        Keyed { table: Numbered::new(), folded: 0, passing: 0, pass: PASS, spilled: Vec::new(), done: Vec::new() }
    }

    /// A record that passes the table by.
    fn pass(&mut self, key: K, state: S) {
        self.passing -= 1;
        self.spilled[bucket(&key, PARTITIONS)].push((key, state));
    }

    /// Adds a key that is new to the table, and looks whether that is still of use.
    #[cold]
    fn add(&mut self, key: K, state: S) {
        self.table.insert(key, state);
        let len = self.table.len();
        let useless = match LOOKS.iter().find(|(at, _)| *at == len) {
            Some((_, repeated)) => self.folded - len < *repeated,
            None => len >= FULL && self.folded < PAYS * len,
        };
        if useless {
            self.passing = self.pass.max(4 * self.folded);
            self.pass *= 2;
        }
        if useless || len >= FULL {
            self.spill();
        }
    }

    /// Moves the table's entries into the partitions.
    fn spill(&mut self) {
        if self.spilled.is_empty() {
            self.spilled.resize_with(PARTITIONS, Rope::default);
        }
        for (key, state) in self.table.drain() {
            self.spilled[bucket(&key, PARTITIONS)].push((key, state));
        }
        self.folded = 0;
    }

    fn absorb(&mut self, key: K, state: S, merge: impl FnOnce(&mut S, S)) {
        if self.passing > 0 {
            return self.pass(key, state);
        }
        self.folded += 1;
        match self.table.get_mut(&key) {
            Some(known) => merge(known, state),
            None => self.add(key, state),
        }
    }

    /// Takes everything out of another memory.
    fn merge(&mut self, other: &mut Self, merge: impl Fn(&mut S, S)) {
        if !other.spilled.is_empty() {
            self.spill();
            for (mine, theirs) in self.spilled.iter_mut().zip(std::mem::take(&mut other.spilled)) {
                mine.append(theirs);
            }
        }
        for (key, state) in other.table.drain() {
            self.absorb(key, state, &merge);
        }
    }

    fn len(&self) -> usize {
        self.table.len() + self.spilled.iter().map(Rope::len).sum::<usize>()
    }
}

/// Merges small memories, none of which has spilled: `GROUP` by `GROUP`, so that the groups can be merged side by side.
fn flatten<K: Key, S: Send>(memories: Vec<Keyed<K, S>>, split: bool, merge: &(impl Fn(&mut S, S) + Sync)) -> Keyed<K, S> {
    let mut memories = memories.into_iter();
    let mut groups = Vec::new();
    while memories.len() > 0 {
        groups.push(memories.by_ref().take(GROUP).collect::<Vec<_>>());
    }
    let one = |group: Vec<Keyed<K, S>>| {
        let mut all = Keyed::new();
        group.into_iter().for_each(|mut memory| all.merge(&mut memory, merge));
        all
    };
    one(if split { groups.into_par_iter().map(one).collect() } else { groups.into_iter().map(one).collect() })
}

/// Merges each partition by itself.
fn by_partition<K: Key, S: Send>(memories: Vec<Keyed<K, S>>, split: bool, merge: &(impl Fn(&mut S, S) + Sync)) -> Vec<Table<K, S>> {
    let mut partitions: Vec<Rope<(K, S)>> = (0..PARTITIONS).map(|_| Rope::default()).collect();
    for mut memory in memories {
        memory.spill();
        for (partition, entries) in partitions.iter_mut().zip(memory.spilled) {
            partition.append(entries);
        }
    }
    let one = |partition: Rope<(K, S)>| {
        let mut table = Table::default();
        for (key, state) in partition.into_pieces().into_iter().flatten() {
            table.absorb(key, state, merge);
        }
        table
    };
    if split { partitions.into_par_iter().map(one).collect() } else { partitions.into_iter().map(one).collect() }
}

impl<T, K: Key, I: Integrator<T> + Sync> Gather<T, By<K>> for Integrated<I> {
    type Memory = Keyed<K, I::State>;
    type Output = Groups<K, I::Output>;

    const COSTLY: bool = true;

    /// For the order of the groups.
    fn in_order(&self) -> bool {
        true
    }

    fn exact(&self) -> bool {
        self.0.exact()
    }

    fn memory(&self, _: usize) -> Self::Memory {
        Keyed::new()
    }

    #[inline]
    fn fold(&self, memory: &mut Self::Memory, By(key): By<K>, value: T) {
        if memory.passing > 0 {
            let mut state = self.0.init();
            self.0.fold(&mut state, value);
            return memory.pass(key, state);
        }
        memory.folded += 1;
        match memory.table.get_mut(&key) {
            Some(state) => self.0.fold(state, value),
            None => {
                let mut state = self.0.init();
                self.0.fold(&mut state, value);
                memory.add(key, state);
            }
        }
    }

    fn merge(&self, memory: &mut Self::Memory, mut other: Self::Memory) {
        memory.merge(&mut other, |state, more| self.0.merge(state, more));
    }

    fn merge_and_reuse(&self, memory: &mut Self::Memory, mut other: Self::Memory) -> Option<Self::Memory> {
        memory.merge(&mut other, |state, more| self.0.merge(state, more));
        Some(Keyed { table: other.table, ..Keyed::new() })
    }

    /// Large tables are cut into partitions here, where the workers share the work.
    fn seal(&self, memory: &mut Self::Memory) {
        if memory.table.len() > FLAT || !memory.spilled.is_empty() {
            memory.spill();
        }
    }

    fn weight(&self, memory: &Self::Memory) -> usize {
        memory.len()
    }

    fn combine(&self, mut memories: Vec<Self::Memory>) -> Self::Memory {
        let merge = |state: &mut I::State, more| self.0.merge(state, more);
        let split = rayon::current_thread_index().is_some();
        if memories.iter().all(|memory| memory.spilled.is_empty()) {
            let mut all = flatten(memories, split, &merge);
            if all.spilled.is_empty() && all.table.len() <= FLAT {
                return Keyed { done: vec![all.table.drain().collect()], ..Keyed::new() };
            }
            memories = vec![all];
        }
        Keyed { done: by_partition(memories, split, &merge), ..Keyed::new() }
    }

    fn finish(&self, memory: Self::Memory) -> Self::Output {
        let finish = |table: Table<K, I::State>| table.map(|state| self.0.finish(state));
        Groups::new(memory.done.into_iter().map(finish).collect())
    }
}

impl<T, K: Key + Ord, I: Integrator<T> + Sync> Panes<T, By<K>> for Integrated<I> {
    type Key = K;
    type Value = I::Output;

    fn panes(output: Groups<K, I::Output>) -> Vec<Pane<K, I::Output>> {
        output.into_sorted().into_iter().map(|(key, value)| Pane::new(key, Window::ALL, value)).collect()
    }
}
