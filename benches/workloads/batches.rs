use super::{Contestant, Visit, contestant, numbers};
use microbatch::prelude::*;
use rayon::prelude::*;

fn same(sum: u64) -> u64 {
    sum
}

fn step(n: &u64) -> u64 {
    (n * n) >> 8
}

/// Batches of a given size: what the engine costs a batch.
pub fn of(size: usize, scale: usize, name: &str, visit: Visit<'_>) {
    let data: Vec<u64> = numbers(16_000_000 / scale).map(|n| n >> 32).collect();
    let contestants: [Contestant<'_>; 3] = [
        contestant("microbatch", || Pipeline::over(&data).partitioner(Chunks::of(size)).map(step).integrator(Sum).run(), same),
        contestant("rayon", || data.par_chunks(size).map(|chunk| chunk.iter().map(step).sum::<u64>()).sum::<u64>(), same),
        contestant("sequential", || data.iter().map(step).sum::<u64>(), same),
    ];
    visit(name, data.len(), &contestants);
}

/// A thousand small runs: what it costs to begin and end one.
pub fn small(_: usize, name: &str, visit: Visit<'_>) {
    const RUNS: usize = 1_000;
    let data: Vec<u64> = numbers(1_024).map(|n| n >> 32).collect();
    let engine = Engine::builder().threads(1).build().unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let work = |n: &u64| (0..4).fold(*n, |n, _| (n ^ (n >> 7)).wrapping_mul(0x9E37_79B9));
    let repeat = |run: &dyn Fn() -> u64| (0..RUNS).fold(0, |all: u64, _| all.wrapping_add(run()));
    let contestants: [Contestant<'_>; 3] = [
        contestant("microbatch", || repeat(&|| Pipeline::over(&data).map(work).on(&engine).integrator(Max).run().unwrap_or(0)), same),
        contestant("rayon", || repeat(&|| pool.install(|| data.par_iter().map(work).max().unwrap_or(0))), same),
        contestant("sequential", || repeat(&|| data.iter().map(work).max().unwrap_or(0)), same),
    ];
    visit(name, data.len() * RUNS, &contestants);
}
