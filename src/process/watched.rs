use super::located::Located;
use super::{Operator, Rec, StateSize, Watch};
use crate::data::{HotKeys, Timestamp};
use crate::keyed::{By, Key};
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

/// The same records; a sample of their keys is kept.
#[derive(Clone)]
pub struct Watched<C> {
    pub(crate) prev: C,
    pub(crate) keys: Arc<HotKeys>,
}

impl<C: fmt::Debug> fmt::Debug for Watched<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}.Watched", self.prev)
    }
}

impl<B, E, C, K> Operator<B, E> for Watched<C>
where
    C: Operator<B, E, Key = By<K>>,
    K: Key + fmt::Debug,
{
    type At = C::At;
    type Key = C::Key;
    type Value = C::Value;
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
        emit: &mut impl FnMut(Rec<C::At, C::Key, C::Value>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut draws = self.keys.draws(watch.first());
        let position = Cell::new(0);
        self.prev.drive(local, batch, &mut Located { watch, position: &position }, &mut |rec| {
            draws.next(position.get(), || format!("{:?}", rec.key.0));
            emit(rec)
        })?;
        self.keys.add(draws);
        Ok(())
    }

    fn pass<W: Watch<E>>(
        &self,
        local: &mut C::Local,
        watermark: Timestamp,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<C::At, C::Key, C::Value>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.prev.pass(local, watermark, watch, emit)
    }

    fn size(local: &C::Local) -> StateSize {
        C::size(local)
    }
}
