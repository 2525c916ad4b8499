//! The bounded rows of the scoreboard: each as a sequential loop, by hand on rayon, and with microbatch, over the same data.

use ahash::RandomState;
use numbers::numbers;
use std::collections::HashMap;
use std::hint::black_box;

mod batches;
mod collect;
mod costs;
mod keyed;
mod numbers;
mod small;
mod sort;
mod sum;
mod text;
mod top;

/// What a contestant leaves: computes the checksum of its result, outside the clock.
pub type Answer<'d> = Box<dyn FnOnce() -> u64 + 'd>;

/// One way to do the work of a row.
pub struct Contestant<'d> {
    pub name: &'static str,
    pub run: Box<dyn Fn() -> Answer<'d> + 'd>,
}

/// A contestant out of what it computes and the checksum of that.
pub fn contestant<'d, R: 'd>(name: &'static str, run: impl Fn() -> R + 'd, checksum: impl Fn(R) -> u64 + Copy + 'd) -> Contestant<'d> {
    let run = move || -> Answer<'d> {
        let result = black_box(run());
        Box::new(move || checksum(result))
    };
    Contestant { name, run: Box::new(run) }
}

/// What is done with a row whose data have been made: `records` of them, and who competes.
pub type Visit<'v> = &'v mut dyn FnMut(&str, usize, &[Contestant<'_>]);

/// A row: its name, and what makes its data and visits it. The number divides the sizes, for a trial.
pub type Row = (&'static str, fn(usize, &str, Visit<'_>));

const FIRST: &[Row] = &[("sum 100 M u64", sum::sum), ("map filter map sum 100 M", sum::chain)];

const LAST: &[Row] = &[
    ("sort 20 M u64", sort::sort),
    ("top 10 of 20 M", |scale, name, visit| top::of(10, scale, name, visit)),
    ("top 1,000 of 20 M", |scale, name, visit| top::of(1_000, scale, name, visit)),
    ("top 1,000 of 20 M, ascending", |scale, name, visit| top::ascending(1_000, scale, name, visit)),
    ("collect in order 20 M", collect::map),
    ("filter and collect 20 M", collect::filter),
    ("word count, 100 copies of the novel", text::words),
    ("measurements by station, 10 M rows of text", text::stations),
    ("16 M records in batches of 64", |scale, name, visit| batches::of(64, scale, name, visit)),
    ("16 M records in batches of 1,024", |scale, name, visit| batches::of(1_024, scale, name, visit)),
    ("16 M records in batches of 65,536", |scale, name, visit| batches::of(65_536, scale, name, visit)),
    ("1,024 records on one thread", batches::small),
];

/// Makes the data of one row after the other, and visits it.
pub fn rows(scale: usize, wanted: &dyn Fn(&str) -> bool, visit: Visit<'_>) {
    for (name, make) in [FIRST, keyed::ROWS, LAST].into_iter().flatten() {
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
    HashMap::with_hasher(seeds())
}

/// Of ahash, the same in every process.
pub fn seeds() -> RandomState {
    RandomState::with_seeds(1, 2, 3, 4)
}

/// The checksum of a sequence: its order counts.
pub fn sequence(values: Vec<u64>) -> u64 {
    values.iter().fold(values.len() as u64, |sum, value| sum.rotate_left(5) ^ value)
}
