use super::{Operator, Rec, Watch};
use crate::keyed::NoKey;

/// How many records may pass before a run looks whether it is to stop.
const BLOCK: usize = 1024;

/// The records of a batch as they are: where every chain begins.
#[derive(Clone, Copy, Debug)]
pub struct Whole;

impl<B: IntoIterator, E> Operator<B, E> for Whole {
    type Key = NoKey;
    type Value = B::Item;
    type Local = ();
    const ORDERED: bool = false;
    const ONE_EACH: bool = true;

    #[inline]
    fn drive<W: Watch<E>>(
        &self,
        _: &mut (),
        batch: B,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<NoKey, B::Item>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut position = 0;
        let done = batch.into_iter().try_for_each(|value| {
            if W::STOPPABLE && position % BLOCK == 0 && watch.stopped() {
                return Err(None);
            }
            if let Err(error) = emit(Rec { key: NoKey, value }) {
                watch.failed(position, 1, error).map_err(Some)?;
            }
            position += 1;
            Ok(())
        });
        watch.seen(position);
        done.or_else(|error| error.map_or(Ok(()), Err))
    }
}
