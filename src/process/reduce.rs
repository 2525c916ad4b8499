use super::{Operator, Rec, Watch};
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

impl<B, E, C, F> Operator<B, E> for Reduce<C, F>
where
    C: Operator<B, E>,
    F: Fn(C::Value, C::Value) -> C::Value,
{
    type Key = C::Key;
    type Value = C::Value;
    type Local = C::Local;
    const ORDERED: bool = C::ORDERED;
    const IN_PIECES: bool = false;

    fn drive<W: Watch<E>>(
        &self,
        local: &mut C::Local,
        batch: B,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<C::Key, C::Value>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut totals = <C::Key as KeyState>::States::<Option<C::Value>>::default();
        self.prev.drive(local, batch, watch, &mut |rec| {
            let total = totals.state(&rec.key, || None);
            *total = Some(match total.take() {
                None => rec.value,
                Some(before) => (self.step)(before, rec.value),
            });
            Ok(())
        })?;
        for (key, total) in totals.drain() {
            if let Some(value) = total
                && let Err(error) = emit(Rec { key, value })
            {
                // What failed is made of many records: it is reported at the first of the batch.
                watch.failed(0, 1, error)?;
            }
        }
        Ok(())
    }
}
