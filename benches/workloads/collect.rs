use super::{Contestant, Visit, contestant, numbers, sequence};
use microbatch::prelude::*;
use rayon::prelude::*;

pub fn map(scale: usize, name: &str, visit: Visit<'_>) {
    let data: Vec<u64> = numbers(20_000_000 / scale).collect();
    let mix = |n: &u64| n ^ (n >> 7);
    let contestants: [Contestant<'_>; 3] = [
        contestant("microbatch", || Pipeline::over(&data).map(mix).run(), sequence),
        contestant("rayon", || data.par_iter().map(mix).collect(), sequence),
        contestant("sequential", || data.iter().map(mix).collect(), sequence),
    ];
    visit(name, data.len(), &contestants);
}

pub fn filter(scale: usize, name: &str, visit: Visit<'_>) {
    let data: Vec<u64> = numbers(20_000_000 / scale).collect();
    let keep = |n: &u64| !n.is_multiple_of(3);
    let contestants: [Contestant<'_>; 3] = [
        contestant("microbatch", || Pipeline::over(&data).copied().filter(keep).run(), sequence),
        contestant("rayon", || data.par_iter().copied().filter(keep).collect(), sequence),
        contestant("sequential", || data.iter().copied().filter(keep).collect(), sequence),
    ];
    visit(name, data.len(), &contestants);
}
