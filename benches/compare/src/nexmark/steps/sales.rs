use super::Step;
use crate::nexmark::answer::Put;
use crate::nexmark::events::Map;
use crate::nexmark::q3::{self, Row, Side};

/// A join of sellers and auctions that never forgets.
#[derive(Clone, Default)]
pub struct Sales(Map<usize, q3::Sales<String>>);

impl Step for Sales {
    type In = Side<String>;
    type Out = Row<String>;

    fn record(&mut self, side: Side<String>, put: Put<'_, Row<String>>) {
        self.0.entry(side.seller()).or_default().add(side, put);
    }

    fn advance(&mut self, _: u64, _: Put<'_, Row<String>>) {}
}
