//! Keys of which some are frequent, or which come in an order.

use super::{Visit, sum, sum_of_many};
use crate::workloads::numbers;

const RECORDS: usize = 20_000_000;
const KEYS: f64 = 1e6;

type Rows = Vec<(u32, u64)>;

/// No two ranks in one place, and no rank near the next.
fn scatter(rank: f64) -> u32 {
    (rank as u32).wrapping_mul(0x9E37_79B9)
}

/// From 0 to 1.
fn share(n: u64) -> f64 {
    (n >> 11) as f64 / (1u64 << 53) as f64
}

/// Keys by the law of Zipf, exponent 1: the inverse of its distribution, taken as continuous.
pub fn zipf(scale: usize, name: &str, visit: Visit<'_>) {
    let rows: Rows = numbers(RECORDS / scale).map(|n| (scatter(KEYS.powf(share(n))), n & 1023)).collect();
    sum(&rows, name, visit);
}

/// Exponent 1.5: every other record has one of two keys.
pub fn steep(scale: usize, name: &str, visit: Visit<'_>) {
    let rank = |u: f64| (1.0 - u * (1.0 - KEYS.powf(-0.5))).powi(-2);
    let rows: Rows = numbers(RECORDS / scale).map(|n| (scatter(rank(share(n))), n & 1023)).collect();
    sum(&rows, name, visit);
}

pub fn hot(scale: usize, name: &str, visit: Visit<'_>) {
    let key = |n: u64| if n.is_multiple_of(10) { scatter(share(n) * KEYS) } else { 7 };
    let rows: Rows = numbers(RECORDS / scale).map(|n| (key(n), n & 1023)).collect();
    sum(&rows, name, visit);
}

/// Twenty records a key, side by side.
pub fn sorted(scale: usize, name: &str, visit: Visit<'_>) {
    let rows: Rows = numbers(RECORDS / scale).enumerate().map(|(at, n)| (at as u32 / 20, n & 1023)).collect();
    sum(&rows, name, visit);
}

pub fn different(scale: usize, name: &str, visit: Visit<'_>) {
    let rows: Rows = numbers(RECORDS / scale).enumerate().map(|(at, n)| (scatter(at as f64), n & 1023)).collect();
    sum_of_many(&rows, name, visit);
}
