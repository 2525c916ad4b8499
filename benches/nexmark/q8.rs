//! New users: who opened auctions in the tumbling window in which they came.

use super::answer::Put;
use super::events::{Event, Map, time};
use super::record::Record;
use crate::ready::Ready;
use microbatch::prelude::*;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Person, name, reserve of the auction.
pub type Row<S> = (usize, S, usize);

pub const SECONDS: u64 = 10;

/// One side of the join: a person, and what is known of it.
#[derive(Clone, Serialize, Deserialize)]
pub enum Side<S> {
    Name(usize, S),
    Reserve(usize, usize),
}

impl<S> Side<S> {
    pub fn of<E: Record<Text = S>>(event: E) -> Option<Self> {
        match event.borrow() {
            Event::Auction(auction) => Some(Side::Reserve(auction.seller, auction.reserve)),
            Event::Person(_) => event.resident().map(|person| Side::Name(person.id, person.name)),
            Event::Bid(_) => None,
        }
    }

    pub fn person(&self) -> usize {
        match *self {
            Side::Name(person, _) | Side::Reserve(person, _) => person,
        }
    }
}

/// Both sides of one person in one window.
#[derive(Clone)]
pub struct Both<S> {
    name: Option<S>,
    reserves: Vec<usize>,
}

impl<S> Default for Both<S> {
    fn default() -> Self {
        Both { name: None, reserves: Vec::new() }
    }
}

impl<S: Clone> Both<S> {
    pub fn add(&mut self, side: Side<S>) {
        match side {
            Side::Name(_, name) => self.name = Some(name),
            Side::Reserve(_, reserve) => self.reserves.push(reserve),
        }
    }

    fn merge(&mut self, mut other: Self) {
        self.name = self.name.take().or(other.name);
        self.reserves.append(&mut other.reserves);
    }

    pub fn rows(&self, person: usize, put: Put<'_, Row<S>>) {
        self.name.iter().for_each(|name| self.reserves.iter().for_each(|reserve| put((person, name.clone(), *reserve))));
    }
}

pub fn stream<E: Record>(source: Ready<E>, size: usize, put: Put<'_, Row<E::Text>>) {
    Pipeline::stream(source)
        .event_time(|event| time(event.borrow()))
        .flat_map(Side::of::<E>)
        .window(Tumbling::of(Duration::from_secs(SECONDS)))
        .key_by(Side::person)
        .accumulate(Both::default, Both::add, Both::merge)
        .trigger(Records::of(size))
        .for_each(|pane| pane.value.rows(pane.key, put))
        .unwrap();
}

pub fn sequential<'e>(events: &'e [Event], put: Put<'_, Row<&'e str>>) {
    let (mut persons, mut now): (Map<usize, Both<&str>>, u64) = (Map::default(), 0);
    for event in events {
        let window = event.timestamp() / (SECONDS * 1000);
        if window != now {
            persons.drain().for_each(|(person, both)| both.rows(person, put));
            now = window;
        }
        if let Some(side) = Side::of(event) {
            persons.entry(side.person()).or_default().add(side);
        }
    }
    persons.into_iter().for_each(|(person, both)| both.rows(person, put));
}
