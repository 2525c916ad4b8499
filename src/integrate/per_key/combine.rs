//! What becomes of all memories of a run: one table of results, or one a partition.

use super::memory::Keyed;
use super::partition::{Partition, Run, first};
use crate::data::bucket;
use crate::keyed::{FLAT, InlineTable, Key, PARTITIONS, Table};
use crate::stage::Integrator;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where a key comes so often, a table that is quick to look up pays, although it must be put in order at the end.
const OFTEN: usize = 4;
/// One part in so many is added to a guess of how many keys there are.
const SPARE: usize = 16;

/// Takes a run into a table, of whichever kind.
macro_rules! absorb {
    ($table:ident, $run:expr, $integrator:ident) => {
        match $run {
            Run::States(states) => {
                for (key, state) in states {
                    $table.absorb(key, state, |state| state, |known, state| $integrator.merge(known, state));
                }
            }
            Run::Values(values) => {
                for (key, value) in values {
                    $table.absorb(key, value, |value| first(value, $integrator), |state, value| $integrator.fold(state, value));
                }
            }
        }
    };
}

/// Merges memories in the order of their lanes, and of one lane in that of the memories.
pub(super) fn combine<K, T, I>(memories: Vec<Keyed<K, T, I::State>>, integrator: &I) -> Vec<Table<K, I::State>>
where
    K: Key,
    T: Send,
    I: Integrator<T> + Sync,
{
    if memories.iter().any(Keyed::is_large) { by_partition(memories, integrator) } else { flat(memories, integrator) }
}

/// Memories of few keys each.
fn flat<K: Key, T, I: Integrator<T>>(memories: Vec<Keyed<K, T, I::State>>, integrator: &I) -> Vec<Table<K, I::State>> {
    let mut runs: Vec<_> = memories.into_iter().flat_map(|mut memory| memory.drain()).collect();
    runs.sort_by_key(|(lane, _)| *lane);
    let mut table = Table::default();
    runs.into_iter().for_each(|(_, states)| absorb!(table, Run::<K, T, I::State>::States(states), integrator));
    if table.len() <= FLAT {
        return vec![table];
    }
    let mut tables: Vec<Table<K, I::State>> = (0..PARTITIONS).map(|_| Table::default()).collect();
    for (key, state) in table.into_entries() {
        tables[bucket(&key, PARTITIONS)].absorb(key, state, |state| state, |_, _| {});
    }
    tables
}

/// Each partition by itself.
fn by_partition<K, T, I>(memories: Vec<Keyed<K, T, I::State>>, integrator: &I) -> Vec<Table<K, I::State>>
where
    K: Key,
    T: Send,
    I: Integrator<T> + Sync,
{
    let mut partitions: Vec<Vec<Partition<K, T, I::State>>> = (0..PARTITIONS).map(|_| Vec::new()).collect();
    for memory in each(memories, |memory| memory.into_partitions(integrator)) {
        partitions.iter_mut().zip(memory).for_each(|(all, one)| all.push(one));
    }
    // How many keys a partition had so far, at most: as the fixed hash deals them out evenly, the others have about as many.
    let most = AtomicUsize::new(0);
    each(partitions, |partition| {
        let known = most.load(Ordering::Relaxed);
        let table = one(partition, known, integrator);
        most.fetch_max(table.len(), Ordering::Relaxed);
        table
    })
}

/// Does something with each; side by side inside a rayon pool.
fn each<A: Send, B: Send>(all: Vec<A>, f: impl Fn(A) -> B + Send + Sync) -> Vec<B> {
    match rayon::current_thread_index() {
        Some(_) => all.into_par_iter().map(f).collect(),
        None => all.into_iter().map(f).collect(),
    }
}

/// One partition of all memories, of which others had up to `known` keys.
fn one<K: Key, T, I: Integrator<T>>(partition: Vec<Partition<K, T, I::State>>, known: usize, integrator: &I) -> Table<K, I::State> {
    let entries: usize = partition.iter().map(Partition::len).sum();
    let mut runs: Vec<_> = partition.into_iter().flat_map(Partition::into_runs).collect();
    runs.sort_by_key(|(lane, _)| *lane);
    let runs = runs.into_iter().map(|(_, run)| run);
    let room = known + known / SPARE;
    if known > 0 && entries / known >= OFTEN {
        let mut table = InlineTable::with_room(room);
        runs.for_each(|run| absorb!(table, run, integrator));
        return table.drain().collect();
    }
    let mut table = Table::with_room(room);
    runs.for_each(|run| absorb!(table, run, integrator));
    table
}
