use super::events::{self, Event};
use super::{Form, Job, Query, microbatch, renoir, sequential, timely};
use crate::contestant::Contestant;

const EVENTS: usize = 5_000_000;

/// A row of the table.
pub struct Row {
    pub name: &'static str,
    query: Query,
    form: Form,
}

impl Row {
    /// Who competes over the events, microbatch first.
    pub fn contestants(&self, events: &'static [Event]) -> Vec<Contestant> {
        let job = Job { query: self.query, form: self.form, events };
        [microbatch::contestant(job), renoir::contestant(job), timely::contestant(job), sequential::contestant(job)].into()
    }
}

/// The events of all rows, in the order of their times.
pub fn make(scale: f64) -> &'static [Event] {
    Vec::leak(events::make(((EVENTS as f64 * scale) as usize).max(1)))
}

/// Two rows a query: over events that a contestant owns and drops, and over borrowed ones.
macro_rules! rows {
    ($($name:literal: $query:ident;)*) => { [$(
        Row { name: concat!("nexmark ", $name), query: Query::$query, form: Form::Owned },
        Row { name: concat!("nexmark ", $name, ", borrowed"), query: Query::$query, form: Form::Borrowed },
    )*] };
}

pub const ROWS: [Row; 20] = rows! {
    "q0, pass through": PassThrough;
    "q1, currency conversion": Conversion;
    "q2, selection": Selection;
    "q3, local item suggestion": Local;
    "q4, average price by category": AverageByCategory;
    "q5, hot items, 10 s by 2 s": Hot;
    "q5, hot items, 60 s by 1 s": HotForLong;
    "q6, average selling price by seller": AverageBySeller;
    "q7, highest bid": Highest;
    "q8, new users": NewUsers;
};
