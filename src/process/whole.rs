use super::{Operator, Rec, StateSize, Watch};
use crate::data::{NoTime, Timestamp};
use crate::keyed::NoKey;
use std::marker::PhantomData;

/// How many records may pass before a run looks whether it is to stop.
const BLOCK: usize = 1024;

/// The records of a batch as they are: where every chain begins.
#[derive(Clone, Copy, Debug)]
pub struct Whole;

impl<B: IntoIterator, E> Operator<B, E> for Whole {
    type At = NoTime;
    type Key = NoKey;
    type Value = B::Item;
    type Local = ();
    const ORDERED: bool = false;
    const IN_PIECES: bool = true;
    const ONE_EACH: bool = true;

    #[inline]
    fn drive<W: Watch<E>>(
        &self,
        _: &mut (),
        batch: B,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<NoTime, NoKey, B::Item>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut one = |watch: &mut W, position: usize, value| {
            // Before the first record the engine has looked.
            if W::STOPPABLE && position > 0 && position.is_multiple_of(BLOCK) && watch.stopped() {
                return Err(None);
            }
            if W::LOCATED {
                watch.at(position);
            }
            emit(Rec { at: NoTime, key: NoKey, value }).or_else(|error| watch.failed(position, 1, error)).map_err(Some)
        };
        let mut records = batch.into_iter();
        let done: Result<(), Option<E>> = if W::FOLLOWED {
            let mut reader = Reader { watch, position: 0, flow: PhantomData };
            records.try_for_each(|value| {
                one(reader.watch, reader.position, value)?;
                reader.position += 1;
                Ok(())
            })
        } else {
            let mut position = 0;
            let done = loop {
                let Some(value) = records.next() else { break Ok(()) };
                if let Err(error) = one(watch, position, value) {
                    break Err(error);
                }
                position += 1;
            };
            watch.seen(position);
            done
        };
        done.or_else(|error| error.map_or(Ok(()), Err))
    }

    fn pass<W: Watch<E>>(
        &self,
        _: &mut (),
        _: Timestamp,
        _: &mut W,
        _: &mut impl FnMut(Rec<NoTime, NoKey, B::Item>) -> Result<(), E>,
    ) -> Result<(), E> {
        Ok(())
    }

    fn size((): &()) -> StateSize {
        StateSize::default()
    }
}

/// Counts records, and tells the watch how many when it is dropped: at the end of the batch, or while a panic unwinds. Where no step can
/// panic, the count stays in a register.
struct Reader<'w, W: Watch<E>, E> {
    watch: &'w mut W,
    position: usize,
    flow: PhantomData<fn() -> E>,
}

impl<W: Watch<E>, E> Drop for Reader<'_, W, E> {
    #[inline]
    fn drop(&mut self) {
        self.watch.seen(self.position);
    }
}
