//! Which place in a source belongs to how many records.

use crate::error::BoxError;
use crate::saved::{DamagedState, Replay, contained, put, take};
use crate::stage::{Inbox, Pending, Pull, Source, Trigger};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The places that a source has come to, by the records that it had given by then; and how many of them have been taken.
#[derive(Debug, Default)]
pub(super) struct Places {
    marks: VecDeque<(u64, Vec<u8>)>,
    taken: u64,
    /// The place after the records that have been taken, where there is one.
    at: Option<Vec<u8>>,
    /// Whether micro-batches are to end at a place.
    is_due: bool,
    /// Whether the source gives nothing more before a commit.
    is_awaited: bool,
    /// The last place that is committed and delivered, until the source is told.
    done: Option<Vec<u8>>,
}

/// Places, shared by a source, a trigger and the driver.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedPlaces(Arc<Mutex<Places>>);

impl SharedPlaces {
    fn lock(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the source begins.
    pub(super) fn begin(&self, place: Vec<u8>) {
        self.lock().at = Some(place);
    }

    /// So many records have been taken; the place after them, if the source was there. Else the next micro-batches end where it was.
    pub(super) fn take(&self, records: u64, is_due: bool) -> Option<Vec<u8>> {
        let mut places = self.lock();
        if records > places.taken {
            (places.taken, places.at) = (records, None);
        }
        while places.marks.front().is_some_and(|(given, _)| *given <= records) {
            let mark = places.marks.pop_front();
            places.at = mark.filter(|(given, _)| *given == records).map(|(_, place)| place);
        }
        places.is_due = is_due && places.at.is_none();
        places.at.clone().filter(|_| is_due)
    }

    /// Whether the source waits for a commit.
    pub(super) fn is_awaited(&self) -> bool {
        self.lock().is_awaited
    }

    /// What is before this place is committed and delivered: the source is told before it is pulled again.
    pub(super) fn acknowledge(&self, place: Vec<u8>) {
        self.lock().done = Some(place);
    }
}

/// A source that notes its places.
pub struct Noting<S> {
    source: S,
    given: u64,
    places: SharedPlaces,
}

impl<S> std::fmt::Debug for Noting<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Noting").field("given", &self.given).finish_non_exhaustive()
    }
}

impl<S: Replay> Noting<S> {
    /// Of a source that is brought to a place, if one is known.
    pub(super) fn new(mut source: S, place: Option<&[u8]>, places: SharedPlaces) -> Result<Self, BoxError> {
        if let Some(place) = place {
            source.seek(offset::<S>(place)?).map_err(Into::into)?;
            source.acknowledge(offset::<S>(place)?).map_err(Into::into)?;
        }
        places.begin(place_of(&source)?);
        Ok(Noting { source, given: 0, places })
    }
}

/// Where a source is, as it is kept.
fn place_of<S: Replay>(source: &S) -> Result<Vec<u8>, DamagedState> {
    let (mut place, offset) = (Vec::new(), source.offset());
    contained(|| put(&mut place, &offset))?;
    Ok(place)
}

/// A place, as the source knows it.
fn offset<S: Replay>(mut place: &[u8]) -> Result<S::Offset, BoxError> {
    match contained(|| take(&mut place)) {
        Ok(offset) if place.is_empty() => Ok(offset),
        Err(error) if error.is_panic() => Err(error.into()),
        _ => {
            Err("the saved place is none of this source: it was saved by a source of another type; start anew with another checkpoint"
                .into())
        }
    }
}

impl<S: Replay> Source for Noting<S> {
    type Item = S::Item;
    type Error = BoxError;

    fn pull(&mut self, max: usize, inbox: &mut Inbox<S::Item>) -> Result<Pull, BoxError> {
        let done = self.places.lock().done.take();
        if let Some(done) = done {
            self.source.acknowledge(offset::<S>(&done)?).map_err(Into::into)?;
        }
        let before = inbox.len();
        let pulled = self.source.pull(max, inbox).map_err(Into::into)?;
        let is_awaited = self.source.waits_for_commit();
        let mut mark = None;
        if inbox.len() > before {
            self.given += (inbox.len() - before) as u64;
            mark = Some((self.given, place_of(&self.source)?));
        }
        let mut places = self.places.lock();
        places.marks.extend(mark);
        places.is_awaited = is_awaited;
        Ok(pulled)
    }
}

/// A trigger whose micro-batches end where the source was, when a commit is due, and begin at once where the source waits for one.
pub(super) struct Aligned<T> {
    pub(super) trigger: T,
    pub(super) places: SharedPlaces,
}

impl<T: Trigger> Trigger for Aligned<T> {
    fn fire(&mut self, pending: &Pending) -> bool {
        let fires = self.trigger.fire(pending);
        let places = self.places.lock();
        fires || (places.is_due || places.is_awaited) && pending.records > 0
    }

    fn most(&self, pending: &Pending) -> usize {
        let most = self.trigger.most(pending);
        let places = self.places.lock();
        match places.marks.front() {
            // Who asks how many there can be at all is told of nothing that waits.
            Some((given, _)) if places.is_due && pending.records < usize::MAX => most.min((given - places.taken) as usize),
            _ => most,
        }
    }

    fn wait(&self, pending: &Pending) -> Option<Duration> {
        self.trigger.wait(pending)
    }

    fn missed(&self) -> u64 {
        self.trigger.missed()
    }
}
