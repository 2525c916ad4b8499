use super::{Operator, Rec, StateSize, Watch, Whole};
use crate::data::{InWindow, Pane, Timestamp};
use crate::keyed::NoKey;

/// The panes of the stage before as records, each in its window: where the chain of a later stage begins.
#[derive(Clone, Copy, Debug)]
pub struct EachPane;

impl<B: IntoIterator<Item = Pane<K, V>>, E, K, V> Operator<B, E> for EachPane {
    type At = InWindow;
    type Key = NoKey;
    type Value = Pane<K, V>;
    type Local = ();
    const ORDERED: bool = false;
    const IN_PIECES: bool = true;
    const ONE_EACH: bool = true;

    #[inline]
    fn drive<W: Watch<E>>(
        &self,
        local: &mut (),
        batch: B,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<InWindow, NoKey, Pane<K, V>>) -> Result<(), E>,
    ) -> Result<(), E> {
        Whole.drive(local, batch, watch, &mut |rec| emit(Rec { at: InWindow(rec.value.window), key: NoKey, value: rec.value }))
    }

    fn pass<W: Watch<E>>(
        &self,
        _: &mut (),
        _: Timestamp,
        _: &mut W,
        _: &mut impl FnMut(Rec<InWindow, NoKey, Pane<K, V>>) -> Result<(), E>,
    ) -> Result<(), E> {
        Ok(())
    }

    fn size((): &()) -> StateSize {
        StateSize::default()
    }
}
