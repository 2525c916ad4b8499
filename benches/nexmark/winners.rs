//! The winning bid of each auction, which queries 4 and 6 begin with: the highest in its time that reaches the reserve.

use super::events::{Auction, Event, Map, millis};
use microbatch::prelude::*;

/// An auction that is over, and its price.
#[derive(Clone, Copy)]
pub struct Sold<'e> {
    pub auction: &'e Auction,
    pub price: usize,
}

/// What the auction of a bid has to say about it.
fn is_valid(auction: &Auction, price: usize, time: u64) -> bool {
    price >= auction.reserve && (auction.date_time..auction.expires).contains(&time)
}

/// What is known of an auction.
#[derive(Default)]
pub struct Known<'e> {
    auction: Option<&'e Auction>,
    best: Option<usize>,
    /// Bids that came before their auction: prices and times.
    early: Vec<(usize, u64)>,
}

impl Known<'_> {
    fn bid(&mut self, auction: &Auction, price: usize, time: u64) {
        if is_valid(auction, price, time) {
            self.best = self.best.max(Some(price));
        }
    }
}

/// Auctions and bids, without the persons.
pub fn is_of_auction(event: &&Event) -> bool {
    !matches!(event, Event::Person(_))
}

/// The auction that an event is about.
pub fn auction_of(event: &&Event) -> usize {
    match event {
        Event::Auction(auction) => auction.id,
        Event::Bid(bid) => bid.auction,
        Event::Person(person) => panic!("{} is about no auction", person.id),
    }
}

/// Emits auctions when they are over.
pub struct Winners;

impl<'e> KeyedProcessor<usize, &'e Event> for Winners {
    type State = Known<'e>;
    type Out = Sold<'e>;

    fn on_record(&self, _: &usize, known: &mut Known<'e>, event: &'e Event, context: &mut Context<Sold<'e>>) {
        match (event, known.auction) {
            (Event::Auction(auction), _) => {
                known.auction = Some(auction);
                for (price, time) in std::mem::take(&mut known.early) {
                    known.bid(auction, price, time);
                }
                context.timer(millis(auction.expires));
            }
            (Event::Bid(bid), Some(auction)) => known.bid(auction, bid.price, bid.date_time),
            (Event::Bid(bid), None) => {
                known.early.push((bid.price, bid.date_time));
                // Once its millisecond is over no auction can begin in which it is valid.
                context.timer(millis(bid.date_time + 1));
            }
            (Event::Person(_), _) => {}
        }
    }

    fn on_timer(&self, _: &usize, known: &mut Known<'e>, at: Timestamp, context: &mut Context<Sold<'e>>) {
        if let Some(auction) = known.auction {
            if millis(auction.expires) > at {
                return;
            }
            known.best.into_iter().for_each(|price| context.emit(Sold { auction, price }));
        }
        context.clear();
    }
}

/// All auctions that are sold, as they end.
pub fn sold(events: &[Event]) -> Vec<Sold<'_>> {
    let mut all: Map<usize, (&Auction, Option<usize>)> = Map::default();
    for event in events {
        if let Event::Auction(auction) = event {
            all.insert(auction.id, (auction, None));
        }
    }
    for event in events {
        if let Event::Bid(bid) = event
            && let Some((auction, best)) = all.get_mut(&bid.auction)
            && is_valid(auction, bid.price, bid.date_time)
        {
            *best = (*best).max(Some(bid.price));
        }
    }
    let mut sold: Vec<Sold<'_>> = all.into_values().filter_map(|(auction, best)| Some(Sold { auction, price: best? })).collect();
    sold.sort_unstable_by_key(|sold| (sold.auction.expires, sold.auction.id));
    sold
}
