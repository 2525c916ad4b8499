//! What is computed of the values of each of ten thousand keys.

use super::state::{Average, Best, Extent, Moments, State, of_average, of_best, of_extent};
use super::{Visit, against, by_hand, contestant, of_groups};
use crate::workloads::numbers;
use microbatch::prelude::*;

fn rows<V>(scale: usize, value: impl Fn(u64) -> V) -> Vec<(u32, V)> {
    numbers(20_000_000 / scale).map(|n| ((((n >> 32) * 10_000) >> 32) as u32, value(n & 0xF_FFFF))).collect()
}

/// A row in which microbatch folds with `$integrator`, and those by hand with a `$state`.
macro_rules! row {
    ($name:ident, $integrator:expr, $state:ty, $digest:expr, $value:expr) => {
        pub fn $name(scale: usize, name: &str, visit: Visit<'_>) {
            let rows = rows(scale, $value);
            let run = || Pipeline::over(&rows).key_by(|row| row.0).map(|row| row.1).integrator($integrator).run();
            let ours = contestant("microbatch", run, |groups| of_groups(&groups, $digest));
            visit(name, rows.len(), &against(ours, by_hand::integers::<$state, _, _, _>(&rows, |row| *row)));
        }
    };
}

row!(mean_and_count, (Mean, Count), Average, |(mean, count)| of_average(*mean, *count), |n| n);
row!(least_and_greatest, (Min, Max), Extent, |(least, greatest)| of_extent(least.unwrap_or(0), greatest.unwrap_or(0)), |n| n);
row!(best, TopK::by_key(5, |n: &u64| *n), Best<5>, |best| of_best(best), |n| n);
row!(own, Deviation, Moments, State::digest, |n| n);
row!(floats, Sum, f64, |sum| sum.to_bits(), |n| n as f64);

/// An integrator of a user, who wrote the four methods and no more.
struct Deviation;

impl Integrator<u64> for Deviation {
    type State = Moments;
    type Output = Moments;

    fn init(&self) -> Moments {
        Moments::default()
    }

    fn fold(&self, state: &mut Moments, value: u64) {
        state.fold(value);
    }

    fn merge(&self, state: &mut Moments, other: Moments) {
        state.merge(other);
    }

    fn finish(&self, state: Moments) -> Moments {
        state
    }
}

/// What it costs that floats are the same to the bit, where batches are small: each has a table of its own, unless the run is relaxed.
pub fn relaxed(scale: usize, name: &str, visit: Visit<'_>) {
    let rows = rows(scale, |n| n as f64);
    let over = || Pipeline::over(&rows).partitioner(Chunks::of(4096)).key_by(|row| row.0).map(|row| row.1).integrator(Sum);
    let digest = |groups: Groups<u32, f64>| of_groups(&groups, |sum| sum.to_bits());
    let ours = [contestant("microbatch", || over().run(), digest), contestant("microbatch, relaxed", || over().relaxed().run(), digest)];
    visit(name, rows.len(), &ours);
}
