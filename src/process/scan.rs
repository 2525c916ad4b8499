use super::scanned::Scans;
use super::{Operator, Rec, StateSize, Watch};
use crate::data::Timestamp;
use crate::keyed::KeyState;
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
    C: Operator<B, E, Key: Scans<C::Value, S, R>>,
    G: Fn() -> S + Sync,
    F: Fn(&mut S, C::Value) -> Option<R> + Sync,
{
    type At = C::At;
    type Key = C::Key;
    type Value = R;
    type Local = (C::Local, <C::Key as Scans<C::Value, S, R>>::Kept);
    /// A key's state must see its records in their order, through all batches.
    const ORDERED: bool = C::ORDERED || C::Key::KEYED;
    const IN_PIECES: bool = false;
    const TIMED: bool = C::TIMED;

    fn drive<W: Watch<E>>(
        &self,
        (local, kept): &mut Self::Local,
        batch: B,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<C::At, C::Key, R>) -> Result<(), E>,
    ) -> Result<(), E> {
        C::Key::drive(self, kept, local, batch, watch, emit)
    }

    fn pass<W: Watch<E>>(
        &self,
        (local, kept): &mut Self::Local,
        watermark: Timestamp,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<C::At, C::Key, R>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.prev.pass(local, watermark, watch, &mut |rec| {
            let state = C::Key::state(kept, &rec.key, &self.init);
            match (self.step)(state, rec.value) {
                Some(value) => emit(Rec { at: rec.at, key: rec.key, value }),
                None => Ok(()),
            }
        })
    }

    fn size((local, kept): &Self::Local) -> StateSize {
        let StateSize { keys, bytes } = C::Key::size(kept);
        C::size(local).and(keys, bytes)
    }
}
