use super::{HotKey, Timestamp};
use std::fmt;
use std::time::Duration;

/// How far a stream has come.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct StreamProgress {
    /// Micro-batches that were run to their end.
    pub micro_batches: u64,
    /// Batches in them.
    pub batches: u64,
    /// Records taken from the source into micro-batches.
    pub records_in: u64,
    /// Results given to the sink.
    pub records_out: u64,
    /// Records that came after a window of theirs was complete.
    pub late: u64,
    /// Those of them that came after all windows of theirs were gone, and were left out.
    pub dropped: u64,
    /// Records that failed and were left out, by `Skip` or as dead letters.
    pub failed: u64,
    /// How often a batch was run again.
    pub retried: u64,
    /// How far event time has come: no record from before it is expected. None before the first event time.
    pub watermark: Option<Timestamp>,
    /// Windows by key that are open.
    pub open: usize,
    /// Keys that a `stateful`, or a `scan` by key, has state of.
    pub state_keys: usize,
    /// The bytes of those keys, of their state and of their timers, without what they own elsewhere.
    pub state_bytes: usize,
    /// Records that wait for a micro-batch.
    pub waiting: usize,
    /// Their bytes, without what they own elsewhere unless the source tells.
    pub waiting_bytes: usize,
    /// Records that found no room and were left out, where the admission says so.
    pub refused: u64,
    /// Ticks of a time trigger that passed while a micro-batch ran.
    pub missed_ticks: u64,
    /// From the start to now, or to the end.
    pub elapsed: Duration,
    /// Of that, running micro-batches.
    pub processing: Duration,
    /// Of that, the sink; of a durable stream, taking down what is to be committed, and waiting for the commit before.
    pub delivering: Duration,
    /// Commits of a durable stream.
    pub commits: u64,
    /// What they took, beside the micro-batches.
    pub committing: Duration,
    /// Bytes of state that were written with them: what had changed.
    pub committed_bytes: u64,
    /// Bytes of state that the last commit keeps.
    pub kept_bytes: u64,
    /// Bytes of the file that holds it.
    pub file_bytes: u64,
    /// What a micro-batch costs whatever its size, as fitted over those that ran: a in a + b * n.
    pub fixed_cost: Duration,
    /// What a record more costs, in nanoseconds: b in a + b * n.
    pub record_cost: f64,
    /// The keys that most records have, the hottest first, where [`hottest_keys`](crate::Pipeline::hottest_keys) asked for them.
    pub hottest_keys: Vec<HotKey>,
}

impl StreamProgress {
    /// How many records a micro-batch must have so that half of its time goes into them: a / b. 0 before it is known.
    pub fn half_efficiency(&self) -> f64 {
        if self.record_cost > 0.0 { self.fixed_cost.as_nanos() as f64 / self.record_cost } else { 0.0 }
    }

    /// Records a second, from the start.
    pub fn records_per_second(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.records_in as f64 / seconds } else { 0.0 }
    }
}

impl fmt::Display for StreamProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} records in, {} out, in {} micro-batches, {:.2?} ({:.1} M/s)",
            self.records_in,
            self.records_out,
            self.micro_batches,
            self.elapsed,
            self.records_per_second() / 1e6
        )?;
        write!(f, "; {} waiting, {} open", self.waiting, self.open)?;
        if self.state_keys > 0 {
            write!(f, ", {} keys in {} bytes of state", self.state_keys, self.state_bytes)?;
        }
        for (count, what) in [(self.late, "late"), (self.dropped, "dropped"), (self.failed, "failed"), (self.refused, "refused")] {
            if count > 0 {
                write!(f, "; {count} {what}")?;
            }
        }
        Ok(())
    }
}
