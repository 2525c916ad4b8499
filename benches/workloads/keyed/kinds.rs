//! Keys of many types.

use super::{Visit, against, by_hand, checksum, contestant, of_groups, our_sum, sum};
use crate::workloads::numbers;
use microbatch::prelude::*;

fn rank(n: u64, keys: u64) -> u64 {
    ((n >> 32) * keys) >> 32
}

/// All 64 bits of the key say something.
pub fn wide(scale: usize, name: &str, visit: Visit<'_>) {
    let key = |n| rank(n, 100_000).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    let rows: Vec<(u64, u64)> = numbers(20_000_000 / scale).map(|n| (key(n), n & 1023)).collect();
    sum(&rows, name, visit);
}

pub fn pair(scale: usize, name: &str, visit: Visit<'_>) {
    let key = |n| (rank(n, 300) as u32, rank(n << 16, 300) as u32);
    let rows: Vec<((u32, u32), u64)> = numbers(20_000_000 / scale).map(|n| (key(n), n & 1023)).collect();
    sum(&rows, name, visit);
}

/// A key of several fields, of different widths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Shelf {
    country: [u8; 2],
    shop: u32,
    number: u16,
    cooled: bool,
}

pub fn structure(scale: usize, name: &str, visit: Visit<'_>) {
    let shelf = |n: u64| Shelf {
        country: [b'A' + (n % 5) as u8, b'Z'],
        shop: n as u32 % 1_000 * 37,
        number: (n / 1_000 % 50) as u16,
        cooled: n.is_multiple_of(5),
    };
    let rows: Vec<(Shelf, u64)> = numbers(10_000_000 / scale).map(|n| (shelf(rank(n, 50_000)), n & 1023)).collect();
    visit(name, rows.len(), &against(our_sum(&rows), by_hand::any::<u64, _, _, _>(&rows, |row| *row)));
}

/// Keys that own their bytes. By hand a key is looked up by what it borrows, and cloned once: microbatch can do so too.
pub fn owned(scale: usize, name: &str, visit: Visit<'_>) {
    let rows: Vec<(String, u64)> = numbers(5_000_000 / scale).map(|n| (format!("customer {:05}", rank(n, 20_000)), n & 1023)).collect();
    let digest = |groups: Groups<String, u64>| of_groups(&groups, |sum| *sum);
    let ours =
        contestant("microbatch", || Pipeline::over(&rows).key_by(|row| row.0.clone()).map(|row| row.1).integrator(Sum).run(), digest);
    let borrowed = || {
        let groups = Pipeline::over(&rows).key_by(|row| row.0.as_str()).map(|row| row.1).integrator(Sum).run();
        groups.into_iter().map(|(key, sum)| (key.to_owned(), sum)).collect::<Vec<_>>()
    };
    let by_hand = by_hand::owned::<u64, _, _>(&rows, |row| (row.0.as_str(), row.1));
    let mut all = against(ours, by_hand);
    all.push(contestant("microbatch, keys owned at the end", borrowed, |sums| checksum(sums.into_iter())));
    visit(name, rows.len(), &all);
}

/// Words as they come in a novel: few are frequent, many are rare.
pub fn words(scale: usize, name: &str, visit: Visit<'_>) {
    let text = include_str!("../../../examples/data/moby-dick.txt").repeat((50 / scale).max(1));
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let ours = contestant(
        "microbatch",
        || Pipeline::over(&words).key_by(|word| **word).integrator(Count).run(),
        |groups| of_groups(&groups, |count| *count),
    );
    visit(name, words.len(), &against(ours, by_hand::any::<u64, _, _, _>(&words, |word| (*word, 1))));
}
