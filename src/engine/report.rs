use super::made::{Made, Timed};
use crate::data::{PartitionStats, RunStats};
use std::collections::BTreeMap;
use std::time::Duration;

/// What the lanes add up to.
pub(super) fn stats<M, E>(made: &[Made<M, E>]) -> RunStats {
    let mut stats = RunStats::default();
    for lane in made {
        stats.failed += lane.failed;
        stats.retried += lane.retried;
        stats.batches += lane.sizes.len() as u64;
        stats.records += lane.sizes.iter().map(|(_, records)| records).sum::<u64>();
        stats.busy += lane.busy;
    }
    add_times(&mut stats, made.iter().flat_map(|lane| &lane.times));
    stats
}

fn add_times<'t>(stats: &mut RunStats, times: impl Iterator<Item = &'t Timed>) {
    let mut partitions: BTreeMap<u32, PartitionStats> = BTreeMap::new();
    let mut waits = Duration::ZERO;
    for timed in times {
        waits += timed.wait;
        stats.longest_wait = stats.longest_wait.max(timed.wait);
        let partition = partitions.entry(timed.partition).or_default();
        partition.partition = timed.partition;
        partition.batches += 1;
        partition.records += timed.records;
        partition.busy += timed.busy;
    }
    stats.queue_wait = u32::try_from(stats.batches).ok().and_then(|batches| waits.checked_div(batches)).unwrap_or_default();
    stats.partitions = partitions.into_values().collect();
}
