//! Who competes: one a file, each with the works that it offers.

use crate::contestant::Contestant;
use crate::work::Work;

mod ironbeam;
mod microbatch;
mod pipe_io;
mod rayon;
pub mod renoir;
pub mod timely;

/// The columns of the table.
pub const NAMES: [&str; 10] =
    ["microbatch", "rayon", "renoir", "timely", "ironbeam", "pipe-io", "polars", "duckdb", "datafusion", "sequential"];

/// Those of this program, microbatch first.
pub fn of(work: Work) -> Vec<Contestant> {
    let all = [microbatch::offers, rayon::offers, renoir::offers, timely::offers, ironbeam::offers, pipe_io::offers];
    all.into_iter().flat_map(|offers| offers(work)).collect()
}

pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The part of the data that the worker `index` of `peers` takes.
fn shard<T>(data: &'static [T], index: usize, peers: usize) -> &'static [T] {
    let size = data.len().div_ceil(peers);
    &data[(index * size).min(data.len())..((index + 1) * size).min(data.len())]
}
