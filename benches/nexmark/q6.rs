//! Average selling price by seller, over the last ten auctions that are sold.

use super::events::{Event, Map, Source, time};
use super::measure::Put;
use super::winners::{Sold, Winners, auction_of, is_of_auction, sold};
use microbatch::prelude::*;
use std::collections::VecDeque;

/// Seller, sum of prices, auctions: their quotient is the average.
pub type Row = (usize, usize, usize);

const LAST: usize = 10;

/// The last prices of a seller, and their sum.
#[derive(Default)]
pub struct Prices {
    last: VecDeque<usize>,
    sum: usize,
}

impl Prices {
    fn add(&mut self, seller: usize, price: usize) -> Row {
        if self.last.len() == LAST {
            self.sum -= self.last.pop_front().unwrap_or_default();
        }
        self.last.push_back(price);
        self.sum += price;
        (seller, self.sum, self.last.len())
    }
}

struct Averages;

impl<'e> KeyedProcessor<usize, Sold<'e>> for Averages {
    type State = Prices;
    type Out = Row;

    fn on_record(&self, seller: &usize, prices: &mut Prices, sold: Sold<'e>, context: &mut Context<Row>) {
        context.emit(prices.add(*seller, sold.price));
    }
}

pub fn stream<'e>(source: Source<'e>, size: usize, put: Put<'_, Row>) {
    Pipeline::stream(source)
        .event_time(|event| time(event))
        .filter(is_of_auction)
        .key_by(auction_of)
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
