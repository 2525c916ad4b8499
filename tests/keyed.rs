//! Aggregation by key in all that a memory does with records: a table, a frozen table, records that pass it by, drafts. The answers are those of
//! ordered maps, and the same to the bit, in the same order, whatever ran where.

use microbatch::prelude::*;
use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;

/// Wide states fill a table of so many bytes with few keys.
#[derive(Clone, Debug, PartialEq)]
struct Wide([u64; 64]);

/// A sum and a count in a state of half a kilobyte.
struct Padded {
    exact: bool,
}

impl Integrator<u64> for Padded {
    type State = Wide;
    type Output = (u64, u64);
    fn exact(&self) -> bool {
        self.exact
    }
    fn init(&self) -> Wide {
        Wide([0; 64])
    }
    fn fold(&self, state: &mut Wide, value: u64) {
        state.0[0] += value;
        state.0[63] += 1;
    }
    fn merge(&self, state: &mut Wide, other: Wide) {
        state.0[0] += other.0[0];
        state.0[63] += other.0[63];
    }
    fn finish(&self, state: Wide) -> (u64, u64) {
        (state.0[0], state.0[63])
    }
}

fn numbers(count: u64) -> impl Iterator<Item = u64> {
    (0..count).map(|n| {
        let z = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z ^ (z >> 29)
    })
}

/// Keys as they may come: few, many, all different, by the law of Zipf, in runs, in runs that change their kind on the way, strided.
fn shapes() -> Vec<(&'static str, Vec<u64>)> {
    const ROWS: u64 = 150_000;
    let drawn = |keys: u64| numbers(ROWS).map(|n| (n >> 20) % keys).collect::<Vec<_>>();
    let zipf = |keys: f64| numbers(ROWS).map(|n| keys.powf((n >> 11) as f64 / (1u64 << 53) as f64) as u64).collect::<Vec<_>>();
    let half = |a: Vec<u64>, b: Vec<u64>| [&a[..75_000], &b[..75_000]].concat();
    vec![
        ("few", drawn(10)),
        ("a thousand", drawn(1_030)),
        ("five thousand", drawn(5_000)),
        ("fifty thousand", drawn(50_000)),
        ("all different", (0..ROWS).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect()),
        ("a step apart", (0..ROWS).map(|n| (n % 3_000) << 44).collect()),
        ("Zipf", zipf(60_000.0)),
        ("runs", (0..ROWS).map(|n| n / 20).collect()),
        ("many, then few", half(drawn(50_000), drawn(10))),
        ("Zipf, then runs", half(zipf(60_000.0), (0..ROWS).map(|n| 1_000_000 + n / 20).collect())),
        ("one", vec![7; ROWS as usize]),
    ]
}

/// Sums and counts, as one loop makes them.
fn expected<K: Copy + Eq + Hash>(keys: &[K], values: &[u64]) -> HashMap<K, (u64, u64)> {
    let mut all: HashMap<K, (u64, u64)> = HashMap::new();
    for (key, value) in keys.iter().zip(values) {
        let entry = all.entry(*key).or_default();
        *entry = (entry.0 + value, entry.1 + 1);
    }
    all
}

fn engines() -> Vec<Engine> {
    [1, 2, 3, 8].map(|threads| Engine::builder().threads(threads).build().unwrap()).into()
}

/// What a pipeline gives on every engine: one thing.
fn one<R: PartialEq + Debug>(name: &str, run: impl Fn(&Engine) -> R) -> R {
    let mut all = engines().into_iter().map(|engine| run(&engine));
    let first = all.next().unwrap();
    all.for_each(|other| assert!(other == first, "{name}: threads make a difference"));
    first
}

type Listed<K, V> = Vec<(K, V)>;

#[test]
fn sums_are_right_in_every_shape_and_in_one_order() {
    for (name, keys) in shapes() {
        let rows: Vec<(u64, u64)> = keys.iter().copied().zip(0..).collect();
        let values: Vec<u64> = rows.iter().map(|row| row.1).collect();
        let expected = expected(&keys, &values);
        let over = || Pipeline::over(&rows).partitioner(Chunks::of(1_000)).key_by(|row| row.0).map(|row| row.1);
        let listed = |groups: Groups<u64, (u64, u64)>| groups.into_iter().collect::<Listed<_, _>>();
        let narrow = one(name, |engine| listed(over().on(engine).integrator((Sum, Count)).run()));
        assert!(narrow.iter().copied().collect::<HashMap<_, _>>() == expected, "{name}");
        assert_eq!(narrow.len(), expected.len(), "{name}");
        for exact in [true, false] {
            let wide = one(name, |engine| listed(over().on(engine).integrator(Padded { exact }).run()));
            assert!(wide == narrow, "{name}: the order of the keys is that of the data");
        }
        let backwards = Priority::by(|task: &Task| u64::from(task.seq));
        let permuted = one(name, |engine| listed(over().on(engine).scheduler(backwards).integrator((Sum, Count)).run()));
        assert!(permuted == narrow, "{name}: backwards");
    }
}

