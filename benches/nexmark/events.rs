//! The events, in the order of their times.

use ::nexmark::EventGenerator;
use ::nexmark::config::NexmarkConfig;
pub use ::nexmark::event::{Bid, Event, Person};
use ahash::AHasher;
use microbatch::Timestamp;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// Events a second of event time.
const RATE: usize = 20_000;
/// When the first event is, in milliseconds.
const BEGIN: u64 = 1_600_000_000_000;

/// What the sequential programs count in: the hash is as fast as the engine's.
pub type Map<K, V> = HashMap<K, V, BuildHasherDefault<AHasher>>;

/// So many events.
pub fn make(count: usize) -> Vec<Event> {
    let config = NexmarkConfig { first_rate: RATE, next_rate: RATE, base_time: BEGIN, ..NexmarkConfig::default() };
    EventGenerator::new(config).take(count).collect()
}

/// When an event is.
pub fn time(event: &Event) -> Timestamp {
    millis(event.timestamp())
}

pub fn millis(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis as i64)
}

/// The bid that an event is, if it is one.
pub fn bid(event: &Event) -> Option<&Bid> {
    match event {
        Event::Bid(bid) => Some(bid),
        _ => None,
    }
}
