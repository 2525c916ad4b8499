//! Currency conversion: all bids, with prices in another currency.

use super::answer::Put;
use super::events::{Event, bid};
use super::record::Record;
use crate::ready::Ready;
use microbatch::prelude::*;

/// Auction, price, bidder, time.
pub type Row = (usize, usize, usize, u64);

/// Of an event that is a bid.
pub fn row(event: &Event) -> Option<Row> {
    bid(event).map(|bid| (bid.auction, bid.price * 908 / 1000, bid.bidder, bid.date_time))
}

pub fn stream<E: Record>(source: Ready<E>, size: usize, put: Put<'_, Row>) {
    Pipeline::stream(source).flat_map(|event| row(event.borrow())).trigger(Records::of(size)).for_each(put).unwrap();
}

pub fn sequential(events: &[Event], put: Put<'_, Row>) {
    events.iter().filter_map(row).for_each(put);
}
