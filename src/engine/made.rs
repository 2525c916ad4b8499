//! What is left of a lane when it is done.

use super::broken::Broken;
use crate::data::Timestamp;
use std::time::Duration;

/// What workers made of one lane.
pub(super) struct Made<M, E> {
    /// The place of the lane among the others.
    pub(super) lane: usize,
    /// How many records its batches hold, as their partitioner said.
    pub(super) expected: usize,
    /// Of its batches together, or of those of a group.
    pub(super) memory: Option<M>,
    /// Of the groups before.
    pub(super) complete: Vec<M>,
    /// One of no values, to be used once more.
    pub(super) spare: Option<M>,
    /// Of each batch by itself, where they were not run in the order of the data.
    pub(super) apart: Vec<(u32, M)>,
    /// How many batches are done ..
    pub(super) batches: u64,
    /// .. and how many records they had.
    pub(super) records: u64,
    /// Those that had another number of records than their partitioner said, with the right one.
    pub(super) sizes: Vec<(u32, u64)>,
    /// Their times, where somebody asked.
    pub(super) times: Vec<Timed>,
    /// The greatest event time of each batch that has one.
    pub(super) latest: Vec<(u32, Timestamp)>,
    /// Records that came after a window of theirs was complete ..
    pub(super) late: u64,
    /// .. and after all of them were gone.
    pub(super) dropped: u64,
    pub(super) failed: u64,
    pub(super) retried: u64,
    pub(super) busy: Duration,
    /// Where it ended early.
    pub(super) broken: Option<Broken<E>>,
}

/// What an attempt at a batch has seen of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// How many records were read.
    pub(super) records: usize,
    /// The greatest event time among them.
    pub(super) latest: Option<Timestamp>,
    pub(super) late: u64,
    pub(super) dropped: u64,
}

/// The times of one batch, or a piece of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timed {
    pub(super) partition: u32,
    /// Whether it is a whole batch, or the first piece of one.
    pub(super) is_first: bool,
    pub(super) records: u64,
    /// From the start of the run to that of the batch.
    pub(super) wait: Duration,
    pub(super) estimated: Duration,
    pub(super) busy: Duration,
}

impl<M, E> Made<M, E> {
    pub(super) fn of_lane(lane: usize, expected: usize) -> Self {
        Made {
            lane,
            expected,
            memory: None,
            complete: Vec::new(),
            spare: None,
            apart: Vec::new(),
            batches: 0,
            records: 0,
            sizes: Vec::new(),
            times: Vec::new(),
            latest: Vec::new(),
            late: 0,
            dropped: 0,
            failed: 0,
            retried: 0,
            busy: Duration::ZERO,
            broken: None,
        }
    }

    /// Takes in what was seen of a batch.
    pub(super) fn take_in(&mut self, seq: u32, seen: &Seen) {
        if let Some(latest) = seen.latest {
            self.latest.push((seq, latest));
        }
        // What is dropped is late.
        if seen.late > 0 {
            self.late += seen.late;
            self.dropped += seen.dropped;
        }
    }

    pub(super) fn breaks(&mut self, broken: Broken<E>) {
        self.broken = Some(Broken::first_of(self.broken.take(), broken));
    }
}
