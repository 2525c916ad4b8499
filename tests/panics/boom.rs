//! Panics of every kind, that say nothing on the terminal.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, set_hook, take_hook};
use std::sync::Once;

/// What is thrown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    Str,
    Text,
    Number,
    /// Its `drop` panics.
    Bomb,
}

pub const PAYLOADS: [Payload; 4] = [Payload::Str, Payload::Text, Payload::Number, Payload::Bomb];

/// Panics when it is dropped.
pub struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("boom in a drop")
    }
}

impl Payload {
    pub fn throw(self) -> ! {
        match self {
            Payload::Str => panic_any("boom"),
            Payload::Text => panic_any("boom".to_string()),
            Payload::Number => panic_any(7u32),
            Payload::Bomb => panic_any(Bomb),
        }
    }

    /// What an error says of it.
    pub fn message(self) -> &'static str {
        match self {
            Payload::Str | Payload::Text => "boom",
            Payload::Number | Payload::Bomb => "a payload that is not text",
        }
    }

    /// Whether this is it, and not a copy of its text.
    pub fn is(self, thrown: &(dyn Any + Send)) -> bool {
        match self {
            Payload::Str => thrown.downcast_ref() == Some(&"boom"),
            Payload::Text => thrown.downcast_ref() == Some(&"boom".to_string()),
            Payload::Number => thrown.downcast_ref() == Some(&7u32),
            Payload::Bomb => thrown.is::<Bomb>(),
        }
    }
}

/// Keeps the panics of this module off the terminal; others are told as ever.
pub fn silence() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = take_hook();
        set_hook(Box::new(move |info| {
            let payload = info.payload();
            let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
            if text.is_some_and(|text| !text.starts_with("boom")) {
                loud(info);
            }
        }));
    });
}

/// What `work` throws, if it does.
pub fn thrown<R>(work: impl FnOnce() -> R) -> Option<Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(|| drop(work()))).err()
}
