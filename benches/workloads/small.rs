//! Small runs of cheap records on an engine of all cores: none may cost more than the sequential iterator.

use super::{Contestant, Visit, contestant, numbers, table};
use microbatch::prelude::*;
use std::hint::black_box;

const SIZES: [usize; 6] = [1_024, 2_048, 4_096, 10_000, 30_000, 100_000];
/// Records over which a run is repeated, so that the clock can tell.
const RECORDS: usize = 3_000_000;

fn step(n: &u64) -> u64 {
    (n * n) >> 8
}

fn keep(n: &&u64) -> bool {
    !n.is_multiple_of(3)
}

pub fn rows(scale: usize, wanted: &dyn Fn(&str) -> bool, visit: Visit<'_>) {
    let engine = Engine::builder().build().unwrap();
    for size in SIZES {
        let data: Vec<u64> = numbers(size).map(|n| n >> 32).collect();
        let runs = RECORDS / size / scale + 1;
        let mut row = |what: &str, ours: &dyn Fn() -> u64, sequential: &dyn Fn() -> u64| {
            let name = format!("small runs of {size}: {what}");
            let repeat = |run: &dyn Fn() -> u64| (0..runs).fold(0, |all: u64, _| all.wrapping_add(black_box(run())));
            let contestants: [Contestant<'_>; 2] =
                [contestant("microbatch", || repeat(ours), |sum| sum), contestant("sequential", || repeat(sequential), |sum| sum)];
            if wanted(&name) {
                visit(&name, size * runs, &contestants);
            }
        };
        let over = || Pipeline::over(black_box(&data)).on(&engine);
        let iter = || black_box(&data).iter();
        row("sum", &|| over().integrator(Sum).run(), &|| iter().sum());
        row("map and sum", &|| over().map(step).integrator(Sum).run(), &|| iter().map(step).sum());
        row("map and max", &|| over().map(step).integrator(Max).run().unwrap_or(0), &|| iter().map(step).max().unwrap_or(0));
        row("filter and count", &|| over().filter(keep).integrator(Count).run(), &|| iter().filter(keep).count() as u64);
        row("map and collect", &|| black_box(over().map(step).run()).len() as u64, &|| {
            black_box(iter().map(step).collect::<Vec<_>>()).len() as u64
        });
        row("sum by key, 100 keys", &|| over().key_by(|n| **n % 100).integrator(Sum).run().len() as u64, &|| {
            let mut sums = table();
            iter().for_each(|n| *sums.entry(n % 100).or_insert(0) += n);
            sums.len() as u64
        });
    }
}
