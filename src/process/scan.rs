use super::{Operator, Rec, Watch};
use crate::data::Timestamp;
use crate::keyed::{KeyState, States};
use std::fmt;
use std::marker::PhantomData;

/// State carried along a batch; along a key, through all batches.
pub struct Scan<C, G, F, S> {
    pub(crate) prev: C,
    pub(crate) init: G,
    pub(crate) step: F,
    pub(crate) state: PhantomData<fn() -> S>,
}

impl<C: fmt::Debug, G, F, S> fmt::Debug for Scan<C, G, F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}.Scan", self.prev)
    }
}

impl<B, E, C, S, R, G, F> Operator<B, E> for Scan<C, G, F, S>
where
    C: Operator<B, E>,
    G: Fn() -> S,
    F: Fn(&mut S, C::Value) -> Option<R>,
{
    type At = C::At;
    type Key = C::Key;
    type Value = R;
    type Local = (C::Local, <C::Key as KeyState>::States<S>);
    /// A key's state must see its records in their order, through all batches.
    const ORDERED: bool = C::ORDERED || C::Key::KEYED;
    const IN_PIECES: bool = false;
    const TIMED: bool = C::TIMED;

    fn drive<W: Watch<E>>(
        &self,
        (local, states): &mut Self::Local,
        batch: B,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<C::At, C::Key, R>) -> Result<(), E>,
    ) -> Result<(), E> {
        if !C::Key::KEYED {
            *states = Default::default();
        }
        self.prev.drive(local, batch, watch, &mut |rec| {
            let state = states.state(&rec.key, &self.init);
            match (self.step)(state, rec.value) {
                Some(value) => emit(Rec { at: rec.at, key: rec.key, value }),
                None => Ok(()),
            }
        })
    }

    fn pass<W: Watch<E>>(
        &self,
        (local, states): &mut Self::Local,
        watermark: Timestamp,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<C::At, C::Key, R>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.prev.pass(local, watermark, watch, &mut |rec| {
            let state = states.state(&rec.key, &self.init);
            match (self.step)(state, rec.value) {
                Some(value) => emit(Rec { at: rec.at, key: rec.key, value }),
                None => Ok(()),
            }
        })
    }
}
