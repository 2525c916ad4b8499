use super::Step;
use crate::nexmark::answer::Put;
use crate::nexmark::events::Map;
use crate::nexmark::q6::{Prices, Row};
use crate::nexmark::winners::Sold;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Averages over the last prices of each seller. Those of one seller come from several workers, so that they are put in order first.
#[derive(Clone, Default)]
pub struct Averages {
    /// When it was over, which auction, whose, and for how much.
    sold: BinaryHeap<Reverse<(u64, usize, usize, usize)>>,
    sellers: Map<usize, Prices>,
}

impl Step for Averages {
    type In = Sold;
    type Out = Row;

    fn record(&mut self, Sold { auction, price }: Sold, _: Put<'_, Row>) {
        self.sold.push(Reverse((auction.expires, auction.auction, auction.seller, price)));
    }

    fn advance(&mut self, time: u64, put: Put<'_, Row>) {
        while let Some(Reverse((at, _, seller, price))) = self.sold.peek().copied()
            && at <= time
        {
            self.sold.pop();
            put(self.sellers.entry(seller).or_default().add(seller, price));
        }
    }
}
