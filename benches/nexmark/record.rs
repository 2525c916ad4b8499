//! Events as queries take them: borrowed, or as records of their own.

use super::events::{Event, Person};
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::fmt::Debug;
use std::hash::Hash;

/// What queries want to know about a person.
#[derive(Clone, Serialize, Deserialize)]
pub struct Resident<S> {
    pub id: usize,
    pub name: S,
    pub city: S,
    pub state: S,
}

pub trait Record: Borrow<Event> + Send {
    /// A text out of it.
    type Text: Clone + Debug + Hash + Ord + Send;

    /// The person that it is, if it is one.
    fn resident(self) -> Option<Resident<Self::Text>>;
}

impl<'e> Record for &'e Event {
    type Text = &'e str;

    fn resident(self) -> Option<Resident<&'e str>> {
        match self {
            Event::Person(Person { id, name, city, state, .. }) => Some(Resident { id: *id, name, city, state }),
            _ => None,
        }
    }
}

impl Record for Event {
    type Text = String;

    fn resident(self) -> Option<Resident<String>> {
        match self {
            Event::Person(Person { id, name, city, state, .. }) => Some(Resident { id, name, city, state }),
            _ => None,
        }
    }
}
