//! Currency conversion: all bids, with prices in another currency.

use super::events::{Bid, Event, bid};
use super::measure::Put;
use crate::ready::Ready;
use microbatch::prelude::*;
use std::borrow::Borrow;

/// Auction, price, bidder, time.
pub type Row = (usize, usize, usize, u64);

fn converted(bid: &Bid) -> Row {
    (bid.auction, bid.price * 908 / 1000, bid.bidder, bid.date_time)
}

pub fn stream<E: Borrow<Event> + Send>(source: Ready<E>, size: usize, put: Put<'_, Row>) {
    Pipeline::stream(source).flat_map(|event| bid(event.borrow()).map(converted)).trigger(Records::of(size)).for_each(put).unwrap();
}

pub fn sequential(events: &[Event], put: Put<'_, Row>) {
    events.iter().filter_map(bid).map(converted).for_each(put);
}
