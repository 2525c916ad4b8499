//! The hottest keys that stats name are the hottest keys, and where there are none, none is named.

mod props;

use microbatch::prelude::*;
use microbatch::{HotKey, Inbox, Pull, fixed_hash};
use props::holds;
use std::collections::HashMap;
use std::convert::Infallible;

fn engine(threads: usize) -> Engine {
    Engine::builder().threads(threads).build().unwrap()
}

/// Keys by Zipf's law: the n-th of a thousand has a share like 1 / n.
fn zipf(count: u32) -> Vec<u32> {
    let weights: Vec<f64> = (1..=1_000).map(|rank| 1.0 / f64::from(rank)).collect();
    let sums: Vec<f64> = weights
        .iter()
        .scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect();
    let all = sums[sums.len() - 1];
    let key = |n: u32| {
        let at = (fixed_hash(&n) >> 11) as f64 / (1u64 << 53) as f64 * all;
        sums.partition_point(|sum| *sum < at) as u32
    };
    (0..count).map(key).collect()
}

fn counts(keys: &[u32]) -> HashMap<String, u64> {
    let mut counts = HashMap::new();
    keys.iter().for_each(|key| *counts.entry(key.to_string()).or_default() += 1);
    counts
}

/// Every estimate is right within its margin.
fn check(hottest: &[HotKey], keys: &[u32]) {
    let counts = counts(keys);
    for hot in hottest {
        let records = counts[&hot.key];
        assert!(records.abs_diff(hot.records) <= hot.margin, "{hot:?}, and there are {records}");
    }
    assert!(hottest.is_sorted_by(|one, next| one.records >= next.records), "{hottest:?}");
}

#[test]
fn the_hottest_of_many_keys_are_found() {
    let keys = zipf(300_000);
    let (groups, stats) = Pipeline::over(&keys).key_by(|key| **key).hottest_keys(20).integrator(Count).run_with_stats();
    assert_eq!(groups.len(), 1_000, "what is watched stays as it is");
    check(&stats.hottest_keys, &keys);
    assert_eq!(stats.hottest_keys.len(), 20);
    let first: Vec<&str> = stats.hottest_keys.iter().take(3).map(|hot| &*hot.key).collect();
    assert_eq!(first, ["0", "1", "2"]);
    // The first ten, whose shares are a hundredth and more, are among the first twenty.
    let named: Vec<&str> = stats.hottest_keys.iter().map(|hot| &*hot.key).collect();
    assert!((0..10).all(|key: u32| named.contains(&&*key.to_string())), "{named:?}");
    assert!(stats.to_string().contains("hottest keys 0 ("), "{stats}");
}

#[test]
fn of_few_records_they_are_exact() {
    let keys = zipf(4_000);
    let (_, stats) = Pipeline::over(&keys).key_by(|key| **key).hottest_keys(50).integrator(Count).run_with_stats();
    let mut counts: Vec<_> = counts(&keys).into_iter().collect();
    counts.sort_by(|one, next| next.1.cmp(&one.1).then(one.0.cmp(&next.0)));
    let found: Vec<_> = stats.hottest_keys.into_iter().map(|hot| (hot.key, hot.records, hot.margin)).collect();
    let expected: Vec<_> = counts.into_iter().take(50).map(|(key, count)| (key, count, 0)).collect();
    assert_eq!(found, expected);
}

#[test]
fn where_no_key_is_hot_none_is_named() {
    let keys: Vec<u32> = (0..200_000).collect();
    let over = |keys: &[u32]| Pipeline::over(keys).key_by(|key| **key).hottest_keys(10).integrator(Count).run_with_stats().1;
    assert_eq!(over(&keys).hottest_keys, [], "a key a record");
    let even: Vec<u32> = (0..200_000).map(|n| n % 20_000).collect();
    assert_eq!(over(&even).hottest_keys, [], "ten records a key");
    // A hundredth each: they are named, and nothing is said of them that is not so.
    let hundred: Vec<u32> = (0..200_000).map(|n| n % 100).collect();
    let stats = over(&hundred);
    assert_eq!(stats.hottest_keys.len(), 10);
    check(&stats.hottest_keys, &hundred);
    assert_eq!(over(&[]).hottest_keys, []);
}

#[test]
fn they_are_the_same_on_every_number_of_threads() {
    let keys = zipf(100_000);
    let run = |threads: usize, observed: bool| {
        let over = Pipeline::over(&keys).on(&engine(threads)).partition_by(16, |key| **key).key_by(|key| **key).hottest_keys(10);

        let stats =
            if observed { over.observe(Silent).integrator(Count).run_with_stats().1 } else { over.integrator(Count).run_with_stats().1 };
        stats.hottest_keys
    };
    let expected = run(1, false);
    check(&expected, &keys);
    for threads in [1, 2, 3, 8] {
        for observed in [false, true] {
            assert_eq!(run(threads, observed), expected, "{threads} threads");
        }
    }
    let default =
        |threads| Pipeline::over(&keys).on(&engine(threads)).key_by(|key| **key).hottest_keys(10).integrator(Count).run_with_stats().1;
    assert_eq!(default(1).hottest_keys, default(3).hottest_keys, "batches of the engine's choice");
}

struct Silent;

impl Observer for Silent {}

