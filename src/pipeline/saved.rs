//! What stages keep, as bytes.

use super::stage::Running;
use crate::saved::{DamagedState, Pieces, Saved, put, take};

impl<B: Saved, L: Saved, O: Saved> Saved for Running<B, L, O> {
    fn save(&self, out: &mut Vec<u8>) -> Result<(), DamagedState> {
        put(out, &(self.batches, self.records))
    }

    fn load(&mut self, input: &mut &[u8]) -> Result<(), DamagedState> {
        (self.batches, self.records) = take(input)?;
        Ok(())
    }

    fn save_pieces(&self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        pieces.write(&[], |out| self.save(out))?;
        pieces.within(0, |pieces| self.before.save_pieces(pieces))?;
        pieces.within(1, |pieces| self.kept.save_pieces(pieces))?;
        pieces.within(2, |pieces| self.open.iter().try_for_each(|open| open.save_pieces(pieces)))
    }

    fn load_pieces(&mut self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        pieces.read(&[], |input| self.load(input))?;
        pieces.within(0, |pieces| self.before.load_pieces(pieces))?;
        pieces.within(1, |pieces| self.kept.load_pieces(pieces))?;
        pieces.within(2, |pieces| self.open.iter_mut().try_for_each(|open| open.load_pieces(pieces)))
    }
}
