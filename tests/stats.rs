//! What the stats of a run say of skew and of estimates.

use microbatch::prelude::*;
use std::time::Duration;

/// The stats of a run over partitions of these sizes.
fn stats(sizes: &[u32]) -> RunStats {
    let ends: Vec<u32> = sizes.iter().scan(0, |end, size| Some(std::mem::replace(end, *end + size) + size)).collect();
    let (last, cuts) = ends.split_last().unwrap();
    let cut = RangePartitioner::at(cuts.to_vec(), |n: &u32| *n);
    Pipeline::over(0..*last).partitioner(cut).integrator(Count).run_with_stats().1
}

#[test]
fn the_hottest_partitions_come_first() {
    let check = |sizes: &[u32], count: usize, expected: &[(u32, u64)]| {
        let hottest: Vec<_> = stats(sizes).hottest(count).iter().map(|p| (p.partition, p.records)).collect();
        assert_eq!(hottest, expected, "{sizes:?}");
    };
    check(&[10, 80, 5, 40], 2, &[(1, 80), (3, 40)]);
    check(&[10, 80, 5, 40], 9, &[(1, 80), (3, 40), (0, 10), (2, 5)]);
    check(&[10, 80], 0, &[]);
}

#[test]
fn skewed_runs_name_their_hottest_partitions() {
    let named = "hottest partitions 1 (80 records), 3 (40 records), 0 (10 records)";
    assert!(stats(&[10, 80, 5, 40]).to_string().contains(named), "{}", stats(&[10, 80, 5, 40]));
    assert!(!stats(&[30, 30, 31]).to_string().contains("hottest"), "an even cut has none");
}

/// Stats with these estimated and actual times of its partitions.
fn times(times: &[(u64, u64)]) -> RunStats {
    let mut stats = stats(&vec![1; times.len()]);
    for (partition, (estimated, busy)) in stats.partitions.iter_mut().zip(times) {
        (partition.estimated, partition.busy) = (Duration::from_millis(*estimated), Duration::from_millis(*busy));
    }
    stats
}

#[test]
fn the_error_of_estimates_is_a_part_of_the_time() {
    let check = |these: &[(u64, u64)], expected: f64| assert_eq!(times(these).estimate_error(), expected, "{these:?}");
    check(&[(10, 10), (30, 30)], 0.0);
    check(&[(5, 10), (45, 30)], 0.5);
    check(&[(0, 10)], 1.0);
    check(&[(100, 10)], 9.0);
    check(&[(5, 0)], 0.0);
    assert_eq!(RunStats::default().estimate_error(), 0.0, "nothing was measured");
}
