use super::{Contestant, Visit, contestant, numbers, sequence};
use microbatch::prelude::*;
use rayon::prelude::*;

pub fn sort(scale: usize, name: &str, visit: Visit<'_>) {
    let data: Vec<u64> = numbers(20_000_000 / scale).collect();
    let by_rayon = || {
        let mut sorted = data.clone();
        sorted.par_sort_unstable();
        sorted
    };
    let stable = || {
        let mut sorted = data.clone();
        sorted.par_sort();
        sorted
    };
    let sequential = || {
        let mut sorted = data.clone();
        sorted.sort_unstable();
        sorted
    };
    let contestants: [Contestant<'_>; 4] = [
        contestant("microbatch", || Pipeline::over(&data).copied().sort().run(), sequence),
        contestant("rayon", by_rayon, sequence),
        contestant("rayon, stable", stable, sequence),
        contestant("sequential", sequential, sequence),
    ];
    visit(name, data.len(), &contestants);
}
