use super::Step;
use crate::nexmark::answer::Put;
use crate::nexmark::events::Map;
use crate::nexmark::winners::{Known, Offer, Sold};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The winning bids of auctions, when they are over.
#[derive(Clone, Default)]
pub struct Winners {
    auctions: Map<usize, Known>,
    /// When which is to be looked at again.
    due: BinaryHeap<Reverse<(u64, usize)>>,
}

impl Step for Winners {
    type In = Offer;
    type Out = Sold;

    fn record(&mut self, offer: Offer, _: Put<'_, Sold>) {
        let auction = offer.auction();
        if let Some(time) = self.auctions.entry(auction).or_default().add(offer) {
            self.due.push(Reverse((time, auction)));
        }
    }

    fn advance(&mut self, time: u64, put: Put<'_, Sold>) {
        while let Some(Reverse((at, auction))) = self.due.peek().copied()
            && at <= time
        {
            self.due.pop();
            if self.auctions.get(&auction).is_some_and(|known| known.is_over(time)) {
                self.auctions.remove(&auction).and_then(|known| known.sold()).into_iter().for_each(&mut *put);
            }
        }
    }
}
