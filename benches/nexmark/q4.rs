//! Average price by category, of the auctions that are over.

use super::answer::Put;
use super::events::{Event, Map, time};
use super::record::Record;
use super::winners::{Offer, Winners, sold};
use crate::ready::Ready;
use microbatch::prelude::*;

/// Category, sum of prices, auctions: their quotient is the average.
pub type Row = (usize, u64, u64);

pub fn stream<E: Record>(source: Ready<E>, size: usize, put: Put<'_, Row>) {
    Pipeline::stream(source)
        .event_time(|event| time(event.borrow()))
        .flat_map(|event| Offer::of(event.borrow()))
        .key_by(Offer::auction)
        .stateful(Winners)
        .key_by(|sold| sold.auction.category)
        .map(|sold| sold.price as u64)
        .integrator((Sum, Count))
        .trigger(Records::of(size))
        .for_each(|pane| put((pane.key, pane.value.0, pane.value.1)))
        .unwrap();
}

pub fn sequential(events: &[Event], put: Put<'_, Row>) {
    let mut categories: Map<usize, (u64, u64)> = Map::default();
    for sold in sold(events) {
        let (sum, count) = categories.entry(sold.auction.category).or_default();
        (*sum, *count) = (*sum + sold.price as u64, *count + 1);
    }
    categories.into_iter().for_each(|(category, (sum, count))| put((category, sum, count)));
}
