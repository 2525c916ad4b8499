//! Events that are made before the clock starts.

pub use super::ready::Ready;
use microbatch::Timestamp;

/// A record of 24 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    pub at: Timestamp,
    pub key: u32,
    pub value: u64,
}

/// So many events, 20,000 a second of event time, of so many keys.
pub fn events(count: usize, keys: u32) -> Vec<Event> {
    let mut state = 7u64;
    let mut random = move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 33
    };
    let event =
        |n: usize| Event { at: Timestamp::from_micros(n as i64 * 50), key: (random() % u64::from(keys)) as u32, value: random() % 1000 };
    (0..count).map(event).collect()
}
