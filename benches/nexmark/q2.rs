//! Selection: auction and price of the bids for some auctions.

use super::events::{Event, Source, bid};
use super::measure::Put;
use microbatch::prelude::*;

/// Auction and price.
pub type Row = (usize, usize);

pub fn stream<'e>(source: Source<'e>, size: usize, put: Put<'_, Row>) {
    Pipeline::stream(source)
        .flat_map(bid)
        .filter(|bid| bid.auction.is_multiple_of(123))
        .map(|bid| (bid.auction, bid.price))
        .trigger(Records::of(size))
        .for_each(put)
        .unwrap();
}

pub fn sequential(events: &[Event], put: Put<'_, Row>) {
    let bids = events.iter().filter_map(bid);
    bids.filter(|bid| bid.auction.is_multiple_of(123)).for_each(|bid| put((bid.auction, bid.price)));
}