#[test]
fn what_is_filtered_out_does_not_count() {
    let keys = zipf(50_000);
    let run = Pipeline::over(&keys).filter(|key| **key != 0).key_by(|key| **key).hottest_keys(5).map(|key| key + 1).integrator(Count);
    let (_, stats) = run.run_with_stats();
    let left: Vec<u32> = keys.into_iter().filter(|key| *key != 0).collect();
    check(&stats.hottest_keys, &left);
    assert_eq!(stats.hottest_keys[0].key, "1");
}

#[test]
fn streams_name_them_in_their_progress() {
    let keys = zipf(50_000);
    let (results, taken) = channel(100);
    let source = keys.clone();
    let handle =
        Pipeline::stream(source.into_iter()).trigger(Records::of(1_000)).key_by(|key| *key).hottest_keys(5).spawn(results).unwrap();
    let received = Pipeline::stream(taken).into_iter().count();
    let progress = handle.join().unwrap();
    assert_eq!(received, keys.len());
    check(&progress.hottest_keys, &keys);
    assert_eq!(progress.hottest_keys[0].key, "0");
    assert_eq!(progress.hottest_keys.len(), 5);
}

/// Keys in several source partitions, which come in turns of some size.
struct Partitions {
    keys: Vec<u32>,
    count: u32,
    /// How many records a partition gives in a turn.
    turn: usize,
    at: Vec<usize>,
    next: u32,
}

impl Partitions {
    fn of(keys: &[u32], count: u32, turn: usize) -> Self {
        let share = keys.len().div_ceil(count as usize);
        Partitions { keys: keys.to_vec(), count, turn, at: (0..count as usize).map(|partition| partition * share).collect(), next: 0 }
    }
}

impl Source for Partitions {
    type Item = u32;
    type Error = Infallible;

    fn pull(&mut self, max: usize, inbox: &mut Inbox<u32>) -> Result<Pull, Infallible> {
        let share = self.keys.len().div_ceil(self.count as usize);
        let partition = self.next;
        self.next = (self.next + 1) % self.count;
        let end = ((partition as usize + 1) * share).min(self.keys.len());
        let at = &mut self.at[partition as usize];
        for _ in 0..self.turn.min(max).min(end - (*at).min(end)) {
            inbox.push_from(partition, self.keys[*at]);
            *at += 1;
        }
        let is_done = |(partition, at): (usize, &usize)| *at >= ((partition + 1) * share).min(self.keys.len());
        Ok(if self.at.iter().enumerate().all(is_done) { Pull::End } else { Pull::Ready })
    }
}

/// Batches of one micro-batch had the draws of those of another partition, and those of the next draws of their own.
#[test]
fn they_are_the_same_however_a_stream_is_cut() {
    let keys = zipf(30_000);
    let run = |partitions: u32, turn: usize, size: usize, threads: usize| {
        let stream = Pipeline::stream(Partitions::of(&keys, partitions, turn)).trigger(Records::of(size)).on(&engine(threads));
        // More than one of some records, and none of others.
        let keyed = stream.flat_map(|key| (0..key % 3).map(move |_| key)).key_by(|key| *key).hottest_keys(10);
        keyed.integrator(Count).for_each(drop).unwrap().hottest_keys
    };
    let left: Vec<u32> = keys.iter().flat_map(|key| (0..key % 3).map(|_| *key)).collect();
    for partitions in [1, 3] {
        let whole = run(partitions, 1_000, 100_000, 1);
        assert_eq!(whole.len(), 10);
        check(&whole, &left);
        holds(u64::from(partitions), 6, &(1usize..2_000, 1usize..20_000, 1usize..4), |(turn, size, threads)| {
            assert_eq!(run(partitions, turn, size, threads), whole, "turns of {turn}, micro-batches of {size}, {threads} threads");
        });
    }
    let bounded = Pipeline::over(&keys).flat_map(|key| (0..key % 3).map(move |_| *key)).key_by(|key| *key).hottest_keys(10);
    check(&bounded.integrator(Count).run_with_stats().1.hottest_keys, &left);
}

/// Partitions with the same keys at the same places: the margin said as little as if they were others.
#[test]
fn an_estimate_is_out_by_more_than_its_margin_once_in_hundreds() {
    let (mut out, mut all) = (0, 0);
    for run in 0..40u32 {
        let half: Vec<u32> = zipf(16_000).iter().map(|key| (key + run) % 1_000).map(|key| key.wrapping_mul(run + 1)).collect();
        let keys = half.repeat(4);
        // Places of their own for each run.
        let shifted: Vec<u32> = keys.iter().skip(run as usize * 7).copied().collect();
        let stream = Pipeline::stream(Partitions::of(&shifted, 4, 500)).trigger(Records::of(4_000));
        let hottest = stream.key_by(|key| *key).hottest_keys(20).integrator(Count).for_each(drop).unwrap().hottest_keys;
        let counts = counts(&shifted);
        all += hottest.len();
        out += hottest.iter().filter(|hot| counts[&hot.key].abs_diff(hot.records) > hot.margin).count();
    }
    assert!(all > 700 && out * 100 <= all, "{out} of {all}");
}

#[test]
#[should_panic(expected = "the 0 hottest keys are none: ask for 1 at least")]
fn none_cannot_be_asked_for() {
    let _ = Pipeline::over(&[1u32]).key_by(|key| **key).hottest_keys(0);
}
