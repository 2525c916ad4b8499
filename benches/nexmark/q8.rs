//! New users: who opened auctions in the tumbling window in which they came.

use super::events::{Event, Map, Source, time};
use super::measure::Put;
use microbatch::prelude::*;
use std::time::Duration;

/// Person, name, reserve of the auction.
pub type Row<'e> = (usize, &'e str, usize);

const SECONDS: u64 = 10;

/// One side of the join: a person, and what is known of it.
#[derive(Clone, Copy)]
enum Side<'e> {
    Name(usize, &'e str),
    Reserve(usize, usize),
}

fn side(event: &Event) -> Option<Side<'_>> {
    match event {
        Event::Person(person) => Some(Side::Name(person.id, &person.name)),
        Event::Auction(auction) => Some(Side::Reserve(auction.seller, auction.reserve)),
        Event::Bid(_) => None,
    }
}

/// Both sides of one person in one window.
#[derive(Default)]
struct Both<'e> {
    name: Option<&'e str>,
    reserves: Vec<usize>,
}

impl<'e> Both<'e> {
    fn add(&mut self, side: Side<'e>) {
        match side {
            Side::Name(_, name) => self.name = Some(name),
            Side::Reserve(_, reserve) => self.reserves.push(reserve),
        }
    }

    fn merge(&mut self, mut other: Self) {
        self.name = self.name.or(other.name);
        self.reserves.append(&mut other.reserves);
    }

    fn rows(self, person: usize, put: Put<'_, Row<'e>>) {
        self.name.into_iter().for_each(|name| self.reserves.iter().for_each(|reserve| put((person, name, *reserve))));
    }
}

fn person(side: &Side<'_>) -> usize {
    match *side {
        Side::Name(person, _) | Side::Reserve(person, _) => person,
    }
}

pub fn stream<'e>(source: Source<'e>, size: usize, put: Put<'_, Row<'e>>) {
    Pipeline::stream(source)
        .event_time(|event| time(event))
        .flat_map(side)
        .window(Tumbling::of(Duration::from_secs(SECONDS)))
        .key_by(person)
        .accumulate(Both::default, Both::add, Both::merge)
        .trigger(Records::of(size))
        .for_each(|pane| pane.value.rows(pane.key, put))
        .unwrap();
}

pub fn sequential<'e>(events: &'e [Event], put: Put<'_, Row<'e>>) {
    let (mut persons, mut now): (Map<usize, Both<'e>>, u64) = (Map::default(), 0);
    for event in events {
        let window = event.timestamp() / (SECONDS * 1000);
        if window != now {
            persons.drain().for_each(|(person, both)| both.rows(person, put));
            now = window;
        }
        if let Some(side) = side(event) {
            persons.entry(person(&side)).or_default().add(side);
        }
    }
    persons.into_iter().for_each(|(person, both)| both.rows(person, put));
}
