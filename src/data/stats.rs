use super::Timestamp;
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
    /// How long a batch waited from the cutting to its start, on average.
    pub queue_wait: Duration,
    /// How long the batch that waited longest did.
    pub longest_wait: Duration,
    /// By partition, in ascending order of its number.
    pub partitions: Vec<PartitionStats>,
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
    /// How long they took.
    pub busy: Duration,
}

impl RunStats {
    /// The greatest partition's records over the mean of those that have any: 1.0 is an even cut. 0.0 where nothing was read.
    pub fn skew(&self) -> f64 {
        let most = self.partitions.iter().map(|p| p.records).max().unwrap_or(0);
        let all: u64 = self.partitions.iter().map(|p| p.records).sum();
        if all == 0 { 0.0 } else { most as f64 * self.partitions.len() as f64 / all as f64 }
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
        self.longest_wait = self.longest_wait.max(run.longest_wait);
        for more in run.partitions {
            match self.partitions.binary_search_by_key(&more.partition, |known| known.partition) {
                Ok(at) => {
                    let known = &mut self.partitions[at];
                    known.batches += more.batches;
                    known.records += more.records;
                    known.busy += more.busy;
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
        write!(f, "; queue wait {:.2?}, skew {:.2}", self.queue_wait, self.skew())?;
        if self.failed > 0 {
            write!(f, "; {} failed", self.failed)?;
        }
        if self.retried > 0 {
            write!(f, "; {} retried", self.retried)?;
        }
        Ok(())
    }
}
