use super::events::{Event, bid};
use super::record::Record;
use super::{BATCH, q0};
use crate::ready::Ready;
use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex};

/// Events as a contestant is given them.
pub trait Given: Record<Text: Into<String>> + Clone + 'static {
    fn of(event: &'static Event) -> Self;

    /// In micro-batches.
    fn batches(events: &'static [Event]) -> Ready<Self>;
}

impl Given for Event {
    fn of(event: &'static Event) -> Self {
        event.clone()
    }

    fn batches(events: &'static [Event]) -> Ready<Self> {
        Ready::new(events, BATCH)
    }
}

impl Given for &'static Event {
    fn of(event: &'static Event) -> Self {
        event
    }

    fn batches(events: &'static [Event]) -> Ready<Self> {
        Ready::new(&events.iter().collect::<Vec<_>>(), BATCH)
    }
}

/// A part of the events for each worker, in the order of their times: a worker takes every so many, so that all see about the same time.
/// It is in pieces, between which the worker tells of the time.
#[derive(Clone)]
pub struct Parts<E>(Arc<[Mutex<Vec<Vec<E>>>]>);

impl<E: Given> Parts<E> {
    pub fn of(events: &'static [Event]) -> Self {
        let workers = crate::rivals::cores();
        Parts((0..workers).map(|worker| Mutex::new(pieces(events.iter().skip(worker).step_by(workers)))).collect())
    }

    /// Hands a worker its part.
    pub fn take(&self, worker: usize) -> Vec<Vec<E>> {
        std::mem::take(&mut *self.0[worker].lock().unwrap())
    }
}

fn pieces<E: Given>(mut events: impl Iterator<Item = &'static Event>) -> Vec<Vec<E>> {
    let next = || Some(events.by_ref().take(interval()).map(E::of).collect()).filter(|piece: &Vec<E>| !piece.is_empty());
    std::iter::from_fn(next).collect()
}

/// Events that a worker sees between two watermarks.
pub fn interval() -> usize {
    BATCH / crate::rivals::cores()
}

/// By what can be read without following its texts.
impl<E: Borrow<Event>> Hash for q0::Row<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let event = self.0.borrow();
        (event.timestamp(), bid(event).map(|bid| (bid.auction, bid.price))).hash(state);
    }
}
