//! Steps by record.

use super::{Operator, Rec, StateSize, Watch};
use crate::data::Timestamp;
use crate::keyed::{By, Key};
use std::fmt;

/// A step that looks at one record at a time: the type, and how it drives the chain `C` before it.
macro_rules! record_step {
    ($(#[$doc:meta])* $name:ident [$($bound:tt)*] -> ($key:ty, $value:ty), one each: $one_each:expr; |$step:ident, $rec:ident, $emit:ident| $body:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name<C, F> {
            pub(crate) prev: C,
            pub(crate) step: F,
        }

        impl<C: fmt::Debug, F> fmt::Debug for $name<C, F> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}.{}", self.prev, stringify!($name))
            }
        }

        impl<B, E, C: Operator<B, E>, $($bound)*> Operator<B, E> for $name<C, F> {
            type At = C::At;
            type Key = $key;
            type Value = $value;
            type Local = C::Local;
            const ORDERED: bool = C::ORDERED;
            const IN_PIECES: bool = C::IN_PIECES;
            const ONE_EACH: bool = $one_each;
            const TIMED: bool = C::TIMED;

            #[inline]
            fn drive<W: Watch<E>>(
                &self,
                local: &mut C::Local,
                batch: B,
                watch: &mut W,
                $emit: &mut impl FnMut(Rec<C::At, $key, $value>) -> Result<(), E>,
            ) -> Result<(), E> {
                let $step = &self.step;
                self.prev.drive(local, batch, watch, &mut |$rec| $body)
            }

            fn pass<W: Watch<E>>(
                &self,
                local: &mut C::Local,
                watermark: Timestamp,
                watch: &mut W,
                $emit: &mut impl FnMut(Rec<C::At, $key, $value>) -> Result<(), E>,
            ) -> Result<(), E> {
                let $step = &self.step;
                self.prev.pass(local, watermark, watch, &mut |$rec| $body)
            }

            fn size(local: &C::Local) -> StateSize {
                C::size(local)
            }
        }
    };
}

record_step! {
    /// One value made of each.
    Map [F: Fn(C::Value) -> R, R] -> (C::Key, R), one each: C::ONE_EACH;
    |step, rec, emit| emit(Rec { at: rec.at, key: rec.key, value: step(rec.value) })
}
record_step! {
    /// The values for which it holds.
    Filter [F: Fn(&C::Value) -> bool] -> (C::Key, C::Value), one each: false;
    |step, rec, emit| if step(&rec.value) { emit(rec) } else { Ok(()) }
}
record_step! {
    /// Any number of values made of each.
    FlatMap [F: Fn(C::Value) -> R, R: IntoIterator] -> (C::Key, R::Item), one each: false;
    |step, rec, emit| {
        let (at, key) = (rec.at, rec.key);
        step(rec.value).into_iter().try_for_each(|value| emit(Rec { at, key: key.clone(), value }))
    }
}
record_step! {
    /// One value made of each, or a failure.
    TryMap [F: Fn(C::Value) -> Result<R, E>, R] -> (C::Key, R), one each: false;
    |step, rec, emit| {
        let value = step(rec.value)?;
        emit(Rec { at: rec.at, key: rec.key, value })
    }
}
record_step! {
    /// Each value with its key.
    KeyBy [F: Fn(&C::Value) -> K, K: Key] -> (By<K>, C::Value), one each: C::ONE_EACH;
    |step, rec, emit| {
        let key = By(step(&rec.value));
        emit(Rec { at: rec.at, key, value: rec.value })
    }
}
