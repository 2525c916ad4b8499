//! Local item suggestion: who sells in some states what is of one category. A join that never forgets.

use super::answer::Put;
use super::events::{Event, Map, Person};
use super::record::{Record, Resident};
use crate::ready::Ready;
use microbatch::prelude::*;
use serde::{Deserialize, Serialize};

/// Name, city, state, auction.
pub type Row<S> = (S, S, S, usize);

const CATEGORY: usize = 10;
const STATES: [&str; 3] = ["or", "id", "ca"];

fn is_near(person: &Person) -> bool {
    STATES.contains(&person.state.as_str())
}

/// One side of the join.
#[derive(Clone, Serialize, Deserialize)]
pub enum Side<S> {
    Seller(Resident<S>),
    Item { seller: usize, auction: usize },
}

impl<S> Side<S> {
    pub fn of<E: Record<Text = S>>(event: E) -> Option<Self> {
        match event.borrow() {
            Event::Person(person) if is_near(person) => event.resident().map(Side::Seller),
            Event::Auction(auction) if auction.category == CATEGORY => Some(Side::Item { seller: auction.seller, auction: auction.id }),
            _ => None,
        }
    }

    pub fn seller(&self) -> usize {
        match self {
            Side::Seller(person) => person.id,
            Side::Item { seller, .. } => *seller,
        }
    }
}

/// A seller, once it is known, and the auctions that wait for it.
#[derive(Clone)]
pub struct Sales<S> {
    seller: Option<Resident<S>>,
    waiting: Vec<usize>,
}

impl<S> Default for Sales<S> {
    fn default() -> Self {
        Sales { seller: None, waiting: Vec::new() }
    }
}

impl<S: Clone> Sales<S> {
    pub fn add(&mut self, side: Side<S>, put: Put<'_, Row<S>>) {
        match side {
            Side::Seller(person) => {
                self.waiting.drain(..).for_each(|auction| put(row(&person, auction)));
                self.seller = Some(person);
            }
            Side::Item { auction, .. } => match &self.seller {
                Some(person) => put(row(person, auction)),
                None => self.waiting.push(auction),
            },
        }
    }
}

fn row<S: Clone>(person: &Resident<S>, auction: usize) -> Row<S> {
    (person.name.clone(), person.city.clone(), person.state.clone(), auction)
}

struct Join;

impl<S: Clone + Send> KeyedProcessor<usize, Side<S>> for Join {
    type State = Sales<S>;
    type Out = Row<S>;

    fn on_record(&self, _: &usize, sales: &mut Sales<S>, side: Side<S>, context: &mut Context<Row<S>>) {
        sales.add(side, &mut |row| context.emit(row));
    }
}

pub fn stream<E: Record>(source: Ready<E>, size: usize, put: Put<'_, Row<E::Text>>) {
    Pipeline::stream(source).flat_map(Side::of::<E>).key_by(Side::seller).stateful(Join).trigger(Records::of(size)).for_each(put).unwrap();
}

pub fn sequential<'e>(events: &'e [Event], put: Put<'_, Row<&'e str>>) {
    let mut sellers: Map<usize, &Person> = Map::default();
    let mut waiting: Map<usize, Vec<usize>> = Map::default();
    let row = |person: &'e Person, auction| (person.name.as_str(), person.city.as_str(), person.state.as_str(), auction);
    for event in events {
        match event {
            Event::Person(person) if is_near(person) => {
                sellers.insert(person.id, person);
                waiting.remove(&person.id).into_iter().flatten().for_each(|item| put(row(person, item)));
            }
            Event::Auction(auction) if auction.category == CATEGORY => match sellers.get(&auction.seller) {
                Some(person) => put(row(person, auction.id)),
                None => waiting.entry(auction.seller).or_default().push(auction.id),
            },
            _ => {}
        }
    }
}
