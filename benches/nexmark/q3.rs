//! Local item suggestion: who sells in some states what is of one category. A join that never forgets.

use super::events::{Auction, Event, Map, Person, Source};
use super::measure::Put;
use microbatch::prelude::*;

/// Name, city, state, auction.
pub type Row<'e> = (&'e str, &'e str, &'e str, usize);

const CATEGORY: usize = 10;
const STATES: [&str; 3] = ["or", "id", "ca"];

fn row<'e>(person: &'e Person, auction: usize) -> Row<'e> {
    (&person.name, &person.city, &person.state, auction)
}

fn is_near(person: &Person) -> bool {
    STATES.contains(&person.state.as_str())
}

fn is_meant(auction: &Auction) -> bool {
    auction.category == CATEGORY
}

/// One side of the join.
enum Side<'e> {
    Seller(&'e Person),
    Item(&'e Auction),
}

fn side(event: &Event) -> Option<Side<'_>> {
    match event {
        Event::Person(person) if is_near(person) => Some(Side::Seller(person)),
        Event::Auction(auction) if is_meant(auction) => Some(Side::Item(auction)),
        _ => None,
    }
}

struct Join;

impl<'e> KeyedProcessor<usize, Side<'e>> for Join {
    type State = (Option<&'e Person>, Vec<usize>);
    type Out = Row<'e>;

    fn on_record(&self, _: &usize, (seller, items): &mut Self::State, side: Side<'e>, context: &mut Context<Row<'e>>) {
        match side {
            Side::Seller(person) => {
                *seller = Some(person);
                items.drain(..).for_each(|item| context.emit(row(person, item)));
            }
            Side::Item(auction) => match seller {
                Some(person) => context.emit(row(person, auction.id)),
                None => items.push(auction.id),
            },
        }
    }
}

pub fn stream<'e>(source: Source<'e>, size: usize, put: Put<'_, Row<'e>>) {
    Pipeline::stream(source)
        .flat_map(side)
        .key_by(|side| match side {
            Side::Seller(person) => person.id,
            Side::Item(auction) => auction.seller,
        })
        .stateful(Join)
        .trigger(Records::of(size))
        .for_each(put)
        .unwrap();
}

pub fn sequential<'e>(events: &'e [Event], put: Put<'_, Row<'e>>) {
    let mut sellers: Map<usize, &Person> = Map::default();
    let mut waiting: Map<usize, Vec<usize>> = Map::default();
    for event in events {
        match event {
            Event::Person(person) if is_near(person) => {
                sellers.insert(person.id, person);
                waiting.remove(&person.id).into_iter().flatten().for_each(|item| put(row(person, item)));
            }
            Event::Auction(auction) if is_meant(auction) => match sellers.get(&auction.seller) {
                Some(person) => put(row(person, auction.id)),
                None => waiting.entry(auction.seller).or_default().push(auction.id),
            },
            _ => {}
        }
    }
}
