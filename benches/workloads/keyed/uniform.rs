//! Keys that are all as frequent, from few to many.

use super::{Visit, sum, sum_of_many};
use crate::workloads::numbers;

type Rows = Vec<(u32, u64)>;

fn rows(keys: u64, scale: usize) -> Rows {
    numbers(20_000_000 / scale).map(|n| ((((n >> 32) * keys) >> 32) as u32, n & 1023)).collect()
}

pub fn of(keys: u64, scale: usize, name: &str, visit: Visit<'_>) {
    sum(&rows(keys, scale), name, visit);
}

pub fn ten_million(scale: usize, name: &str, visit: Visit<'_>) {
    sum_of_many(&rows(10_000_000, scale), name, visit);
}
