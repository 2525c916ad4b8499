//! Aggregation by key, each row with a subject of its own: how many keys, how skewed, of which type, what is computed of their values.

use super::{Contestant, Row, Visit, contestant};
use by_hand::Small;
use microbatch::prelude::*;
use microbatch::{Key, fixed_hash};
use std::hash::Hash;

mod aggregates;
mod by_hand;
mod flights;
mod fx;
mod kinds;
mod skew;
mod state;
mod uniform;

pub const ROWS: &[Row] = &[
    ("keyed sum 20 M, 100 keys", |scale, name, visit| uniform::of(100, scale, name, visit)),
    ("keyed sum 20 M, 10 thousand keys", |scale, name, visit| uniform::of(10_000, scale, name, visit)),
    ("keyed sum 20 M, 100 thousand keys", |scale, name, visit| uniform::of(100_000, scale, name, visit)),
    ("keyed sum 20 M, 1 million keys", |scale, name, visit| uniform::of(1_000_000, scale, name, visit)),
    ("keyed sum 20 M, 10 million keys", uniform::ten_million),
    ("keyed sum 20 M, all keys different", skew::different),
    ("keyed sum 20 M, Zipf over 1 million keys", skew::zipf),
    ("keyed sum 20 M, Zipf 1.5 over 1 million keys", skew::steep),
    ("keyed sum 20 M, one key in 90 %, 1 million others", skew::hot),
    ("keyed sum 20 M, sorted, 1 million keys", skew::sorted),
    ("keyed sum 20 M, keys u64 apart, 100 thousand", kinds::wide),
    ("keyed sum 20 M, keys (u32, u32), 90 thousand", kinds::pair),
    ("keyed sum 10 M, keys a struct, 50 thousand", kinds::structure),
    ("keyed sum 5 M, keys String, 20 thousand", kinds::owned),
    ("keyed count 10 M, words of the novel", kinds::words),
    ("keyed (mean, count) 20 M, 10 thousand keys", aggregates::mean_and_count),
    ("keyed (min, max) 20 M, 10 thousand keys", aggregates::least_and_greatest),
    ("keyed top 5 of 20 M, 10 thousand keys", aggregates::best),
    ("keyed integrator of a user 20 M, 10 thousand keys", aggregates::own),
    ("keyed sum of 20 M floats, 10 thousand keys", aggregates::floats),
    ("keyed sum of 20 M floats, 10 thousand keys, batches of 4,096", aggregates::relaxed),
    ("flights by carrier, (mean, count) 3 M", flights::by_carrier),
    ("flights by origin and destination, count 3 M", flights::by_route),
    ("flights by tail number, sum 3 M", flights::by_tail),
];

/// The sum of the values of each key, an integer or a few.
fn sum<K: Key + Small>(rows: &[(K, u64)], name: &str, visit: Visit<'_>) {
    visit(name, rows.len(), &against(our_sum(rows), by_hand::integers::<u64, _, _, _>(rows, |row| *row)));
}

/// The same where there are nearly as many keys as rows.
fn sum_of_many<K: Key + Small>(rows: &[(K, u64)], name: &str, visit: Visit<'_>) {
    visit(name, rows.len(), &against(our_sum(rows), by_hand::many::<u64, _, _, _>(rows, |row| *row)));
}

fn our_sum<K: Key + Small>(rows: &[(K, u64)]) -> Contestant<'_> {
    let run = move || Pipeline::over(rows).key_by(|row| row.0).map(|row| row.1).integrator(Sum).run();
    contestant("microbatch", run, |groups| of_groups(&groups, |sum| *sum))
}

/// Microbatch first, then who competes with it.
fn against<'d>(ours: Contestant<'d>, mut others: Vec<Contestant<'d>>) -> Vec<Contestant<'d>> {
    others.insert(0, ours);
    others
}

/// The checksum of what there is by key: no order counts.
fn checksum<K: Hash>(entries: impl Iterator<Item = (K, u64)>) -> u64 {
    let entry = |(key, digest): (K, u64)| fixed_hash(&key) ^ digest.wrapping_mul(0xC2B2_AE3D_27D4_EB4F).rotate_left(31);
    entries.fold(0, |all, one| all.wrapping_add(entry(one)))
}

fn of_groups<K: Key, V>(groups: &Groups<K, V>, digest: impl Fn(&V) -> u64) -> u64 {
    checksum(groups.iter().map(|(key, value)| (key, digest(value))))
}
