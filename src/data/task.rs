use std::time::{Duration, Instant};

/// What a scheduler may know about a batch that waits, and an observer about one that runs.
///
/// ```
/// use microbatch::prelude::*;
///
/// // Non-exhaustive: a test builds one from the default.
/// let mut task = Task::default();
/// task.records = 100;
/// assert!(LongestFirst.rank(&task) <= LongestFirst.rank(&Task::default()));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Task {
    /// The number of the run on its engine, from 0.
    pub pipeline: u32,
    /// The pipeline's `.name(..)`; empty where it has none.
    pub name: &'static str,
    /// The number of the batch in its run, from 0, in the order of the data.
    pub seq: u32,
    /// How many records of the batch come before: 0, unless this is a further piece of a batch that holds more than an eighth of all
    /// records and was [cut](crate::Parts::divisible).
    pub offset: usize,
    /// The partition the batch belongs to, as its partitioner numbered it.
    pub partition: u32,
    /// How many records it holds; 0 where the partitioner cannot know before it is read.
    pub records: usize,
    /// How long it is expected to take: the records times a moving average of time per record, of this partition in runs of the same code
    /// where one was measured, else of those runs, else of the engine.
    pub cost: Duration,
    /// How long all that no worker has begun of its run is expected to take, this batch included: the records times the mean of the run's times
    /// per record. Asked between runs, records of lanes that other workers have begun are left out; inside a run, it is the whole run.
    /// Zero for observers, and where the partitioner cannot know how many records there are.
    pub remaining: Duration,
    /// How long workers have worked for this run while others competed for them, with what they have begun at its estimate. Zero where
    /// the order inside a run is asked for, before its first batch.
    pub served: Duration,
    /// Where the engine's virtual time stood when the run began: the greatest rank that a worker had claimed between competing runs,
    /// with what was under way left out.
    pub virtual_start: u64,
    /// What workers are expected to need for tasks that they have claimed between competing runs, of whichever run, where those are of
    /// the same [`place`](Self::place). Zero where the order inside a run is asked for.
    pub outstanding: Duration,
    /// The pipeline's `.priority(..)`: the greater, the more urgent.
    pub priority: u8,
    /// When the batch became ready: nanoseconds since the engine was made.
    pub arrival: u64,
    /// When its result is of no more use.
    pub deadline: Option<Instant>,
    /// Which worker runs it: 0 for the thread that called the terminal verb, else 1 and the number of the thread in the engine's pool, where
    /// that thread may have called the verb itself. 0 before it runs.
    pub worker: u32,
    /// When a worker took it; none before.
    pub started: Option<Instant>,
    /// How long it waited until then; zero before.
    pub wait: Duration,
}

impl Task {
    /// How many places there are.
    pub const PLACES: u32 = 64;

    /// Where it would go: partitions of one number, of all pipelines on an engine, are taken to share a place, as a disk or a shard.
    /// The number of the partition modulo [`PLACES`](Self::PLACES).
    pub fn place(&self) -> u32 {
        self.partition % Self::PLACES
    }
}

/// Whole nanoseconds, as large as they go.
pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
