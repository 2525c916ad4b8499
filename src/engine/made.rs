//! What is left of a lane when it is done.

use super::broken::Broken;
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
    pub(super) failed: u64,
    pub(super) retried: u64,
    pub(super) busy: Duration,
    /// Where it ended early.
    pub(super) broken: Option<Broken<E>>,
}

/// The times of one batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timed {
    pub(super) partition: u32,
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
            failed: 0,
            retried: 0,
            busy: Duration::ZERO,
            broken: None,
        }
    }

    pub(super) fn breaks(&mut self, broken: Broken<E>) {
        self.broken = Some(Broken::first_of(self.broken.take(), broken));
    }
}
