//! How a run ends early.

pub(crate) use crate::error::forget;
use std::any::Any;

/// Why a run ended early.
#[derive(Debug)]
pub struct Broken<E> {
    pub(crate) batch: u64,
    pub(crate) record: u64,
    pub(crate) cause: Cause<E>,
}

/// What ended it.
#[derive(Debug)]
pub enum Cause<E> {
    /// A step failed.
    Error(E),
    /// Something panicked, with this payload.
    Panic(Box<dyn Any + Send>),
    /// It was stopped, by the token or by the deadline.
    Stopped,
    /// By the token.
    Cancelled,
    /// By the deadline.
    Expired,
    /// So many records came too late for all of their windows.
    TooLate(u64),
}

impl<E> Broken<E> {
    pub(super) fn stopped(batch: u64) -> Self {
        Broken { batch, record: 0, cause: Cause::Stopped }
    }

    pub(crate) fn panic(batch: u64, payload: Box<dyn Any + Send>) -> Self {
        Broken { batch, record: 0, cause: Cause::Panic(payload) }
    }

    pub(super) fn is_stop(&self) -> bool {
        matches!(self.cause, Cause::Stopped)
    }

    /// Of two the one of the lower batch. A stop counts only where nothing failed.
    pub(super) fn first_of(before: Option<Self>, next: Self) -> Self {
        let Some(before) = before else { return next };
        let key = |broken: &Self| (broken.is_stop(), broken.batch);
        let (first, other) = if key(&next) < key(&before) { (next, before) } else { (before, next) };
        forget(other);
        first
    }

    pub(crate) fn map<E2>(self, f: impl FnOnce(E) -> E2) -> Broken<E2> {
        let cause = match self.cause {
            Cause::Error(error) => Cause::Error(f(error)),
            Cause::Panic(payload) => Cause::Panic(payload),
            Cause::Stopped => Cause::Stopped,
            Cause::Cancelled => Cause::Cancelled,
            Cause::Expired => Cause::Expired,
            Cause::TooLate(records) => Cause::TooLate(records),
        };
        Broken { batch: self.batch, record: self.record, cause }
    }
}
