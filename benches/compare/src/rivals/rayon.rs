//! By hand on rayon: the best that we know how to write in a page.

use crate::answer::{self, Weather};
use crate::contestant::Contestant;
use crate::text::{self, Blocks, Table, table};
use crate::top;
use crate::work::{Row, Work};
use ::rayon::prelude::*;
use std::path::Path;

const NAME: &str = "rayon";
const PARTITIONS: usize = 64;

pub fn offers(work: Work) -> Vec<Contestant> {
    match work {
        Work::Sum(data) => vec![Contestant::new(NAME, "", move || data.par_iter().sum::<u64>(), |sum| sum)],
        Work::Keyed(rows) => vec![
            Contestant::new(NAME, "tables merged", move || merged(rows), answer::keyed),
            Contestant::new(NAME, "radix partitions", move || radix(rows), |tables| answer::keyed(tables.into_iter().flatten())),
        ],
        Work::Sort(data) => vec![
            Contestant::new(NAME, "unstable", move || sorted(data, |all| all.par_sort_unstable()), of_sequence),
            Contestant::new(NAME, "stable", move || sorted(data, |all| all.par_sort()), of_sequence),
        ],
        Work::Collect(data) => vec![Contestant::new(NAME, "", move || data.par_iter().map(|n| n * 3 + 1).collect(), of_sequence)],
        Work::Filter(data) => vec![Contestant::new(NAME, "", move || filter(data), |kept| answer::bag(&kept))],
        Work::Top(data) => vec![Contestant::new(NAME, "", move || greatest(data), of_sequence)],
        Work::Words(path) => vec![Contestant::new(NAME, "", move || words(path), answer::words)],
        Work::Stations(path) => vec![Contestant::new(NAME, "", move || stations(path), answer::stations)],
    }
}

fn of_sequence(values: Vec<u64>) -> u64 {
    answer::sequence(&values)
}

fn pieces<T: Sync>(data: &[T]) -> ::rayon::slice::Chunks<'_, T> {
    data.par_chunks(data.len().div_ceil(4 * super::cores()).max(1))
}

fn sums(rows: &[Row]) -> Table<u32, u64> {
    let mut sums = table();
    rows.iter().for_each(|(key, value)| *sums.entry(*key).or_default() += value);
    sums
}

/// A table a piece, merged pairwise.
fn merged(rows: &[Row]) -> Table<u32, u64> {
    pieces(rows).map(sums).reduce(table, larger(text::add))
}

/// Merges the smaller of two tables into the larger.
fn larger<K: Eq + std::hash::Hash, V>(join: fn(&mut V, V)) -> impl Fn(Table<K, V>, Table<K, V>) -> Table<K, V> {
    move |a, b| {
        let (mut large, small) = if a.len() < b.len() { (b, a) } else { (a, b) };
        text::merge(&mut large, small, join);
        large
    }
}

/// Rows by the high bits of a multiplicative hash, then a table a partition.
fn radix(rows: &[Row]) -> Vec<Table<u32, u64>> {
    let parted: Vec<Vec<Vec<Row>>> = pieces(rows).map(part).collect();
    let of_partition = |partition: usize| {
        let mut sums = table();
        parted.iter().flat_map(|parts| &parts[partition]).for_each(|(key, value)| *sums.entry(*key).or_default() += value);
        sums
    };
    (0..PARTITIONS).into_par_iter().map(of_partition).collect()
}

fn part(rows: &[Row]) -> Vec<Vec<Row>> {
    let mut parts: Vec<Vec<Row>> = (0..PARTITIONS).map(|_| Vec::with_capacity(rows.len() / PARTITIONS * 9 / 8)).collect();
    rows.iter().for_each(|row| parts[(row.0.wrapping_mul(0x9E37_79B9) >> 26) as usize].push(*row));
    parts
}

fn sorted(data: &[u64], sort: impl Fn(&mut Vec<u64>)) -> Vec<u64> {
    let mut all = data.to_vec();
    sort(&mut all);
    all
}

fn filter(data: &[u64]) -> Vec<u64> {
    data.par_iter().copied().filter(|n| !n.is_multiple_of(3)).collect()
}

/// The ten greatest of each piece, then those of all.
fn greatest(data: &[u64]) -> Vec<u64> {
    let of_piece = |piece: &[u64]| {
        let mut best = Vec::new();
        piece.iter().for_each(|value| top::offer(&mut best, *value));
        best
    };
    let join = |mut best, more| {
        top::merge(&mut best, more);
        best
    };
    pieces(data).map(of_piece).reduce(Vec::new, join)
}

fn words(path: &Path) -> Table<String, u64> {
    by_block(path, text::count_words, text::add)
}

fn stations(path: &Path) -> Table<String, Weather> {
    by_block(path, text::measure_lines, text::join)
}

/// The blocks of a file into a table a piece of work, merged.
fn by_block<V: Send>(path: &Path, fill: fn(&mut Table<String, V>, &str), join: fn(&mut V, V)) -> Table<String, V> {
    let blocks = Blocks::of(path);
    let count = blocks.count() as usize;
    let of_block = |mut filled, block: usize| {
        fill(&mut filled, &blocks.read(block as u64));
        filled
    };
    let least = count.div_ceil(4 * super::cores()).max(1);
    (0..count).into_par_iter().with_min_len(least).fold(table, of_block).reduce(table, larger(join))
}
