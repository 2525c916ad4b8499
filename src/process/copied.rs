use super::{Operator, Rec, StateSize, Watch};
use crate::data::Timestamp;

/// The values that references point to. A step of its own, since a `Map` would hold a function pointer, which is not inlined.
#[derive(Clone, Copy, Debug)]
pub struct Copied<C> {
    pub(crate) prev: C,
}

impl<'r, B, E, C, T> Operator<B, E> for Copied<C>
where
    C: Operator<B, E, Value = &'r T>,
    T: Copy + 'r,
{
    type At = C::At;
    type Key = C::Key;
    type Value = T;
    type Local = C::Local;
    const ORDERED: bool = C::ORDERED;
    const IN_PIECES: bool = C::IN_PIECES;
    const ONE_EACH: bool = C::ONE_EACH;
    const TIMED: bool = C::TIMED;

    #[inline]
    fn drive<W: Watch<E>>(
        &self,
        local: &mut C::Local,
        batch: B,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<C::At, C::Key, T>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.prev.drive(local, batch, watch, &mut |rec| emit(Rec { at: rec.at, key: rec.key, value: *rec.value }))
    }

    fn pass<W: Watch<E>>(
        &self,
        local: &mut C::Local,
        watermark: Timestamp,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<C::At, C::Key, T>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.prev.pass(local, watermark, watch, &mut |rec| emit(Rec { at: rec.at, key: rec.key, value: *rec.value }))
    }

    fn size(local: &C::Local) -> StateSize {
        C::size(local)
    }
}
