//! From lanes to the stats of a run.

use super::made::{Made, Timed};
use crate::data::{PartitionStats, RunStats};
use std::time::Duration;

/// What the lanes add up to.
pub(super) fn stats<M, E>(made: &[Made<M, E>]) -> RunStats {
    let mut stats = RunStats::default();
    count(made, &mut stats);
    for lane in made {
        stats.records = stats.records.saturating_add(lane.records);
        stats.busy += lane.busy;
    }
    add_times(&mut stats, made.iter().flat_map(|lane| &lane.times));
    stats
}

/// Adds up counts alone.
pub(super) fn count<M, E>(made: &[Made<M, E>], stats: &mut RunStats) {
    for lane in made {
        stats.batches += lane.batches;
        stats.failed += lane.failed;
        stats.retried += lane.retried;
        stats.late += lane.late;
        stats.dropped += lane.dropped;
    }
}

fn add_times<'t>(stats: &mut RunStats, times: impl Iterator<Item = &'t Timed>) {
    let (mut waits, mut tasks) = (Duration::ZERO, 0u32);
    for timed in times {
        waits += timed.wait;
        tasks = tasks.saturating_add(1);
        stats.longest_wait = stats.longest_wait.max(timed.wait);
        stats.estimated += timed.estimated;
        let Timed { partition, is_first, records, estimated, busy, .. } = *timed;
        stats.partitions.push(PartitionStats { partition, batches: u64::from(is_first), records, estimated, busy });
    }
    stats.partitions.sort_by_key(|partition| partition.partition);
    stats.partitions.dedup_by(|next, partition| {
        let same = next.partition == partition.partition;
        if same {
            partition.batches += next.batches;
            partition.records = partition.records.saturating_add(next.records);
            partition.estimated += next.estimated;
            partition.busy += next.busy;
        }
        same
    });
    stats.queue_wait = waits.checked_div(tasks).unwrap_or_default();
}
