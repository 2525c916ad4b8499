//! Selection: auction and price of the bids for some auctions.

use super::events::{Event, bid};
use super::measure::Put;
use crate::ready::Ready;
use microbatch::prelude::*;
use std::borrow::Borrow;

/// Auction and price.
pub type Row = (usize, usize);

pub fn stream<E: Borrow<Event> + Send>(source: Ready<E>, size: usize, put: Put<'_, Row>) {
    Pipeline::stream(source)
        .flat_map(|event| bid(event.borrow()).map(|bid| (bid.auction, bid.price)))
        .filter(|(auction, _)| auction.is_multiple_of(123))
        .trigger(Records::of(size))
        .for_each(put)
        .unwrap();
}

pub fn sequential(events: &[Event], put: Put<'_, Row>) {
    let bids = events.iter().filter_map(bid);
    bids.filter(|bid| bid.auction.is_multiple_of(123)).for_each(|bid| put((bid.auction, bid.price)));
}
