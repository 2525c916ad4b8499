use super::Step;
use crate::nexmark::answer::Put;
use crate::nexmark::events::Map;
use crate::nexmark::q4::Row;
use crate::nexmark::winners::Sold;

/// Sums of prices by category, at the end of all.
#[derive(Clone, Default)]
pub struct Totals(Map<usize, (u64, u64)>);

impl Step for Totals {
    type In = Sold;
    type Out = Row;

    fn record(&mut self, sold: Sold, _: Put<'_, Row>) {
        let (sum, count) = self.0.entry(sold.auction.category).or_default();
        (*sum, *count) = (*sum + sold.price as u64, *count + 1);
    }

    fn advance(&mut self, time: u64, put: Put<'_, Row>) {
        if time == u64::MAX {
            self.0.drain().for_each(|(category, (sum, count))| put((category, sum, count)));
        }
    }
}
