use super::batch::{Entry, Yield};
use crate::data::{PartitionStats, RunStats};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Moments of a run.
pub(super) struct Times {
    pub(super) begun: Instant,
    pub(super) processed: Instant,
}

/// What the batches that were done add up to; in detail only where that was measured.
pub(super) fn stats<'y, M: 'y>(yields: impl Iterator<Item = &'y Yield<M>>, measured: bool) -> RunStats {
    let mut stats = RunStats::default();
    let mut partitions = BTreeMap::new();
    let mut waits = Duration::ZERO;
    for made in yields {
        stats.failed += made.failed;
        stats.retried += made.retried;
        stats.batches += made.log.len() as u64;
        stats.busy += made.busy;
        for entry in &made.log {
            stats.records += entry.records;
            if measured {
                waits += entry.wait;
                stats.longest_wait = stats.longest_wait.max(entry.wait);
                add(partitions.entry(entry.partition).or_default(), entry);
            }
        }
    }
    stats.queue_wait = u32::try_from(stats.batches).ok().and_then(|batches| waits.checked_div(batches)).unwrap_or_default();
    stats.partitions = partitions.into_values().collect();
    stats
}

fn add(partition: &mut PartitionStats, entry: &Entry) {
    partition.partition = entry.partition;
    partition.batches += 1;
    partition.records += entry.records;
    partition.busy += entry.busy;
}

pub(super) fn times(stats: &mut RunStats, Times { begun, processed }: Times) {
    stats.processing = processed - begun;
    stats.integrating = processed.elapsed();
    stats.elapsed = begun.elapsed();
}