#[test]
fn values_of_a_key_stay_in_their_order() {
    for (name, keys) in shapes() {
        let rows: Vec<(u64, u64)> = keys.iter().copied().zip(0..).collect();
        let mut expected: HashMap<u64, Vec<u64>> = HashMap::new();
        rows.iter().for_each(|(key, value)| expected.entry(*key).or_default().push(*value));
        let over = || Pipeline::over(&rows).partitioner(Chunks::of(1_000)).key_by(|row| row.0).map(|row| row.1);
        let lists = one(name, |engine| over().on(engine).integrator(Collect).run().into_hash_map());
        assert!(lists == expected, "{name}");
        let least = |values: &Vec<u64>| values.iter().rev().take(3).copied().collect::<Vec<_>>();
        let top = one(name, |engine| over().on(engine).integrator(TopK::by_key(3, |n: &u64| *n)).run().into_hash_map());
        assert!(top.len() == expected.len() && top.iter().all(|(key, top)| *top == least(&expected[key])), "{name}");
    }
}

/// Floats of many sizes, so that any other grouping shows in the last bits.
fn floats() -> Vec<(u64, f64)> {
    let (_, keys) = shapes().swap_remove(6);
    keys.into_iter().zip(numbers(u64::MAX)).map(|(key, n)| (key, (n % 1_000_003) as f64 * 0.1)).collect()
}

#[test]
fn floats_are_the_same_to_the_bit_under_any_scheduler_and_policy() {
    let rows = floats();
    let bits = |groups: Groups<u64, f64>| groups.into_iter().map(|(key, sum)| (key, sum.to_bits())).collect::<Listed<_, _>>();
    for size in [700, 4_096, 50_000] {
        let over = || Pipeline::over(&rows).partitioner(Chunks::of(size)).key_by(|row| row.0).map(|row| row.1);
        let plain = one("floats", |engine| bits(over().on(engine).integrator(Sum).run()));
        for seed in 0..3u64 {
            let shuffled = Priority::by(move |task: &Task| u64::from(task.seq).wrapping_mul(2 * seed + 0x9E37_79B9) % 1_000);
            let permuted = one("shuffled", |engine| bits(over().on(engine).scheduler(shuffled).integrator(Sum).run()));
            assert!(permuted == plain, "batches of {size}");
        }
        let kept = one("kept", |engine| {
            let tried = over().try_map(Ok::<f64, String>).on_failure(Retry::times(2)).on(engine);
            bits(tried.integrator(Sum).try_run().unwrap())
        });
        assert!(kept == plain, "kept batches of {size}");
        let sum: f64 = plain.iter().map(|(_, sum)| f64::from_bits(*sum)).sum();
        let relaxed: f64 = over().relaxed().integrator(Sum).run().into_iter().map(|(_, sum)| sum).sum();
        assert!((sum / relaxed - 1.0).abs() < 1e-9);
    }
}

/// A batch that is run again counts once, in groups and in tables that lanes share.
#[test]
fn a_batch_that_failed_leaves_nothing_behind() {
    use std::sync::atomic::{AtomicU64, Ordering};
    let keys: Vec<u64> = (0..40_000).map(|n| n % 5_000).collect();
    let failures = AtomicU64::new(0);
    let once = |n: &u64| match n % 1_000 == 999 && failures.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
        true => Err("busy".to_string()),
        false => Ok(1.0),
    };
    let over = || Pipeline::over(&keys).partitioner(Chunks::of(500)).key_by(|n| **n).try_map(once).on_failure(Retry::times(50));
    let counts = over().integrator((Sum, Count)).try_run().unwrap();
    assert!(failures.load(Ordering::Relaxed) > 10);
    assert!(counts.len() == 5_000 && counts.iter().all(|(_, count)| *count == (8.0, 8)));
    let counts = over().integrator(Count).try_run().unwrap();
    assert!(counts.len() == 5_000 && counts.iter().all(|(_, count)| *count == 8));
}

/// Owned keys and values, of which each must be dropped once: leaks and double drops would show in the counts of `Arc`.
#[test]
fn owned_keys_and_values_are_neither_lost_nor_kept() {
    use std::sync::Arc;
    let token = Arc::new(());
    for (name, keys) in shapes() {
        let rows: Vec<(String, Arc<()>)> = keys.iter().map(|key| (format!("key {key}"), token.clone())).collect();
        let groups = Pipeline::over(rows).key_by(|row| row.0.clone()).map(|row| row.1).integrator(Collect).run();
        assert_eq!(Arc::strong_count(&token), keys.len() + 1, "{name}");
        drop(groups);
        assert_eq!(Arc::strong_count(&token), 1, "{name}");
    }
}

/// Keys that all land in one place of a table, whatever its size, were the hash a plain one.
#[test]
fn keys_made_to_collide_take_no_quadratic_time() {
    let began = std::time::Instant::now();
    for shift in [0, 16, 32, 40, 44] {
        let keys: Vec<u64> = (0..100_000u64).map(|n| n << shift).collect();
        assert_eq!(
            Pipeline::over(&keys).key_by(|n| **n).integrator(Count).run().len(),
            keys.iter().collect::<std::collections::HashSet<_>>().len()
        );
    }
    let mut fixed: Vec<u64> = numbers(3_000_000).filter(|n| microbatch::fixed_hash(n) >> 57 == 5).collect();
    fixed.dedup();
    assert_eq!(Pipeline::over(&fixed).key_by(|n| **n).integrator(Count).run().len(), fixed.len());
    assert!(began.elapsed().as_secs() < 60);
}
