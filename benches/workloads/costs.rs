//! Records of unequal cost, against rayon's splitting on demand: how lanes and default batches are sized.

use super::{Contestant, Visit, contestant, numbers};
use microbatch::prelude::*;
use rayon::prelude::*;

/// A way to say what each record costs, in turns of a loop.
type Costs = fn(usize, u64) -> u64;

const KINDS: [(&str, Costs); 3] = [
    ("uniform", |_, _| 8),
    // A stretch of one in a hundred is a hundred times dearer.
    ("skewed", |place, _| if place % 100_000 < 1_000 { 800 } else { 8 }),
    // Pareto of alpha 1.2, up to ten thousand turns.
    ("heavy-tailed", |_, random| (2.0 / ((random as f64 + 1.0) / 4_294_967_296.0).powf(1.0 / 1.2)).min(10_000.0) as u64),
];

fn work(cost: &u64) -> u64 {
    (0..*cost).fold(*cost, |n, turn| (n ^ (n >> 7)).wrapping_mul(0x9E37_79B9).wrapping_add(turn))
}

pub fn rows(scale: usize, wanted: &dyn Fn(&str) -> bool, visit: Visit<'_>) {
    for (kind, cost) in KINDS {
        for records in [1_024, 100_000, 2_000_000] {
            let costs: Vec<u64> = numbers(records / scale.min(10)).enumerate().map(|(place, n)| cost(place, n >> 32)).collect();
            for threads in [1, 2, 4] {
                let name = format!("{records} records of {kind} cost, {threads} threads");
                if wanted(&name) {
                    row(&name, &costs, threads, visit);
                }
            }
        }
    }
}

fn row(name: &str, costs: &Vec<u64>, threads: usize, visit: Visit<'_>) {
    let engine = Engine::builder().threads(threads).build().unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let same = |sum| sum;
    let bits = |sum: f64| sum.to_bits() & !0xFFFF_FFFF;
    let float = |cost: &u64| work(cost) as f64;
    let exact: [Contestant<'_>; 3] = [
        contestant("microbatch", || Pipeline::over(costs).on(&engine).map(work).integrator(Max).run().unwrap_or(0), same),
        contestant("rayon", || pool.install(|| costs.par_iter().map(work).max().unwrap_or(0)), same),
        contestant("sequential", || costs.iter().map(work).max().unwrap_or(0), same),
    ];
    visit(name, costs.len(), &exact);
    let floats: [Contestant<'_>; 2] = [
        contestant("microbatch", || Pipeline::over(costs).on(&engine).map(float).integrator(Sum).run(), bits),
        contestant("rayon", || pool.install(|| costs.par_iter().map(float).sum::<f64>()), bits),
    ];
    visit(&format!("{name}, floats"), costs.len(), &floats);
}
