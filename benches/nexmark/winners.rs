//! The winning bid of each auction, which queries 4 and 6 begin with: the highest in its time that reaches the reserve.

use super::events::{Event, Map, millis};
use microbatch::prelude::*;
use serde::{Deserialize, Serialize};

/// What an event says about an auction.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub enum Offer {
    Auction(Terms),
    Bid { auction: usize, price: usize, time: u64 },
}

/// The terms of an auction.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Terms {
    pub auction: usize,
    pub category: usize,
    pub seller: usize,
    pub expires: u64,
    reserve: usize,
    begins: u64,
}

/// An auction that is over, and its price.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Sold {
    pub auction: Terms,
    pub price: usize,
}

impl Offer {
    pub fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Person(_) => None,
            Event::Auction(auction) => Some(Offer::Auction(Terms {
                auction: auction.id,
                category: auction.category,
                seller: auction.seller,
                expires: auction.expires,
                reserve: auction.reserve,
                begins: auction.date_time,
            })),
            Event::Bid(bid) => Some(Offer::Bid { auction: bid.auction, price: bid.price, time: bid.date_time }),
        }
    }

    /// The auction that it is about.
    pub fn auction(&self) -> usize {
        match *self {
            Offer::Auction(Terms { auction, .. }) | Offer::Bid { auction, .. } => auction,
        }
    }
}

impl Terms {
    fn allow(&self, price: usize, time: u64) -> bool {
        price >= self.reserve && (self.begins..self.expires).contains(&time)
    }
}

/// What is known of an auction.
#[derive(Clone, Default)]
pub struct Known {
    terms: Option<Terms>,
    best: Option<usize>,
    /// Bids that came before their auction: prices and times.
    early: Vec<(usize, u64)>,
}

impl Known {
    /// Takes an offer, and tells when to look at it again where that is to be done: when the auction is over, or the millisecond of an early
    /// bid, after which no auction can begin in which it is valid.
    pub fn add(&mut self, offer: Offer) -> Option<u64> {
        match (offer, self.terms) {
            (Offer::Auction(terms), _) => {
                self.terms = Some(terms);
                std::mem::take(&mut self.early).into_iter().for_each(|(price, time)| self.bid(terms, price, time));
                Some(terms.expires)
            }
            (Offer::Bid { price, time, .. }, Some(terms)) => {
                self.bid(terms, price, time);
                None
            }
            (Offer::Bid { price, time, .. }, None) => {
                self.early.push((price, time));
                Some(time + 1)
            }
        }
    }

    fn bid(&mut self, terms: Terms, price: usize, time: u64) {
        if terms.allow(price, time) {
            self.best = self.best.max(Some(price));
        }
    }

    /// Whether nothing that comes at this time or after can change it: it is over, or it has not begun and cannot have begun in time for its bids.
    pub fn is_over(&self, at: u64) -> bool {
        match self.terms {
            Some(terms) => terms.expires <= at,
            None => self.early.iter().all(|(_, time)| *time < at),
        }
    }

    pub fn sold(&self) -> Option<Sold> {
        Some(Sold { auction: self.terms?, price: self.best? })
    }
}

/// Emits auctions when they are over.
pub struct Winners;

impl KeyedProcessor<usize, Offer> for Winners {
    type State = Known;
    type Out = Sold;

    fn on_record(&self, _: &usize, known: &mut Known, offer: Offer, context: &mut Context<Sold>) {
        if let Some(time) = known.add(offer) {
            context.timer(millis(time));
        }
    }

    fn on_timer(&self, _: &usize, known: &mut Known, at: Timestamp, context: &mut Context<Sold>) {
        if known.is_over(at.as_micros() as u64 / 1000) {
            known.sold().into_iter().for_each(|sold| context.emit(sold));
            context.clear();
        }
    }
}

/// All auctions that are sold, as they end.
pub fn sold(events: &[Event]) -> Vec<Sold> {
    let mut all: Map<usize, Known> = Map::default();
    for event in events {
        if let Some(Offer::Auction(terms)) = Offer::of(event) {
            all.insert(terms.auction, Known { terms: Some(terms), ..Known::default() });
        }
    }
    for event in events {
        if let Event::Bid(bid) = event
            && let Some(Known { terms: Some(terms), best, .. }) = all.get_mut(&bid.auction)
            && terms.allow(bid.price, bid.date_time)
        {
            *best = (*best).max(Some(bid.price));
        }
    }
    let mut sold: Vec<Sold> = all.values().filter_map(Known::sold).collect();
    sold.sort_unstable_by_key(|sold| (sold.auction.expires, sold.auction.auction));
    sold
}
