//! The epoch that is being made, while the one before is committed.

use super::drive::{Failure, Point};
use super::places::SharedPlaces;
use crate::data::Pane;
use crate::engine::Aside;
use crate::error::BoxError;
use crate::saved::{DamagedState, Pieces, Saved};
use crate::watermark::Tracker;
use std::time::{Duration, Instant};

/// The epoch that is being made.
pub(super) struct Forming<'p, K, V> {
    every: Duration,
    places: &'p SharedPlaces,
    /// By micro-batch.
    results: Vec<Vec<Pane<K, V>>>,
    /// When it began, and how many records had been taken by then.
    begun: Instant,
    records: u64,
}

/// An epoch to be committed.
pub(super) struct Formed<K, V> {
    /// The place in the source after it.
    pub(super) place: Vec<u8>,
    pub(super) state: Pieces,
    /// By micro-batch: they are moved together where processing need not wait for it.
    pub(super) results: Vec<Vec<Pane<K, V>>>,
}

impl<'p, K, V> Forming<'p, K, V> {
    pub(super) fn new(every: Duration, places: &'p SharedPlaces) -> Self {
        Forming { every, places, results: Vec::new(), begun: Instant::now(), records: 0 }
    }

    /// Takes in what a micro-batch made; gives the epoch to the committer when that is due, and the source has been here.
    pub(super) fn settle<E, R: Saved>(
        &mut self,
        emitted: Vec<Pane<K, V>>,
        at: Point<'_, '_, R, E>,
        committer: &mut Aside<Formed<K, V>, Failure<E>>,
    ) -> Result<(), Failure<E>> {
        let (running, tracker, is_last, records, settle) = at;
        if !emitted.is_empty() {
            self.results.push(emitted);
        }
        let is_free = committer.is_free()?;
        let is_changed = records > self.records || !self.results.is_empty();
        let is_due = is_changed && (is_last || self.is_due(is_free));
        let Some(place) = self.places.take(records, is_due) else { return Ok(()) };
        settle(running).map_err(Failure::Broken)?;
        let state = save(running, tracker).map_err(Failure::Store)?;
        (self.records, self.begun) = (records, Instant::now());
        committer.give(Formed { place, state, results: std::mem::take(&mut self.results) })
    }

    /// While the epoch before is committed, this one grows, to twice its time: then processing waits for the disk and the sink.
    fn is_due(&self, is_free: bool) -> bool {
        let age = self.begun.elapsed();
        let is_time = age >= self.every && (is_free || age >= self.every.saturating_mul(2));
        is_time || is_free && self.places.is_awaited()
    }
}

/// The part of the state that is of event time; the other is that of the stages.
const EVENT_TIME: u8 = 1;
const STAGES: u8 = 0;

/// What is kept at a point.
fn save(running: &mut impl Saved, tracker: &mut Tracker<'_>) -> Result<Pieces, BoxError> {
    let mut pieces = Pieces::default();
    pieces.within(STAGES, |pieces| running.save(pieces))?;
    pieces.within(EVENT_TIME, |pieces| tracker.save(pieces))?;
    Ok(pieces)
}

/// Takes over what was kept.
pub(super) fn load(running: &mut impl Saved, tracker: &mut Tracker<'_>, pieces: &mut Pieces) -> Result<(), DamagedState> {
    pieces.within(STAGES, |pieces| running.load(pieces))?;
    pieces.within(EVENT_TIME, |pieces| tracker.load(pieces))
}
