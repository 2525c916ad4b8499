//! What stages keep, as bytes.

use super::stage::Running;
use crate::saved::{DamagedState, Pieces, Saved, put, take};

impl<B: Saved, L: Saved, O: Saved> Saved for Running<B, L, O> {
    fn save(&mut self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        pieces.write(&[], |out| put(out, &(self.batches, self.records)))?;
        pieces.within(0, |pieces| self.before.save(pieces))?;
        pieces.within(1, |pieces| self.kept.save(pieces))?;
        pieces.within(2, |pieces| self.open.iter_mut().try_for_each(|open| open.save(pieces)))
    }

    fn load(&mut self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        (self.batches, self.records) = pieces.read(&[], take)?;
        pieces.within(0, |pieces| self.before.load(pieces))?;
        pieces.within(1, |pieces| self.kept.load(pieces))?;
        pieces.within(2, |pieces| self.open.iter_mut().try_for_each(|open| open.load(pieces)))
    }
}
