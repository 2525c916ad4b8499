use super::Step;
use crate::nexmark::answer::Put;
use crate::nexmark::events::Map;
use crate::nexmark::q5::{Counts, Row};
use std::collections::BTreeMap;

/// The hottest of a worker's auctions in each sliding window.
#[derive(Clone)]
pub struct Hot {
    /// Milliseconds.
    slide: u64,
    slides: u64,
    counts: Counts,
    /// Bids by auction of the slides that are not over, by their ends.
    open: BTreeMap<u64, Map<usize, u64>>,
    /// The end of the last slide that is over.
    now: u64,
}

impl Hot {
    /// Windows of so many slides, of so many seconds each.
    pub fn of(seconds: u64, slides: u64) -> Self {
        Hot { slide: seconds * 1000, slides, counts: Counts::default(), open: BTreeMap::new(), now: 0 }
    }
}

impl Step for Hot {
    type In = (usize, u64);
    type Out = Row;

    fn record(&mut self, (auction, time): (usize, u64), _: Put<'_, Row>) {
        let end = (time / self.slide + 1) * self.slide;
        *self.open.entry(end).or_default().entry(auction).or_default() += 1;
    }

    fn advance(&mut self, time: u64, put: Put<'_, Row>) {
        loop {
            let next = if self.counts.is_empty() { self.open.keys().next().copied() } else { Some(self.now + self.slide) };
            let Some(end) = next.filter(|end| *end <= time) else { return };
            self.counts.new = self.open.remove(&end).unwrap_or_default();
            self.counts.close((end * 1000) as i64, self.slides, put);
            self.now = end;
        }
    }
}
