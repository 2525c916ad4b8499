//! Collecting, sorting and selecting where there is much: the paths that small data do not take.

use microbatch::prelude::*;
use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::Relaxed};

const LARGE: usize = 100_000;

fn engines() -> Vec<Engine> {
    [1, 2, 3, 8].map(|threads| Engine::builder().threads(threads).build().unwrap()).into()
}

fn random(count: usize) -> Vec<u64> {
    let mix = |n: u64| (n ^ (n >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (0..count as u64).map(|n| mix(mix(n + 1)) >> 8).collect()
}

/// Compared by the first alone: which of equal ones goes first can be seen.
#[derive(Clone, Copy, Debug)]
struct Tied(u64, usize);

impl Ord for Tied {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Tied {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Tied {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Tied {}

fn pairs(values: &[Tied]) -> Vec<(u64, usize)> {
    values.iter().map(|value| (value.0, value.1)).collect()
}

/// Sorts these keys in every way, on several numbers of threads, in place and not.
fn check_sort(name: &str, keys: &[u64]) {
    let data: Vec<Tied> = keys.iter().zip(0..).map(|(key, n)| Tied(*key, n)).collect();
    let mut sorted = data.clone();
    sorted.sort();
    let sorted = pairs(&sorted);
    for engine in engines() {
        let name = format!("{name} on {} threads", engine.threads());
        let over = || Pipeline::over(&data).on(&engine);
        assert_eq!(pairs(&over().copied().sort().run()), sorted, "{name}");
        assert_eq!(pairs(&over().filter(|_| true).copied().sort().run()), sorted, "{name}, filtered");
        assert_eq!(pairs(&over().copied().sort_by_key(|value| value.0).run()), sorted, "{name}, by key");
        assert_eq!(
            pairs(&over().copied().sort_by_key(|value| format!("{:020}", value.0)).run()),
            sorted,
            "{name}, by a key that owns memory"
        );
        let refs: Vec<Tied> = over().sort_by_key(|value| value.0).run().into_iter().copied().collect();
        assert_eq!(pairs(&refs), sorted, "{name}, references");
        assert_eq!(
            pairs(&Pipeline::over(data.clone()).on(&engine).scheduler(LongestFirst).sort().run()),
            sorted,
            "{name}, owned and scheduled"
        );
    }
}

#[test]
fn sorting_is_stable_whatever_the_data_look_like() {
    let keys = random(LARGE);
    let of = |f: &dyn Fn(usize) -> u64| (0..LARGE).map(f).collect::<Vec<u64>>();
    check_sort("random", &keys);
    check_sort("sorted", &of(&|n| n as u64));
    check_sort("sorted with ties", &of(&|n| n as u64 / 7));
    check_sort("sorted but for the last", &of(&|n| if n + 1 == LARGE { 5 } else { n as u64 }));
    check_sort("reversed", &of(&|n| (LARGE - n) as u64));
    check_sort("reversed with ties", &of(&|n| (LARGE - n) as u64 / 7));
    check_sort("all equal", &of(&|_| 3));
    check_sort("two values", &of(&|n| keys[n] % 2));
    check_sort("few distinct", &of(&|n| keys[n] % 10));
    check_sort("half of them zero", &of(&|n| if keys[n].is_multiple_of(2) { 0 } else { keys[n] }));
    check_sort("sawtooth", &of(&|n| n as u64 % 1000));
    check_sort("greatest and least", &of(&|n| [0, u64::MAX, 1, u64::MAX - 1][keys[n] as usize % 4]));
    for count in [0, 1, 2, 4_095, 8_191, 8_192, 8_193, 16_385, 65_537] {
        check_sort(&format!("{count}"), &keys[..count]);
    }
}

#[test]
fn values_of_no_size_are_collected_and_sorted() {
    for engine in engines() {
        let over = || Pipeline::over(0..LARGE as u32).on(&engine);
        assert_eq!(over().map(|_| ()).run().len(), LARGE);
        assert_eq!(over().map(|_| ()).sort().run().len(), LARGE);
        assert_eq!(over().map(|_| ()).top_by_key(70_000, |_| 1).run().len(), 70_000);
    }
}

#[test]
fn values_are_collected_in_order_however_they_are_cut_and_scheduled() {
    let data = random(LARGE);
    let expected: Vec<String> = data.iter().map(|n| n.to_string()).collect();
    for engine in engines() {
        for size in [512, 1_000, 4_096, 100_000, LARGE] {
            let over = || Pipeline::over(&data).partitioner(Chunks::of(size)).on(&engine);
            assert_eq!(over().map(u64::to_string).run(), expected);
            assert_eq!(over().map(u64::to_string).integrator(Collect).run(), expected);
            assert_eq!(over().scheduler(LongestFirst).map(u64::to_string).run(), expected);
            assert_eq!(over().scheduler(Priority::by(|task| u64::from(task.seq % 3))).map(u64::to_string).run(), expected);
            let (collected, stats) = over().key_by(|n| **n % 3).map(u64::to_string).run_with_stats();
            assert_eq!((collected, stats.records, stats.batches), (expected.clone(), LARGE as u64, LARGE.div_ceil(size) as u64));
        }
        assert_eq!(Pipeline::over(data.clone()).on(&engine).map(|n| n.to_string()).run(), expected, "owned");
        assert_eq!(Pipeline::over(&data).on(&engine).try_map(|n| Ok::<_, ()>(n.to_string())).try_run().ok(), Some(expected.clone()));
        let within = std::time::Duration::from_secs(600);
        assert_eq!(Pipeline::over(&data).on(&engine).map(u64::to_string).deadline(within).try_run().unwrap(), expected);
    }
}

/// Counts how many of them there are.
struct Counted<'c>(&'c AtomicI64, u64);

impl<'c> Counted<'c> {
    fn new(count: &'c AtomicI64, value: u64) -> Self {
        count.fetch_add(1, Relaxed);
        Counted(count, value)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

#[test]
fn each_value_is_dropped_once_whatever_panics() {
    let keys = random(LARGE);
    let keys = &keys;
    for after in [0, 1, 70_000, 140_000, 1_000_000, usize::MAX] {
        for engine in engines() {
            let (count, calls) = (AtomicI64::new(0), AtomicUsize::new(0));
            let call = || assert!(calls.fetch_add(1, Relaxed) != after, "asked for");
            let over = || Pipeline::over(keys).on(&engine);
            let made = |n: &u64| Counted::new(&count, *n);
            let check = |name: &str, run: &dyn Fn()| {
                calls.store(0, Relaxed);
                let _ = catch_unwind(AssertUnwindSafe(run));
                assert_eq!(count.load(Relaxed), 0, "{name}, a panic at call {after} on {} threads", engine.threads());
            };
            let calling = |n: &u64| {
                call();
                made(n)
            };
            let key = |value: &Counted<'_>| {
                call();
                value.1
            };
            check("collect", &|| drop(over().map(calling).run()));
            check("filter", &|| drop(over().filter(|n| *n % 3 > 0).map(calling).run()));
            check("sort", &|| drop(over().map(made).sort_by_key(key).run()));
            check("top", &|| drop(over().map(made).top_by_key(50_000, key).run()));
        }
    }
}

#[test]
fn a_comparison_without_order_loses_no_value() {
    /// Neither less nor greater in any sensible way.
    #[derive(Debug, PartialEq, Eq)]
    struct Odd(u64);
    impl Ord for Odd {
        fn cmp(&self, other: &Self) -> Ordering {
            match self.0.wrapping_mul(31).wrapping_add(other.0) % 3 {
                0 => Ordering::Less,
                1 => Ordering::Equal,
                _ => Ordering::Greater,
            }
        }
    }
    impl PartialOrd for Odd {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }
    let mut data = random(LARGE);
    for engine in engines() {
        // The standard library's sort may panic where there is no order.
        let sorted = catch_unwind(AssertUnwindSafe(|| Pipeline::over(&data).on(&engine).map(|n| Odd(*n)).sort().run()));
        if let Ok(sorted) = sorted {
            let mut sorted: Vec<u64> = sorted.into_iter().map(|odd| odd.0).collect();
            sorted.sort();
            data.sort();
            assert_eq!(sorted, data);
        }
        let top =
            catch_unwind(AssertUnwindSafe(|| Pipeline::over(&data).on(&engine).map(|n| Odd(*n)).top_by_key(5_000, |odd| Odd(odd.0)).run()));
        if let Ok(top) = top {
            assert_eq!(top.len(), 5_000);
        }
    }
}

#[test]
fn the_greatest_are_those_of_a_stable_sort() {
    let random = random(LARGE);
    let ascending: Vec<u64> = (0..LARGE as u64).collect();
    let ties: Vec<u64> = random.iter().map(|n| n % 100).collect();
    for keys in [random, ascending.iter().rev().copied().collect(), ascending, ties] {
        let data: Vec<(u64, usize)> = keys.into_iter().zip(0..).collect();
        let mut sorted = data.clone();
        sorted.sort_by_key(|pair| std::cmp::Reverse(pair.0));
        for engine in engines() {
            for k in [0, 1, 2, 64, 65, 200, 300, 5_000, LARGE - 1, LARGE, LARGE + 1] {
                let top = Pipeline::over(&data).on(&engine).copied().top_by_key(k, |pair| pair.0).run();
                assert_eq!(top, sorted[..k.min(LARGE)], "{k} on {} threads", engine.threads());
            }
        }
    }
}

/// Says of itself that it counts; how wrong it is, is to be chosen.
struct Miscounts(isize);

impl Partitioner<std::ops::Range<u64>> for Miscounts {
    type Batch = std::ops::Range<u64>;

    fn partition(&self, data: std::ops::Range<u64>, workers: usize) -> Vec<Part<Self::Batch>> {
        let mut parts = Chunks::of(10_000).partition(data, workers);
        parts[2].records = parts[2].records.wrapping_add_signed(self.0);
        parts
    }

    fn counts(&self) -> bool {
        true
    }
}

#[test]
fn a_partitioner_that_miscounts_is_found_out() {
    let run = |wrong: isize| Pipeline::over(0..LARGE as u64).partitioner(Miscounts(wrong)).map(|n| n + 1).try_run();
    assert_eq!(run(0).unwrap(), (1..=LARGE as u64).collect::<Vec<u64>>());
    for wrong in [-10_000, -1, 1, 10_000] {
        assert!(matches!(run(wrong), Err(RunError::Panicked { batch: 2, .. })), "{wrong}: {:?}", run(wrong).map(|all| all.len()));
    }
}

#[test]
fn a_panic_ends_a_run_in_place_with_its_batch() {
    for engine in engines() {
        let over = || Pipeline::over(0..LARGE as u64).partitioner(Chunks::of(10_000)).on(&engine);
        let run = over().map(|n| if n == 70_001 { panic!("seven") } else { n.to_string() }).try_run();
        assert!(matches!(run, Err(RunError::Panicked { batch: 7, message }) if message == "seven"));
    }
}
