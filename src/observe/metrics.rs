use crate::data::{RunStats, Task};
use crate::stage::{Observer, RunPlan};
use metrics::{Counter, Histogram, Unit, counter, describe_counter, describe_histogram, histogram};
use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

/// Counts into whatever recorder of the crate [`metrics`](::metrics) is installed. Feature `metrics`.
///
/// | name | kind | what |
/// |---|---|---|
/// | `microbatch_runs_total` | counter | runs that are over; each stage is one |
/// | `microbatch_run_duration_seconds` | histogram | from the first batch to the merged result |
/// | `microbatch_batches_total` | counter | batches that were run to their end |
/// | `microbatch_batches_failed_total` | counter | batches that failed, panicked or were stopped |
/// | `microbatch_batch_duration_seconds` | histogram | how long a batch ran, in either case |
/// | `microbatch_queue_wait_seconds` | histogram | how long it waited before |
/// | `microbatch_records_total` | counter | records read out of batches |
/// | `microbatch_records_failed_total` | counter | records that failed and were left out |
/// | `microbatch_retries_total` | counter | further attempts at a batch |
///
/// Each has the label `pipeline`, which is its [`name`](crate::Pipeline::name); the recorder is the one that is installed when the first run of that name
/// starts. One `Metrics` may be shared by any number of pipelines.
///
/// ```
/// use microbatch::prelude::*;
///
/// let sum = Pipeline::over(0..1_000u64).name("sum").observe(Metrics::new()).integrator(Sum).run();
/// assert_eq!(sum, 499_500);
/// ```
pub struct Metrics {
    /// A list that only grows, so that workers read it without a lock and without a count of references.
    first: OnceLock<Box<Meters>>,
}

/// Where the numbers of one pipeline go.
struct Meters {
    pipeline: &'static str,
    next: OnceLock<Box<Meters>>,
    runs: Counter,
    run_duration: Histogram,
    batches: Counter,
    batches_failed: Counter,
    batch_duration: Histogram,
    queue_wait: Histogram,
    records: Counter,
    records_failed: Counter,
    retries: Counter,
}

impl Metrics {
    /// Describes them to the recorder.
    pub fn new() -> Self {
        describe_counter!("microbatch_runs_total", "Runs that are over.");
        describe_histogram!("microbatch_run_duration_seconds", Unit::Seconds, "From the first batch to the merged result.");
        describe_counter!("microbatch_batches_total", "Batches that were run to their end.");
        describe_counter!("microbatch_batches_failed_total", "Batches that failed, panicked or were stopped.");
        describe_histogram!("microbatch_batch_duration_seconds", Unit::Seconds, "How long a batch ran.");
        describe_histogram!("microbatch_queue_wait_seconds", Unit::Seconds, "How long a batch waited for a worker.");
        describe_counter!("microbatch_records_total", "Records read out of batches.");
        describe_counter!("microbatch_records_failed_total", "Records that failed and were left out.");
        describe_counter!("microbatch_retries_total", "Further attempts at a batch.");
        Metrics { first: OnceLock::new() }
    }

    fn meters(&self, pipeline: &str) -> Option<&Meters> {
        let mut next = self.first.get();
        while let Some(meters) = next.filter(|meters| !meters.is_of(pipeline)) {
            next = meters.next.get();
        }
        next.map(|meters| &**meters)
    }

    /// Adds meters to the end of the list, unless some of that name are there, or come there meanwhile.
    fn register(&self, pipeline: &'static str) {
        if self.meters(pipeline).is_some() {
            return;
        }
        let (mut new, mut place) = (Box::new(Meters::of(pipeline)), &self.first);
        while let Err(back) = place.set(new) {
            let Some(meters) = place.get().filter(|meters| !meters.is_of(pipeline)) else { return };
            (new, place) = (back, &meters.next);
        }
    }

    fn ran(&self, task: &Task, elapsed: Duration) -> Option<&Meters> {
        let meters = self.meters(task.name)?;
        meters.batch_duration.record(elapsed);
        meters.queue_wait.record(task.wait);
        Some(meters)
    }
}

impl Meters {
    fn of(pipeline: &'static str) -> Self {
        Meters {
            pipeline,
            next: OnceLock::new(),
            runs: counter!("microbatch_runs_total", "pipeline" => pipeline),
            run_duration: histogram!("microbatch_run_duration_seconds", "pipeline" => pipeline),
            batches: counter!("microbatch_batches_total", "pipeline" => pipeline),
            batches_failed: counter!("microbatch_batches_failed_total", "pipeline" => pipeline),
            batch_duration: histogram!("microbatch_batch_duration_seconds", "pipeline" => pipeline),
            queue_wait: histogram!("microbatch_queue_wait_seconds", "pipeline" => pipeline),
            records: counter!("microbatch_records_total", "pipeline" => pipeline),
            records_failed: counter!("microbatch_records_failed_total", "pipeline" => pipeline),
            retries: counter!("microbatch_retries_total", "pipeline" => pipeline),
        }
    }

    /// A name is mostly the same text at the same place, so its bytes are seldom compared: of an empty one, which points nowhere, that takes some
    /// processors a tenth of a microsecond.
    fn is_of(&self, pipeline: &str) -> bool {
        std::ptr::eq(self.pipeline, pipeline) || self.pipeline == pipeline
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Observer for Metrics {
    fn started(&self, plan: &RunPlan) {
        self.register(plan.name);
    }

    fn batch_finished(&self, task: &Task, elapsed: Duration) {
        if let Some(meters) = self.ran(task, elapsed) {
            // The first of its pieces stands for a batch.
            meters.batches.increment(u64::from(task.offset == 0));
            meters.records.increment(task.records as u64);
        }
    }

    fn batch_failed(&self, task: &Task, elapsed: Duration) {
        if let Some(meters) = self.ran(task, elapsed) {
            meters.batches_failed.increment(1);
        }
    }

    fn finished(&self, stats: &RunStats) {
        if let Some(meters) = self.meters(stats.name) {
            meters.runs.increment(1);
            meters.run_duration.record(stats.elapsed);
            meters.records_failed.increment(stats.failed);
            meters.retries.increment(stats.retried);
        }
    }
}
