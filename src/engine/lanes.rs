//! How tasks are cut into lanes.

use std::ops::Range;

/// The most lanes of a run, but for a remainder. Each lane has its own state, so that many would cost
/// memory and merging; few would leave threads without work at the end. A constant, as what is merged with what must not depend on
/// the number of threads.
pub(super) const LANES: usize = 128;

/// Cuts tasks of these weights, in their order, into about `count` lanes of about equal weight.
pub(super) fn cut(weights: &[usize], count: usize) -> Vec<Range<usize>> {
    if weights.len() <= count {
        return (0..weights.len()).map(|task| task..task + 1).collect();
    }
    // Where sizes are not known they count as equal.
    let weight = |task: usize| weights[task] as u128 + 1;
    let total: u128 = (0..weights.len()).map(weight).sum();
    let share = total.div_ceil(count as u128);
    let mut lanes = Vec::with_capacity(count + 1);
    let (mut first, mut sum) = (0, 0);
    for task in 0..weights.len() {
        sum += weight(task);
        if sum >= share {
            lanes.push(first..task + 1);
            (first, sum) = (task + 1, 0);
        }
    }
    if first < weights.len() {
        lanes.push(first..weights.len());
    }
    lanes
}

/// The same for `records` that are cut into tasks of `size`: how many tasks a lane has, but for the last.
pub(super) fn share(records: usize, size: usize, count: usize) -> usize {
    let tasks = records.div_ceil(size);
    if tasks <= count {
        return 1;
    }
    let share = (records as u128 + tasks as u128).div_ceil(count as u128);
    share.div_ceil(size as u128 + 1) as usize
}

#[cfg(test)]
mod tests {
    use super::{LANES, cut, share};

    fn check(weights: &[usize]) {
        let lanes = cut(weights, LANES);
        assert!(lanes.len() <= 129, "{}", lanes.len());
        assert!(lanes.iter().all(|lane| !lane.is_empty()));
        let tasks: Vec<usize> = lanes.into_iter().flatten().collect();
        assert_eq!(tasks, (0..weights.len()).collect::<Vec<_>>());
    }

    #[test]
    fn every_task_is_in_one_lane() {
        check(&[]);
        check(&[5]);
        check(&[1; 128]);
        check(&[1; 129]);
        check(&[0; 10_000]);
        check(&[usize::MAX; 1_000]);
        check(&(0..5_000).map(|n| n * n % 977).collect::<Vec<_>>());
    }

    #[test]
    fn tasks_of_equal_weight_are_cut_without_a_look_at_each() {
        for (records, size) in [(1, 1), (128, 1), (129, 1), (1_000, 7), (10_000, 3), (99_999, 64), (100_000, 100)] {
            let weights: Vec<usize> = (0..records).step_by(size).map(|first| size.min(records - first)).collect();
            for count in [1, 7, 32, LANES] {
                let lane = share(records, size, count);
                let cuts: Vec<_> = (0..weights.len()).step_by(lane).map(|first| first..weights.len().min(first + lane)).collect();
                assert_eq!(cuts, cut(&weights, count), "{records} records in tasks of {size}, {count} lanes");
            }
        }
    }

    #[test]
    fn a_heavy_task_has_a_lane_of_its_own() {
        let mut weights = vec![1; 1_000];
        weights[500] = 1_000_000;
        assert!(cut(&weights, LANES).iter().any(|lane| lane.contains(&500) && lane.end == 501));
    }
}
