//! Selection: auction and price of the bids for some auctions.

use super::answer::Put;
use super::events::{Event, bid};
use super::record::Record;
use crate::ready::Ready;
use microbatch::prelude::*;

/// Auction and price.
pub type Row = (usize, usize);

/// Of an event that is a bid.
pub fn row(event: &Event) -> Option<Row> {
    bid(event).map(|bid| (bid.auction, bid.price))
}

pub fn is_meant(row: &Row) -> bool {
    row.0.is_multiple_of(123)
}

pub fn stream<E: Record>(source: Ready<E>, size: usize, put: Put<'_, Row>) {
    Pipeline::stream(source).flat_map(|event| row(event.borrow())).filter(is_meant).trigger(Records::of(size)).for_each(put).unwrap();
}

pub fn sequential(events: &[Event], put: Put<'_, Row>) {
    events.iter().filter_map(row).filter(is_meant).for_each(put);
}
