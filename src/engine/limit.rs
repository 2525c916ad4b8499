//! What stops a run from outside.

use super::broken::{Broken, Cause};
use crate::data::CancelToken;
use std::time::Instant;

/// Whether a run can be stopped from outside, known when it is compiled.
pub trait Leash: Send + Sync {
    /// Whether it can.
    const STOPPABLE: bool;
}

/// It cannot: nothing asks.
#[derive(Clone, Copy, Debug)]
pub struct Free;

/// It can, by a token or a deadline.
#[derive(Clone, Copy, Debug)]
pub struct Bound;

impl Leash for Free {
    const STOPPABLE: bool = false;
}

impl Leash for Bound {
    const STOPPABLE: bool = true;
}

/// What ends a run from outside.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limit {
    pub(crate) cancel: Option<CancelToken>,
    pub(crate) deadline: Option<Instant>,
}

impl Limit {
    pub(crate) fn cancelled(&self) -> bool {
        self.cancel.as_ref().is_some_and(CancelToken::is_cancelled)
    }

    pub(crate) fn expired(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// What a run ends with that it has stopped before this batch.
    pub(crate) fn broken<E>(&self, batch: u64) -> Broken<E> {
        let cause = if self.cancelled() { Cause::Cancelled } else { Cause::Expired };
        Broken { batch, record: 0, cause }
    }

    /// Whether there is any.
    pub(crate) fn is_some(&self) -> bool {
        self.cancel.is_some() || self.deadline.is_some()
    }

    pub(crate) fn reached(&self) -> bool {
        self.cancelled() || self.expired()
    }
}
