//! Groups: what comes out by key, how it is looked up, and in which order it comes.

use microbatch::prelude::*;
use microbatch::{Key, fixed_hash};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::time::{Duration, Instant};

/// Of each key: how often, the sum of its places, the first place.
type Found = (u64, usize, Option<usize>);

fn run<K: Key>(keys: &[K], size: usize, threads: usize) -> Groups<K, Found> {
    let engine = Engine::builder().threads(threads).build().unwrap();
    let places: Vec<usize> = (0..keys.len()).collect();
    let pipeline = Pipeline::over(&places).partitioner(Chunks::of(size)).on(&engine).copied();
    pipeline.key_by(|place| keys[*place].clone()).integrator((Count, Sum, Min)).run()
}

/// In the order in which they should come: by first appearance up to 1,024 groups, more by 128 partitions of the fixed hash.
fn oracle<K: Key>(keys: &[K]) -> Vec<(K, Found)> {
    let mut groups: Vec<(K, Found)> = Vec::new();
    let mut places: HashMap<&K, usize> = HashMap::new();
    for (place, key) in keys.iter().enumerate() {
        let at = *places.entry(key).or_insert(groups.len());
        if at == groups.len() {
            groups.push((key.clone(), (0, 0, Some(place))));
        }
        groups[at].1.0 += 1;
        groups[at].1.1 += place;
    }
    if groups.len() > 1024 {
        groups.sort_by_key(|(key, _)| fixed_hash(key) >> 57);
    }
    groups
}

/// One thread and one batch, many threads and many batches: each key with its result, in the promised order, found by lookup.
fn check<K: Key + Ord + Debug>(keys: &[K]) {
    let expected = oracle(keys);
    for (size, threads) in [(usize::MAX, 1), (keys.len() / 300 + 1, 3)] {
        let groups = run(keys, size, threads);
        assert_eq!(groups.len(), expected.len());
        assert_eq!(groups.is_empty(), expected.is_empty());
        let found: Vec<(K, Found)> = groups.iter().map(|(key, found)| (key.clone(), *found)).collect();
        assert!(found == expected, "{} keys in batches of {size}", expected.len());
        assert!(expected.iter().all(|(key, found)| groups.get(key) == Some(found)));
        assert!(groups.clone().into_iter().eq(expected.iter().cloned()));
        assert!(groups.clone().into_hash_map() == expected.iter().cloned().collect());
        assert!(groups.into_sorted() == expected.iter().cloned().collect::<BTreeMap<_, _>>().into_iter().collect::<Vec<_>>());
    }
}

fn scattered(count: u64) -> Vec<u64> {
    (0..count).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect()
}

#[test]
fn distinct_keys_of_every_number_are_all_found() {
    check(&scattered(0));
    check(&scattered(1));
    check(&scattered(1024));
    check(&scattered(1025));
    check(&scattered(16_384));
    check(&scattered(16_385));
}

#[test]
fn very_many_distinct_keys_are_all_found() {
    check(&scattered(200_000));
}

#[test]
fn keys_that_appear_again_are_joined() {
    let again = |distinct: u64, times: u64| (0..distinct * times).map(|n| n * 7 % distinct).collect::<Vec<_>>();
    check(&again(1024, 3));
    check(&again(1025, 3));
    check(&again(16_384, 2));
    check(&again(16_385, 2));
    // Few records a key, so that most pass the full table by; then the same keys again.
    check(&again(60_000, 2));
}

#[test]
fn skewed_keys_are_joined() {
    let hot: Vec<u64> = (0..60_000).map(|n| if n % 10 == 0 { n } else { 7 }).collect();
    check(&hot);
    check(&vec![7u64; 20_000]);
    // The n-th most frequent key about 1/n of the time (Zipf).
    let zipf: Vec<u64> = (0..60_000u64).map(|n| 30_000 / (fixed_hash(&n) % 30_000 + 1)).collect();
    check(&zipf);
    let tail: Vec<u64> = (0..60_000u64).map(|n| if n % 3 == 0 { n } else { fixed_hash(&n) % 20 }).collect();
    check(&tail);
}

#[test]
fn sorted_input_is_as_good_as_any() {
    check(&(0..60_000u64).map(|n| n / 3).collect::<Vec<_>>());
    check(&(0..30_000i32).rev().collect::<Vec<_>>());
}

