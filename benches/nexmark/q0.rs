//! Pass through: all events.

use super::answer::Put;
use super::events::Event;
use super::record::Record;
use crate::ready::Ready;
use microbatch::prelude::*;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row<E>(pub E);

/// By place, as all rows are borrowed from the same events.
impl Ord for Row<&Event> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        std::ptr::from_ref(self.0).cmp(&std::ptr::from_ref(other.0))
    }
}

impl PartialOrd for Row<&Event> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

pub fn stream<E: Record>(source: Ready<E>, size: usize, put: Put<'_, Row<E>>) {
    Pipeline::stream(source).trigger(Records::of(size)).for_each(|event| put(Row(event))).unwrap();
}

pub fn sequential<'e>(events: &'e [Event], put: Put<'_, Row<&'e Event>>) {
    events.iter().for_each(|event| put(Row(event)));
}
