use super::{Operator, Rec, StateSize, Watch};
use crate::data::Timestamp;
use crate::keyed::{KeyState, States};
use std::fmt;

/// One value a batch, and key.
#[derive(Clone, Copy)]
pub struct Reduce<C, F> {
    pub(crate) prev: C,
    pub(crate) step: F,
}

impl<C: fmt::Debug, F> fmt::Debug for Reduce<C, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}.Reduce", self.prev)
    }
}

impl<C, F> Reduce<C, F> {
    /// Takes in a value; the totals carry the time of their first.
    fn add<At, V>(&self, total: &mut Option<(At, V)>, at: At, value: V)
    where
        F: Fn(V, V) -> V,
    {
        *total = Some(match total.take() {
            None => (at, value),
            Some((at, before)) => (at, (self.step)(before, value)),
        });
    }
}

/// Emits all totals. What fails is made of many records: it is reported at the first of the batch.
fn emit_all<E, At, Ky: KeyState, V, W: Watch<E>>(
    totals: &mut Ky::States<Option<(At, V)>>,
    watch: &mut W,
    emit: &mut impl FnMut(Rec<At, Ky, V>) -> Result<(), E>,
) -> Result<(), E> {
    watch.at(0);
    for (key, total) in totals.drain() {
        if let Some((at, value)) = total
            && let Err(error) = emit(Rec { at, key, value })
        {
            watch.failed(0, 1, error)?;
        }
    }
    Ok(())
}

impl<B, E, C, F> Operator<B, E> for Reduce<C, F>
where
    C: Operator<B, E>,
    F: Fn(C::Value, C::Value) -> C::Value,
{
    type At = C::At;
    type Key = C::Key;
    type Value = C::Value;
    type Local = C::Local;
    const ORDERED: bool = C::ORDERED;
    const IN_PIECES: bool = false;
    const TIMED: bool = C::TIMED;

    fn drive<W: Watch<E>>(
        &self,
        local: &mut C::Local,
        batch: B,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<C::At, C::Key, C::Value>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut totals = <C::Key as KeyState>::States::<Option<(C::At, C::Value)>>::default();
        self.prev.drive(local, batch, watch, &mut |rec| {
            self.add(totals.state(&rec.key, || None), rec.at, rec.value);
            Ok(())
        })?;
        emit_all(&mut totals, watch, emit)
    }

    fn pass<W: Watch<E>>(
        &self,
        local: &mut C::Local,
        watermark: Timestamp,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<C::At, C::Key, C::Value>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut totals = <C::Key as KeyState>::States::<Option<(C::At, C::Value)>>::default();
        self.prev.pass(local, watermark, watch, &mut |rec| {
            self.add(totals.state(&rec.key, || None), rec.at, rec.value);
            Ok(())
        })?;
        emit_all(&mut totals, watch, emit)
    }

    fn size(local: &C::Local) -> StateSize {
        C::size(local)
    }
}
