use super::{Clock, Operator, Rec, StateSize, Watch};
use crate::data::Timestamp;
use std::fmt;

/// Each value with its event time.
pub struct EventTime<C, F> {
    pub(crate) prev: C,
    pub(crate) step: F,
}

impl<C: fmt::Debug, F> fmt::Debug for EventTime<C, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}.EventTime", self.prev)
    }
}

/// Watches over steps whose event times, if they give any, are replaced.
struct Replaced<'w, W>(&'w mut W);

impl<E, W: Watch<E>> Watch<E> for Replaced<'_, W> {
    const STOPPABLE: bool = W::STOPPABLE;
    const FOLLOWED: bool = W::FOLLOWED;
    const LOCATED: bool = W::LOCATED;

    #[inline]
    fn stopped(&mut self) -> bool {
        self.0.stopped()
    }

    fn failed(&mut self, position: usize, records: usize, error: E) -> Result<(), E> {
        self.0.failed(position, records, error)
    }

    fn batch(&self) -> u64 {
        self.0.batch()
    }

    fn first(&self) -> u64 {
        self.0.first()
    }

    fn expected(&self) -> usize {
        self.0.expected()
    }

    #[inline]
    fn seen(&mut self, records: usize) {
        self.0.seen(records)
    }

    fn reached(&mut self, _: Timestamp) {}

    #[inline]
    fn at(&mut self, position: usize) {
        self.0.at(position)
    }

    fn threads(&self) -> usize {
        self.0.threads()
    }

    fn share<L: Send>(&self, lanes: Vec<L>, work: impl Fn(L, &dyn Fn() -> bool) + Sync) {
        self.0.share(lanes, work)
    }

    fn clock(&self) -> Clock {
        self.0.clock()
    }

    fn late(&mut self, late: u64, dropped: u64) {
        self.0.late(late, dropped)
    }
}

impl<B, E, C, F, A> Operator<B, E> for EventTime<C, F>
where
    C: Operator<B, E>,
    F: Fn(&C::Value) -> A,
    A: Into<Timestamp>,
{
    type At = Timestamp;
    type Key = C::Key;
    type Value = C::Value;
    type Local = C::Local;
    const ORDERED: bool = C::ORDERED;
    const IN_PIECES: bool = C::IN_PIECES;
    const ONE_EACH: bool = C::ONE_EACH;
    const TIMED: bool = C::TIMED;

    #[inline]
    fn drive<W: Watch<E>>(
        &self,
        local: &mut C::Local,
        batch: B,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<Timestamp, C::Key, C::Value>) -> Result<(), E>,
    ) -> Result<(), E> {
        // Of two words, which depend on those of the record before by no more than a comparison.
        let (mut latest, mut is_any) = (Timestamp::MIN, false);
        let done = self.prev.drive(local, batch, &mut Replaced(watch), &mut |rec| {
            let at = (self.step)(&rec.value).into();
            (latest, is_any) = (latest.max(at), true);
            emit(Rec { at, key: rec.key, value: rec.value })
        });
        if is_any {
            watch.reached(latest);
        }
        done
    }

    fn pass<W: Watch<E>>(
        &self,
        local: &mut C::Local,
        watermark: Timestamp,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<Timestamp, C::Key, C::Value>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.prev.pass(local, watermark, watch, &mut |rec| {
            let at = (self.step)(&rec.value).into();
            emit(Rec { at, key: rec.key, value: rec.value })
        })
    }

    fn size(local: &C::Local) -> StateSize {
        C::size(local)
    }
}
