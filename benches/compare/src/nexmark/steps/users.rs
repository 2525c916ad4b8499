use super::Step;
use crate::nexmark::answer::Put;
use crate::nexmark::events::Map;
use crate::nexmark::q8::{Both, Row, SECONDS, Side};
use std::collections::BTreeMap;

/// Persons and their auctions by tumbling window, which is known by its end.
#[derive(Clone, Default)]
pub struct Users(BTreeMap<u64, Map<usize, Both<String>>>);

impl Step for Users {
    type In = (Side<String>, u64);
    type Out = Row<String>;

    fn record(&mut self, (side, time): (Side<String>, u64), _: Put<'_, Row<String>>) {
        let end = (time / (SECONDS * 1000) + 1) * SECONDS * 1000;
        self.0.entry(end).or_default().entry(side.person()).or_default().add(side);
    }

    fn advance(&mut self, time: u64, put: Put<'_, Row<String>>) {
        while let Some(first) = self.0.first_entry()
            && *first.key() <= time
        {
            first.remove().iter().for_each(|(person, both)| both.rows(*person, put));
        }
    }
}
