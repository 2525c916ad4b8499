use super::{HotKey, Timestamp};
use std::fmt;
use std::time::Duration;

/// What a bounded run did, and where its time went.
///
/// ```
/// use microbatch::prelude::*;
///
/// let (sum, stats) = Pipeline::over(0..10_000u64).integrator(Sum).run_with_stats();
/// assert_eq!((sum, stats.records), (49_995_000, 10_000));
/// println!("{stats}");
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RunStats {
    /// The number of the run on its engine, as in [`Task::pipeline`](crate::Task::pipeline): of its last stage, where there are several.
    pub pipeline: u32,
    /// The pipeline's `.name(..)`; empty where it has none.
    pub name: &'static str,
    /// Batches that were run to their end.
    pub batches: u64,
    /// Records read out of them.
    pub records: u64,
    /// Records that failed and were left out, by `Skip` or as dead letters.
    pub failed: u64,
    /// How often a batch was run again.
    pub retried: u64,
    /// Records that came after a window of theirs was complete; of bounded data, none.
    pub late: u64,
    /// Those of them that came after all windows of theirs were gone, and were left out.
    pub dropped: u64,
    /// The greatest event time of the last stage that names one.
    pub(crate) latest: Option<Timestamp>,
    /// From the terminal verb to the result.
    pub elapsed: Duration,
    /// Of that, cutting the data into batches.
    pub partitioning: Duration,
    /// Of that, running the batches, on all threads at once.
    pub processing: Duration,
    /// Of that, merging what the batches left and making the result of it.
    pub integrating: Duration,
    /// Time inside batches, added up over the threads.
    pub busy: Duration,
    /// What they were expected to take, added up.
    pub estimated: Duration,
    /// How long a batch waited from the cutting to its start, on average.
    pub queue_wait: Duration,
    /// How long the batch that waited longest did.
    pub longest_wait: Duration,
    /// By partition, in ascending order of its number.
    pub partitions: Vec<PartitionStats>,
    /// The keys that most records have, the hottest first, where [`hottest_keys`](crate::Pipeline::hottest_keys) asked for them.
    pub hottest_keys: Vec<HotKey>,
}

/// One partition's share of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartitionStats {
    /// The number its partitioner gave it.
    pub partition: u32,
    /// How many batches it had.
    pub batches: u64,
    /// How many records were read out of them.
    pub records: u64,
    /// How long they were expected to take.
    pub estimated: Duration,
    /// How long they took.
    pub busy: Duration,
}

/// From this skew on, the hottest partitions are worth a word.
const SKEWED: f64 = 1.5;

impl RunStats {
    /// The greatest partition's records over the mean of those that have any: 1.0 is an even cut. 0.0 where nothing was read.
    pub fn skew(&self) -> f64 {
        let most = self.partitions.iter().map(|p| p.records).max().unwrap_or(0);
        let all = self.partitions.iter().fold(0, |all: u64, p| all.saturating_add(p.records));
        if all == 0 { 0.0 } else { most as f64 * self.partitions.len() as f64 / all as f64 }
    }

    /// The partitions with the most records, `count` at most, the hottest first; of equal ones the one that took longer.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let cut = RangePartitioner::at([10, 90], |n: &u64| *n);
    /// let (_, stats) = Pipeline::over(0..95u64).partitioner(cut).integrator(Count).run_with_stats();
    /// let hottest: Vec<_> = stats.hottest(2).iter().map(|p| (p.partition, p.records)).collect();
    /// assert_eq!(hottest, [(1, 80), (0, 10)]);
    /// ```
    pub fn hottest(&self, count: usize) -> Vec<PartitionStats> {
        let mut partitions = self.partitions.clone();
        partitions.sort_by_key(|p| std::cmp::Reverse((p.records, p.busy)));
        partitions.truncate(count);
        partitions
    }

    /// By how much the estimates were out: the differences between the estimated and the actual time of each partition, added up, over the
    /// actual time. 0.0 is exact, and where nothing was measured; 1.0 is as much as the time itself.
    pub fn estimate_error(&self) -> f64 {
        let off: Duration = self.partitions.iter().map(|p| p.estimated.abs_diff(p.busy)).sum();
        let busy: Duration = self.partitions.iter().map(|p| p.busy).sum();
        if busy.is_zero() { 0.0 } else { off.as_secs_f64() / busy.as_secs_f64() }
    }

    /// Records a second, from the terminal verb to the result.
    pub fn records_per_second(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.records as f64 / seconds } else { 0.0 }
    }
}

impl RunStats {
    /// Takes in another run of the same pipeline.
    pub(crate) fn add_run(&mut self, run: Self) {
        (self.pipeline, self.name) = (run.pipeline, run.name);
        self.batches += run.batches;
        self.records += run.records;
        self.partitioning += run.partitioning;
        self.failed += run.failed;
        self.retried += run.retried;
        self.late += run.late;
        self.dropped += run.dropped;
        self.latest = self.latest.max(run.latest);
        self.processing += run.processing;
        self.integrating += run.integrating;
        self.busy += run.busy;
        self.estimated += run.estimated;
        self.longest_wait = self.longest_wait.max(run.longest_wait);
        for more in run.partitions {
            match self.partitions.binary_search_by_key(&more.partition, |known| known.partition) {
                Ok(at) => {
                    let known = &mut self.partitions[at];
                    known.batches += more.batches;
                    known.records += more.records;
                    known.busy += more.busy;
                    known.estimated += more.estimated;
                }
                Err(at) => self.partitions.insert(at, more),
            }
        }
    }

    /// Takes in what the stage before did: batches of both, records and partitions of the first.
    pub(crate) fn add_stage(&mut self, before: Self) {
        self.batches += before.batches;
        self.failed += before.failed;
        self.retried += before.retried;
        self.late += before.late;
        self.dropped += before.dropped;
        self.partitioning += before.partitioning;
        self.processing += before.processing;
        self.integrating += before.integrating;
        self.busy += before.busy;
        self.estimated += before.estimated;
        self.longest_wait = self.longest_wait.max(before.longest_wait);
        if before.batches > 0 {
            (self.records, self.queue_wait, self.partitions) = (before.records, before.queue_wait, before.partitions);
        }
    }
}

impl fmt::Display for RunStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} records in {} batches, {:.2?} ({:.1} M/s)",
            self.records,
            self.batches,
            self.elapsed,
            self.records_per_second() / 1e6
        )?;
        write!(f, ": partitioning {:.2?}, processing {:.2?}, integrating {:.2?}", self.partitioning, self.processing, self.integrating)?;
        write!(f, "; queue wait {:.2?}, skew {:.2}, estimate error {:.0} %", self.queue_wait, self.skew(), self.estimate_error() * 100.0)?;
        if self.skew() >= SKEWED {
            write!(f, ", hottest partitions")?;
            for (at, p) in self.hottest(3).iter().enumerate() {
                write!(f, "{} {} ({} records)", if at == 0 { "" } else { "," }, p.partition, p.records)?;
            }
        }
        for (at, HotKey { key, records, margin }) in self.hottest_keys.iter().take(3).enumerate() {
            let before = if at == 0 { "; hottest keys " } else { ", " };
            let margin = if *margin > 0 { format!(" +- {margin}") } else { String::new() };
            write!(f, "{before}{key} ({records}{margin} records)")?;
        }
        if self.failed > 0 {
            write!(f, "; {} failed", self.failed)?;
        }
        if self.retried > 0 {
            write!(f, "; {} retried", self.retried)?;
        }
        Ok(())
    }
}
