use super::{Contestant, Visit, contestant, numbers};
use microbatch::prelude::*;
use rayon::prelude::*;

fn same(sum: u64) -> u64 {
    sum
}

pub fn sum(scale: usize, name: &str, visit: Visit<'_>) {
    let data: Vec<u64> = numbers(100_000_000 / scale).map(|n| n >> 32).collect();
    let contestants: [Contestant<'_>; 3] = [
        contestant("microbatch", || Pipeline::over(&data).integrator(Sum).run(), same),
        contestant("rayon", || data.par_iter().sum::<u64>(), same),
        contestant("sequential", || data.iter().sum::<u64>(), same),
    ];
    visit(name, data.len(), &contestants);
}

pub fn chain(scale: usize, name: &str, visit: Visit<'_>) {
    let data: Vec<u64> = numbers(100_000_000 / scale).map(|n| n >> 32).collect();
    let square = |n: &u64| (n * n) >> 8;
    let keep = |n: &u64| !n.is_multiple_of(3);
    let mix = |n: u64| n ^ (n >> 7);
    let contestants = [
        contestant("microbatch", || Pipeline::over(&data).map(square).filter(keep).map(mix).integrator(Sum).run(), same),
        contestant("rayon", || data.par_iter().map(square).filter(keep).map(mix).sum::<u64>(), same),
        contestant("sequential", || data.iter().map(square).filter(keep).map(mix).sum::<u64>(), same),
    ];
    visit(name, data.len(), &contestants);
}
