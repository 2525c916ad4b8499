//! Average selling price by seller, over the last ten auctions that are sold.

use super::answer::Put;
use super::events::{Event, Map, time};
use super::record::Record;
use super::winners::{Offer, Sold, Winners, sold};
use crate::ready::Ready;
use microbatch::prelude::*;
use std::collections::VecDeque;

/// Seller, sum of prices, auctions: their quotient is the average.
pub type Row = (usize, usize, usize);

const LAST: usize = 10;

/// The last prices of a seller, and their sum.
#[derive(Clone, Default)]
pub struct Prices {
    last: VecDeque<usize>,
    sum: usize,
}

impl Prices {
    pub fn add(&mut self, seller: usize, price: usize) -> Row {
        if self.last.len() == LAST {
            self.sum -= self.last.pop_front().unwrap_or_default();
        }
        self.last.push_back(price);
        self.sum += price;
        (seller, self.sum, self.last.len())
    }
}

struct Averages;

impl KeyedProcessor<usize, Sold> for Averages {
    type State = Prices;
    type Out = Row;

    fn on_record(&self, seller: &usize, prices: &mut Prices, sold: Sold, context: &mut Context<Row>) {
        context.emit(prices.add(*seller, sold.price));
    }
}

pub fn stream<E: Record>(source: Ready<E>, size: usize, put: Put<'_, Row>) {
    Pipeline::stream(source)
        .event_time(|event| time(event.borrow()))
        .flat_map(|event| Offer::of(event.borrow()))
        .key_by(Offer::auction)
        .stateful(Winners)
        .key_by(|sold| sold.auction.seller)
        .stateful(Averages)
        .trigger(Records::of(size))
        .for_each(put)
        .unwrap();
}

pub fn sequential(events: &[Event], put: Put<'_, Row>) {
    let mut sellers: Map<usize, Prices> = Map::default();
    for sold in sold(events) {
        put(sellers.entry(sold.auction.seller).or_default().add(sold.auction.seller, sold.price));
    }
}