#[test]
fn keys_of_every_kind_are_found() {
    let strings: Vec<String> = (0..30_000).map(|n| format!("key {}", n % 11_000)).collect();
    check(&strings);
    check(&strings.iter().map(String::as_str).collect::<Vec<_>>());
    check(&(0..10_000u32).map(|n| (n % 100, format!("{}", n % 37), n % 2 == 0)).collect::<Vec<_>>());
    check(&(0..10_000u32).map(|n| (n % 3 > 0).then_some(n / 2)).collect::<Vec<_>>());
    check(&(0..5_000u32).map(|n| vec![n as u8; n as usize % 40]).collect::<Vec<_>>());
    check(&(0..5_000i32).map(|n| TotalOrder(f64::from(n % 1_500 - 700) / 3.0)).collect::<Vec<_>>());
    check(&[(); 100]);
}

#[test]
fn groups_of_strings_are_looked_up_by_str() {
    for distinct in [3, 5_000] {
        let keys: Vec<String> = (0..distinct).map(|n| n.to_string()).collect();
        let owned = Pipeline::over(&keys).key_by(|key| key.to_string()).integrator(Count).run();
        assert_eq!(owned.get("2"), Some(&1));
        assert_eq!(owned.get(&"2".to_string()), Some(&1));
        assert_eq!(owned.get("x"), None);
        let borrowed = Pipeline::over(&keys).key_by(|key| key.as_str()).integrator(Count).run();
        assert_eq!((borrowed.get("2"), borrowed.get("")), (Some(&1), None));
        let slices = Pipeline::over(&keys).key_by(|key| key.as_bytes().to_vec()).integrator(Count).run();
        assert_eq!((slices.get(&b"2"[..]), slices.get(&b"x"[..])), (Some(&1), None));
        assert!((0..distinct).all(|n| slices.get(n.to_string().as_bytes()) == Some(&1)));
    }
}

#[test]
fn iterators_know_their_length() {
    for distinct in [0u32, 5, 3_000] {
        let groups = Pipeline::over(0..2 * distinct).key_by(|n| n / 2).integrator(Count).run();
        let mut iter = groups.iter();
        for left in (0..distinct as usize).rev() {
            iter.next().unwrap();
            assert_eq!((iter.len(), iter.size_hint()), (left, (left, Some(left))));
        }
        assert!(iter.next().is_none());
        let mut iter = groups.clone().into_iter();
        for left in (0..distinct as usize).rev() {
            iter.next().unwrap();
            assert_eq!((iter.len(), iter.size_hint()), (left, (left, Some(left))));
        }
        assert!(iter.next().is_none());
    }
}

#[test]
fn groups_are_equal_in_whatever_order() {
    for distinct in [4u32, 4_000] {
        let count = |data: Vec<u32>| Pipeline::over(data).key_by(move |n| n % distinct).integrator(Count).run();
        let forwards = count((0..2 * distinct).collect());
        let backwards = count((0..2 * distinct).rev().collect());
        assert_eq!(forwards, backwards);
        assert_eq!(forwards, forwards.clone());
        assert_ne!(forwards.iter().next(), backwards.iter().next());
        assert_ne!(forwards, count((0..2 * distinct - 1).collect()), "one less of a key");
        assert_ne!(forwards, count((0..distinct - 1).collect()), "a key less");
        assert_ne!(count((0..distinct - 1).collect()), count((1..distinct).collect()), "another key");
    }
}

#[test]
fn groups_print_as_a_map_does() {
    let words = ["to", "be", "or", "not", "to", "be"];
    let counts = Pipeline::over(&words).key_by(|w| **w).integrator(Count).run();
    assert_eq!(format!("{counts:?}"), r#"{"to": 2, "be": 2, "or": 1, "not": 1}"#);
    let none = Pipeline::over(&words[..0]).key_by(|w| **w).integrator(Count).run();
    assert_eq!(format!("{none:?}"), "{}");
}

/// A key whose `Hash` is poor: 2,000 of them have one hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Colliding(u32);

impl Hash for Colliding {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u32(self.0.max(2_000));
    }
}

#[test]
fn keys_of_equal_hash_are_told_apart() {
    check(&(0..100_000).map(Colliding).collect::<Vec<_>>());
    check(&(0..6_000).map(|n| Colliding(n % 2_000)).collect::<Vec<_>>());
    let groups = run(&(0..4_000).map(Colliding).collect::<Vec<_>>(), 100, 2);
    assert_eq!(groups.get(&Colliding(4_000)), None);
}

/// Keys that differ in their high bits alone, or in few bits, must not share places: that would take quadratic time, which for 100,000
/// of them is minutes.
#[test]
fn keys_that_look_alike_take_no_quadratic_time() {
    check_time(|n| n << 32);
    check_time(|n| n << 47);
    check_time(|n| n * 65_536);
    check_time(u64::swap_bytes);
    check_time(u64::reverse_bits);
}

fn check_time(key: fn(u64) -> u64) {
    let began = Instant::now();
    let counts = Pipeline::over(0..100_000u64).key_by(|n| key(*n)).integrator(Count).run();
    assert_eq!(counts.len(), 100_000);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
