//! The highest bid of each tumbling window.

use super::answer::Put;
use super::events::{Bid, Event, bid, time};
use super::record::Record;
use crate::ready::Ready;
use microbatch::prelude::*;
use std::time::Duration;

/// Price, auction, bidder.
pub type Row = (usize, usize, usize);

pub const SECONDS: u64 = 10;

pub fn row(bid: &Bid) -> Row {
    (bid.price, bid.auction, bid.bidder)
}

pub fn stream<E: Record>(source: Ready<E>, size: usize, put: Put<'_, Row>) {
    Pipeline::stream(source)
        .event_time(|event| time(event.borrow()))
        .flat_map(|event| bid(event.borrow()).map(row))
        .window(Tumbling::of(Duration::from_secs(SECONDS)))
        .integrator(Max)
        .trigger(Records::of(size))
        .for_each(|pane| pane.value.into_iter().for_each(&mut *put))
        .unwrap();
}

pub fn sequential(events: &[Event], put: Put<'_, Row>) {
    let (mut highest, mut now) = (None, 0);
    for bid in events.iter().filter_map(bid) {
        let window = bid.date_time / (SECONDS * 1000);
        if window != now {
            highest.take().into_iter().for_each(&mut *put);
            now = window;
        }
        highest = highest.max(Some(row(bid)));
    }
    highest.into_iter().for_each(put);
}
