//! The highest bid of each tumbling window.

use super::events::{Event, Source, bid, time};
use super::measure::Put;
use microbatch::prelude::*;
use std::time::Duration;

/// Price, auction, bidder.
pub type Row = (usize, usize, usize);

const SECONDS: u64 = 10;

pub fn stream<'e>(source: Source<'e>, size: usize, put: Put<'_, Row>) {
    Pipeline::stream(source)
        .event_time(|event| time(event))
        .flat_map(bid)
        .map(|bid| (bid.price, bid.auction, bid.bidder))
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
        highest = highest.max(Some((bid.price, bid.auction, bid.bidder)));
    }
    highest.into_iter().for_each(put);
}
