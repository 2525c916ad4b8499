//! What the rivals make of events before they send them to the worker of a key: little, and without what a query does not ask for.

use super::events::bid;
use super::given::Given;
use super::record::Resident;
use super::winners::Offer;
use super::{q3, q5, q7, q8};
use std::cmp::Reverse;

pub fn offer<E: Given>(event: E) -> Option<Offer> {
    Offer::of(event.borrow())
}

/// A bid's auction and time.
pub fn auction_in_time<E: Given>(event: E) -> Option<(usize, u64)> {
    bid(event.borrow()).map(|bid| (bid.auction, bid.date_time))
}

/// A bid by the end of its window.
pub fn bid_of_window<E: Given>(event: E) -> Option<(u64, q7::Row)> {
    const SIZE: u64 = q7::SECONDS * 1000;
    bid(event.borrow()).map(|bid| ((bid.date_time / SIZE + 1) * SIZE, q7::row(bid)))
}

/// Texts are copied where they are borrowed, as what is sent to another worker must be its own.
pub fn seller<E: Given>(event: E) -> Option<q3::Side<String>> {
    q3::Side::of(event).map(|side| match side {
        q3::Side::Seller(Resident { id, name, city, state }) => {
            q3::Side::Seller(Resident { id, name: name.into(), city: city.into(), state: state.into() })
        }
        q3::Side::Item { seller, auction } => q3::Side::Item { seller, auction },
    })
}

/// With its time.
pub fn user<E: Given>(event: E) -> Option<(q8::Side<String>, u64)> {
    let time = event.borrow().timestamp();
    let side = match q8::Side::of(event)? {
        q8::Side::Name(person, name) => q8::Side::Name(person, name.into()),
        q8::Side::Reserve(person, reserve) => q8::Side::Reserve(person, reserve),
    };
    Some((side, time))
}

/// Bids and auction by the end of the window: of several with as many bids the first is the greatest.
pub type Top = (u64, (u64, Reverse<usize>));

pub fn by_window((bids, auction, end): q5::Row) -> Top {
    (end as u64 / 1000, (bids, Reverse(auction)))
}

pub fn out_of_window((end, (bids, Reverse(auction))): Top) -> q5::Row {
    (bids, auction, end as i64 * 1000)
}
