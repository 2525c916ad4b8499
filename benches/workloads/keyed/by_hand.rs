//! What one writes by hand on rayon: tables merged, which is best for few keys, and radix partitions, best for many. The sizes of chunks
//! and the number of partitions are the best of those that were measured.

use super::fx::Fx;
use super::state::State;
use super::{Contestant, checksum, contestant};
use crate::workloads::seeds;
use rayon::prelude::*;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};

const PARTITIONS: usize = 256;
const CHUNK: usize = 256 * 1024;

/// How a row is taken apart: its key, and the value that is folded.
pub trait Split<'d, R: 'd, K, V>: Fn(&'d R) -> (K, V) + Copy + Send + Sync + 'd {}
impl<'d, R: 'd, K, V, F: Fn(&'d R) -> (K, V) + Copy + Send + Sync + 'd> Split<'d, R, K, V> for F {}

/// What radix partitions hold copies of.
pub trait Small: Copy + Default + Send + Sync {}
impl<T: Copy + Default + Send + Sync> Small for T {}

/// Who competes where keys are of any type: with ahash, as microbatch does inside.
pub fn any<'d, S, R, K, V>(rows: &'d [R], split: impl Split<'d, R, K, V>) -> Vec<Contestant<'d>>
where
    S: State<V> + 'd,
    R: Sync,
    K: Small + Eq + Hash + 'd,
    V: Small + 'd,
{
    vec![
        contestant("rayon, tables merged", move || tables::<S, _, _, _, _>(rows, split, &seeds()), of_table),
        contestant("rayon, radix partitions", move || radix::<S, _, _, _, _>(rows, split, &seeds()), of_tables),
        contestant("sequential", move || sequential::<S, _, _, _, _>(rows, split, &seeds()), of_table),
    ]
}

/// Who competes where keys are integers: the same, and with a multiplicative hash.
pub fn integers<'d, S, R, K, V>(rows: &'d [R], split: impl Split<'d, R, K, V>) -> Vec<Contestant<'d>>
where
    S: State<V> + 'd,
    R: Sync,
    K: Small + Eq + Hash + 'd,
    V: Small + 'd,
{
    let mut all = any::<S, _, _, _>(rows, split);
    all.push(contestant("rayon, tables merged, Fx", move || tables::<S, _, _, _, _>(rows, split, &Fx::default()), of_table));
    all.push(contestant("rayon, radix partitions, Fx", move || radix::<S, _, _, _, _>(rows, split, &Fx::default()), of_tables));
    all
}

/// Who competes where there are nearly as many keys as rows: merging tables is out of the question.
pub fn many<'d, S, R, K, V>(rows: &'d [R], split: impl Split<'d, R, K, V>) -> Vec<Contestant<'d>>
where
    S: State<V> + 'd,
    R: Sync,
    K: Small + Eq + Hash + 'd,
    V: Small + 'd,
{
    let mut all = integers::<S, _, _, _>(rows, split);
    all.retain(|contestant| contestant.name.contains("radix"));
    all
}

/// Who competes where results own their keys: looked up by what is borrowed of them and cloned once at the end, or cloned a row.
pub fn owned<'d, S, R, V>(rows: &'d [R], split: impl Split<'d, R, &'d str, V>) -> Vec<Contestant<'d>>
where
    S: State<V> + 'd,
    R: Sync,
    V: Small + 'd,
{
    let cloned = move |row: &'d R| (split(row).0.to_owned(), split(row).1);
    vec![
        contestant("rayon, tables merged", move || own(tables::<S, _, _, _, _>(rows, split, &seeds())), of_table),
        contestant("rayon, tables merged, keys cloned a row", move || tables::<S, _, _, _, _>(rows, cloned, &seeds()), of_table),
        contestant(
            "rayon, radix partitions",
            move || radix::<S, _, _, _, _>(rows, split, &seeds()).into_iter().map(own).collect(),
            of_tables,
        ),
        contestant("sequential", move || own(sequential::<S, _, _, _, _>(rows, split, &seeds())), of_table),
    ]
}

fn own<S, H: BuildHasher + Clone>(table: HashMap<&str, S, H>) -> HashMap<String, S, H> {
    let mut owned = HashMap::with_capacity_and_hasher(table.len(), table.hasher().clone());
    owned.extend(table.into_iter().map(|(key, state)| (key.to_owned(), state)));
    owned
}

fn of_table<K: Hash, V, S: State<V>, H>(table: HashMap<K, S, H>) -> u64 {
    checksum(table.iter().map(|(key, state)| (key, state.digest())))
}

fn of_tables<K: Hash, V, S: State<V>, H>(tables: Vec<HashMap<K, S, H>>) -> u64 {
    tables.into_iter().fold(0, |all, table| all.wrapping_add(of_table(table)))
}

fn sequential<'d, S, R, K, V, H>(rows: &'d [R], split: impl Split<'d, R, K, V>, hasher: &H) -> HashMap<K, S, H>
where
    S: State<V>,
    K: Eq + Hash,
    H: BuildHasher + Clone,
{
    let mut table: HashMap<K, S, H> = HashMap::with_hasher(hasher.clone());
    rows.iter().map(split).for_each(|(key, value)| table.entry(key).or_default().fold(value));
    table
}

/// A table a thread, the smaller merged into the larger.
fn tables<'d, S, R, K, V, H>(rows: &'d [R], split: impl Split<'d, R, K, V>, hasher: &H) -> HashMap<K, S, H>
where
    S: State<V>,
    R: Sync,
    K: Eq + Hash + Send,
    H: BuildHasher + Clone + Send + Sync,
{
    let merge = |a: HashMap<K, S, H>, b: HashMap<K, S, H>| {
        let (mut large, small) = if a.len() < b.len() { (b, a) } else { (a, b) };
        small.into_iter().for_each(|(key, state)| large.entry(key).or_default().merge(state));
        large
    };
    let chunk = rows.len().div_ceil(rayon::current_num_threads()).max(1);
    let tables = rows.par_chunks(chunk).map(|rows| sequential(rows, split, hasher));
    tables.reduce(|| HashMap::with_hasher(hasher.clone()), merge)
}

/// A chunk's keys and values side by side by partition, and where each partition begins.
struct Parted<K, V> {
    rows: Vec<(K, V)>,
    starts: Vec<usize>,
}

impl<K: Small + Hash, V: Small> Parted<K, V> {
    /// Counts first, so that each row is written once, to its place.
    fn of<'d, R>(rows: &'d [R], split: impl Split<'d, R, K, V>, hasher: &impl BuildHasher) -> Self {
        // Bits of which a table takes none: it looks at the low ones, and at the seven highest.
        let place = |key: &K| (hasher.hash_one(key) >> 48) as usize % PARTITIONS;
        let mut starts = vec![0; PARTITIONS + 1];
        rows.iter().map(split).for_each(|(key, _)| starts[place(&key) + 1] += 1);
        (0..PARTITIONS).for_each(|partition| starts[partition + 1] += starts[partition]);
        let mut next = starts.clone();
        let mut parted = vec![(K::default(), V::default()); rows.len()];
        for (key, value) in rows.iter().map(split) {
            let at = &mut next[place(&key)];
            parted[*at] = (key, value);
            *at += 1;
        }
        Parted { rows: parted, starts }
    }

    fn partition(&self, partition: usize) -> &[(K, V)] {
        &self.rows[self.starts[partition]..self.starts[partition + 1]]
    }
}

/// Chunks into partitions by their keys' hash, then a table a partition.
fn radix<'d, S, R, K, V, H>(rows: &'d [R], split: impl Split<'d, R, K, V>, hasher: &H) -> Vec<HashMap<K, S, H>>
where
    S: State<V>,
    R: Sync,
    K: Small + Eq + Hash,
    V: Small + 'd,
    H: BuildHasher + Clone + Send + Sync,
{
    let parted: Vec<Parted<K, V>> = rows.par_chunks(CHUNK).map(|rows| Parted::of(rows, split, hasher)).collect();
    let of_partition = |partition: usize| {
        let mut table: HashMap<K, S, H> = HashMap::with_hasher(hasher.clone());
        let rows = parted.iter().flat_map(|chunk| chunk.partition(partition));
        rows.for_each(|(key, value)| table.entry(*key).or_default().fold(*value));
        table
    };
    (0..PARTITIONS).into_par_iter().map(of_partition).collect()
}
