use super::{Clock, Watch};
use crate::data::Timestamp;
use std::cell::Cell;

/// Says which record what comes through is made of.
pub(super) struct Located<'w, W> {
    pub(super) watch: &'w mut W,
    pub(super) position: &'w Cell<usize>,
}

impl<E, W: Watch<E>> Watch<E> for Located<'_, W> {
    const STOPPABLE: bool = W::STOPPABLE;
    const FOLLOWED: bool = W::FOLLOWED;
    const LOCATED: bool = true;

    #[inline]
    fn stopped(&mut self) -> bool {
        self.watch.stopped()
    }

    fn failed(&mut self, position: usize, records: usize, error: E) -> Result<(), E> {
        self.watch.failed(position, records, error)
    }

    fn batch(&self) -> u64 {
        self.watch.batch()
    }

    fn first(&self) -> u64 {
        self.watch.first()
    }

    fn expected(&self) -> usize {
        self.watch.expected()
    }

    fn seen(&mut self, records: usize) {
        self.watch.seen(records)
    }

    fn reached(&mut self, latest: Timestamp) {
        self.watch.reached(latest)
    }

    #[inline]
    fn at(&mut self, position: usize) {
        self.position.set(position);
        self.watch.at(position);
    }

    fn threads(&self) -> usize {
        self.watch.threads()
    }

    fn share<L: Send>(&self, lanes: Vec<L>, work: impl Fn(L, &dyn Fn() -> bool) + Sync) {
        self.watch.share(lanes, work)
    }

    fn clock(&self) -> Clock {
        self.watch.clock()
    }

    fn late(&mut self, late: u64, dropped: u64) {
        self.watch.late(late, dropped)
    }
}
