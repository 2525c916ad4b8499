//! Plain values as bytes: here, as they themselves know of nothing but the standard library.

use crate::data::{Pane, Rope, Timestamp, Timing, Window};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Serialises a type as another one that stands for it.
macro_rules! stands_for {
    ($([$($g:ident),*] $type:ty as $other:ty; |$value:ident| $out:expr; |$read:pat_param| $in:expr;)*) => { $(
        impl<$($g: Serialize),*> Serialize for $type {
            fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
                let $value = self;
                $out.serialize(serializer)
            }
        }

        impl<'de, $($g: Deserialize<'de>),*> Deserialize<'de> for $type {
            fn deserialize<Z: Deserializer<'de>>(deserializer: Z) -> Result<Self, Z::Error> {
                <$other>::deserialize(deserializer).map(|$read| $in)
            }
        }
    )* };
}

stands_for! {
    [] Timestamp as i64; |at| at.as_micros(); |micros| Timestamp::from_micros(micros);
    [] Window as (Timestamp, Timestamp); |window| (window.start, window.end); |(start, end)| Window::new(start, end);
    [] Timing as (u8, u32); |timing| number(*timing); |(kind, times)| match kind {
        0 => Timing::Early,
        1 => Timing::OnTime,
        _ => Timing::Late(times),
    };
    [K, V] Pane<K, V> as (K, Window, Timing, u32, bool, V);
        |pane| (&pane.key, pane.window, pane.timing, pane.index, pane.is_last, &pane.value);
        |(key, window, timing, index, is_last, value)| Pane { key, window, timing, index, is_last, value };
}

fn number(timing: Timing) -> (u8, u32) {
    match timing {
        Timing::Early => (0, 0),
        Timing::OnTime => (1, 0),
        Timing::Late(times) => (2, times),
    }
}

/// As a vector of all of it.
impl<T: Serialize> Serialize for Rope<T> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        let mut all = serializer.serialize_seq(Some(self.len()))?;
        self.iter().try_for_each(|value| all.serialize_element(value))?;
        all.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Rope<T> {
    fn deserialize<Z: Deserializer<'de>>(deserializer: Z) -> Result<Self, Z::Error> {
        Vec::deserialize(deserializer).map(Rope::from)
    }
}
