//! Pass through: all events.

use super::events::{Event, Source};
use super::measure::Put;
use microbatch::prelude::*;

/// An event.
#[derive(Debug, PartialEq, Eq)]
pub struct Row<'e>(&'e Event);

/// By place, as all rows are borrowed from the same events.
impl Ord for Row<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        std::ptr::from_ref(self.0).cmp(&std::ptr::from_ref(other.0))
    }
}

impl PartialOrd for Row<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

pub fn stream<'e>(source: Source<'e>, size: usize, put: Put<'_, Row<'e>>) {
    Pipeline::stream(source).trigger(Records::of(size)).for_each(|event| put(Row(event))).unwrap();
}

pub fn sequential<'e>(events: &'e [Event], put: Put<'_, Row<'e>>) {
    events.iter().for_each(|event| put(Row(event)));
}
