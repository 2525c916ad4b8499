//! Hot items: the auction with the most bids in each sliding window.

use super::answer::Put;
use super::events::{Bid, Event, Map, bid, time};
use super::record::Record;
use crate::ready::Ready;
use microbatch::prelude::*;
use std::cmp::Reverse;
use std::collections::VecDeque;
use std::time::Duration;

/// Bids, auction, end of the window in microseconds.
pub type Row = (u64, usize, i64);

/// Windows of so many slides, of so many seconds each.
pub fn stream<E: Record, const SLIDE: u64, const SLIDES: u64>(source: Ready<E>, size: usize, put: Put<'_, Row>) {
    Pipeline::stream(source)
        .event_time(|event| time(event.borrow()))
        .flat_map(|event| bid(event.borrow()).map(|bid| bid.auction))
        .window(Sliding::of(Duration::from_secs(SLIDE * SLIDES), Duration::from_secs(SLIDE)))
        .key_by(|auction| *auction)
        .integrator(Count)
        .then()
        .same_window()
        // Of several with as many bids, the first.
        .top_by_key(1, |pane| (pane.value, Reverse(pane.key)))
        .trigger(Records::of(size))
        .for_each(|pane| pane.value.iter().for_each(|top| put((top.value, top.key, pane.window.end.as_micros()))))
        .unwrap();
}

pub fn sequential<const SLIDE: u64, const SLIDES: u64>(events: &[Event], put: Put<'_, Row>) {
    let slice = |bid: &Bid| bid.date_time / (SLIDE * 1000);
    let bids = || events.iter().filter_map(bid);
    let mut counts = Counts::default();
    let mut now = bids().next().map_or(0, slice);
    for bid in bids() {
        while now < slice(bid) {
            now += 1;
            counts.close((now * SLIDE * 1_000_000) as i64, SLIDES, put);
        }
        *counts.new.entry(bid.auction).or_default() += 1;
    }
    while !counts.is_empty() {
        now += 1;
        counts.close((now * SLIDE * 1_000_000) as i64, SLIDES, put);
    }
}

/// Bids by auction: of the slides of the window, of all of them together, and of the new one.
#[derive(Clone, Default)]
pub struct Counts {
    slides: VecDeque<Map<usize, u64>>,
    all: Map<usize, u64>,
    pub new: Map<usize, u64>,
}

impl Counts {
    /// Ends the slide, with a window of so many that ends with it.
    pub fn close(&mut self, end: i64, slides: u64, put: Put<'_, Row>) {
        for (auction, count) in &self.new {
            *self.all.entry(*auction).or_default() += count;
        }
        self.slides.push_back(std::mem::take(&mut self.new));
        let top = self.all.iter().max_by_key(|(auction, count)| (**count, Reverse(**auction)));
        top.into_iter().for_each(|(auction, count)| put((*count, *auction, end)));
        if self.slides.len() as u64 == slides {
            self.slides.pop_front().into_iter().flatten().for_each(|(auction, count)| self.deduct(auction, count));
        }
    }

    /// Whether no window is left in which there is a bid.
    pub fn is_empty(&self) -> bool {
        self.new.is_empty() && self.all.is_empty()
    }

    fn deduct(&mut self, auction: usize, count: u64) {
        if let Some(all) = self.all.get_mut(&auction) {
            *all -= count;
            if *all == 0 {
                self.all.remove(&auction);
            }
        }
    }
}
