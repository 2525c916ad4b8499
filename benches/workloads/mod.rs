//! The bounded rows of the scoreboard: each as a sequential loop, by hand on rayon, and with microbatch, over the same data.

use ahash::RandomState;
use std::collections::HashMap;
use std::hint::black_box;

mod batches;
mod collect;
mod costs;
mod keyed;
mod small;
mod sort;
mod sum;
mod text;

/// What a contestant leaves: computes the checksum of its result, outside the clock.
pub type Answer = Box<dyn FnOnce() -> u64>;

/// One way to do the work of a row.
pub struct Contestant<'d> {
    pub name: &'static str,
    pub run: Box<dyn Fn() -> Answer + 'd>,
}

/// A contestant out of what it computes and the checksum of that.
pub fn contestant<'d, R: 'static>(name: &'static str, run: impl Fn() -> R + 'd, checksum: fn(R) -> u64) -> Contestant<'d> {
    let run = move || -> Answer {
        let result = black_box(run());
        Box::new(move || checksum(result))
    };
    Contestant { name, run: Box::new(run) }
}

/// What is done with a row whose data have been made: `records` of them, and who competes.
pub type Visit<'v> = &'v mut dyn FnMut(&str, usize, &[Contestant<'_>]);

/// Makes the data of one row after the other, and visits it. `scale` divides the sizes, for a trial.
pub fn rows(scale: usize, wanted: &dyn Fn(&str) -> bool, visit: Visit<'_>) {
    let all: [(&str, fn(usize, &str, Visit<'_>)); 18] = [
        ("sum 100 M u64", sum::sum),
        ("map filter map sum 100 M", sum::chain),
        ("keyed sum 20 M, 100 keys", keyed::hundred),
        ("keyed sum 20 M, 10 thousand keys", keyed::ten_thousand),
        ("keyed sum 20 M, 100 thousand keys", keyed::hundred_thousand),
        ("keyed sum 20 M, 1 million keys", keyed::million),
        ("keyed sum 20 M, 10 million keys", keyed::ten_million),
        ("keyed sum 20 M, Zipf over 1 million keys", keyed::zipf),
        ("keyed sum of 20 M floats, 10 thousand keys, batches of 4,096", keyed::relaxed),
        ("sort 20 M u64", sort::sort),
        ("collect in order 20 M", collect::map),
        ("filter and collect 20 M", collect::filter),
        ("word count, 100 copies of the novel", text::words),
        ("measurements by station, 10 M rows of text", text::stations),
        ("16 M records in batches of 64", |scale, name, visit| batches::of(64, scale, name, visit)),
        ("16 M records in batches of 1,024", |scale, name, visit| batches::of(1_024, scale, name, visit)),
        ("16 M records in batches of 65,536", |scale, name, visit| batches::of(65_536, scale, name, visit)),
        ("1,024 records on one thread", batches::small),
    ];
    for (name, make) in all {
        if wanted(name) {
            make(scale, name, visit);
        }
    }
    small::rows(scale, wanted, visit);
    costs::rows(scale, wanted, visit);
}

/// The table that contestants written by hand use: with ahash, as microbatch does inside.
pub type Table<K, V> = HashMap<K, V, RandomState>;

pub fn table<K, V>() -> Table<K, V> {
    HashMap::with_hasher(RandomState::with_seeds(1, 2, 3, 4))
}

/// Pseudo-random numbers by SplitMix64.
pub fn numbers(count: usize) -> impl Iterator<Item = u64> {
    let mut state = 0u64;
    (0..count).map(move |_| {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    })
}

/// The checksum of a sequence: its order counts.
pub fn sequence(values: Vec<u64>) -> u64 {
    values.iter().fold(values.len() as u64, |sum, value| sum.rotate_left(5) ^ value)
}
