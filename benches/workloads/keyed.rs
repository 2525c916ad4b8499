//! Sums by key: the best of what one writes by hand for few keys, and for many.

use super::{Contestant, Table, Visit, contestant, numbers, table};
use microbatch::prelude::*;
use rayon::prelude::*;

type Row = (u32, u64);
type Map = Table<u32, u64>;

const PARTITIONS: usize = 64;

pub fn hundred(scale: usize, name: &str, visit: Visit<'_>) {
    uniform(100, scale, name, visit);
}

pub fn ten_thousand(scale: usize, name: &str, visit: Visit<'_>) {
    uniform(10_000, scale, name, visit);
}

pub fn hundred_thousand(scale: usize, name: &str, visit: Visit<'_>) {
    uniform(100_000, scale, name, visit);
}

pub fn million(scale: usize, name: &str, visit: Visit<'_>) {
    uniform(1_000_000, scale, name, visit);
}

pub fn ten_million(scale: usize, name: &str, visit: Visit<'_>) {
    uniform(10_000_000, scale, name, visit);
}

fn uniform(keys: u64, scale: usize, name: &str, visit: Visit<'_>) {
    let rows = numbers(20_000_000 / scale).map(|n| ((((n >> 32) * keys) >> 32) as u32, n & 1023)).collect();
    compete(rows, name, visit);
}

/// Keys by the law of Zipf, exponent 1: the inverse of an exponential, cut at a million.
pub fn zipf(scale: usize, name: &str, visit: Visit<'_>) {
    let key = |n: u64| ((1e6f64.powf((n >> 11) as f64 / (1u64 << 53) as f64)) as u32).wrapping_mul(0x9E37_79B9);
    let rows = numbers(20_000_000 / scale).map(|n| (key(n), n & 1023)).collect();
    compete(rows, name, visit);
}

/// What it costs that floats are the same to the bit, where batches are small: each has a table of its own, unless the run is relaxed.
pub fn relaxed(scale: usize, name: &str, visit: Visit<'_>) {
    let rows: Vec<(u32, f64)> = numbers(20_000_000 / scale).map(|n| ((((n >> 32) * 10_000) >> 32) as u32, (n & 1023) as f64)).collect();
    let over = || Pipeline::over(&rows).partitioner(Chunks::of(4096)).key_by(|row| row.0).map(|row| row.1).integrator(Sum);
    let checksum = |groups: Groups<u32, f64>| groups.iter().fold(0u64, |all, (key, sum)| all.wrapping_add(entry(*key, *sum as u64)));
    let contestants: [Contestant<'_>; 2] =
        [contestant("microbatch", || over().run(), checksum), contestant("microbatch, relaxed", || over().relaxed().run(), checksum)];
    visit(name, rows.len(), &contestants);
}

fn compete(rows: Vec<Row>, name: &str, visit: Visit<'_>) {
    let contestants: [Contestant<'_>; 4] = [
        contestant("microbatch", || Pipeline::over(&rows).key_by(|row| row.0).map(|row| row.1).integrator(Sum).run(), of_groups),
        contestant("rayon, tables merged", || merged(&rows), of_map),
        contestant("rayon, radix partitions", || radix(&rows), of_maps),
        contestant("sequential", || sequential(&rows), of_map),
    ];
    visit(name, rows.len(), &contestants);
}

fn entry(key: u32, sum: u64) -> u64 {
    u64::from(key).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ sum.wrapping_mul(0xC2B2_AE3D_27D4_EB4F)
}

fn of_groups(groups: Groups<u32, u64>) -> u64 {
    groups.iter().fold(groups.len() as u64, |all, (key, sum)| all.wrapping_add(entry(*key, *sum)))
}

fn of_map(map: Map) -> u64 {
    map.iter().fold(map.len() as u64, |all, (key, sum)| all.wrapping_add(entry(*key, *sum)))
}

fn of_maps(maps: Vec<Map>) -> u64 {
    maps.into_iter().fold(0, |all, map| all.wrapping_add(of_map(map)))
}

fn sequential(rows: &[Row]) -> Map {
    let mut map = table();
    rows.iter().for_each(|(key, value)| *map.entry(*key).or_default() += value);
    map
}

/// A table a chunk, merged pairwise.
fn merged(rows: &[Row]) -> Map {
    let merge = |a: Map, b: Map| {
        let (mut large, small) = if a.len() < b.len() { (b, a) } else { (a, b) };
        small.into_iter().for_each(|(key, sum)| *large.entry(key).or_default() += sum);
        large
    };
    let chunk = rows.len().div_ceil(4 * rayon::current_num_threads()).max(1);
    rows.par_chunks(chunk).map(sequential).reduce(table, merge)
}

/// Rows by the high bits of a multiplicative hash, then a table a partition.
fn radix(rows: &[Row]) -> Vec<Map> {
    let chunk = rows.len().div_ceil(4 * rayon::current_num_threads()).max(1);
    let parted: Vec<Vec<Vec<Row>>> = rows.par_chunks(chunk).map(part).collect();
    let of_partition = |partition: usize| {
        let mut map = table();
        parted.iter().flat_map(|parts| &parts[partition]).for_each(|(key, value)| *map.entry(*key).or_default() += value);
        map
    };
    (0..PARTITIONS).into_par_iter().map(of_partition).collect()
}

fn part(rows: &[Row]) -> Vec<Vec<Row>> {
    let mut parts: Vec<Vec<Row>> = (0..PARTITIONS).map(|_| Vec::with_capacity(rows.len() / PARTITIONS * 9 / 8)).collect();
    rows.iter().for_each(|row| parts[(row.0.wrapping_mul(0x9E37_79B9) >> 26) as usize].push(*row));
    parts
}
