//! What can be saved, and read again.

mod bytes;
mod pieces;
mod replay;
mod values;

pub use bytes::DamagedState;
pub(crate) use bytes::{put, take, take_some};
pub use pieces::Pieces;
pub use replay::Replay;

/// State that can be saved and loaded. Not to be implemented outside the crate.
#[diagnostic::on_unimplemented(
    message = "the state of this pipeline cannot be saved",
    label = "cannot be saved",
    note = "keys, the state of integrators and of `.stateful(..)` must be `Serialize + DeserializeOwned`"
)]
pub trait Saved {
    /// Writes it, if it is of one piece.
    #[doc(hidden)]
    fn save(&self, _: &mut Vec<u8>) -> Result<(), DamagedState> {
        Ok(())
    }

    /// Takes over what was written.
    #[doc(hidden)]
    fn load(&mut self, _: &mut &[u8]) -> Result<(), DamagedState> {
        Ok(())
    }

    /// Writes it in pieces: one, where nothing is known of which parts change.
    #[doc(hidden)]
    fn save_pieces(&self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        pieces.write(&[], |out| self.save(out))
    }

    /// Takes over the pieces.
    #[doc(hidden)]
    fn load_pieces(&mut self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        pieces.read(&[], |input| self.load(input))
    }
}

// State without a key is of one batch; values that leave at once are not kept.
impl Saved for () {}
impl<S> Saved for Option<S> {}
impl<T> Saved for Vec<T> {}

impl<A: Saved, B: Saved> Saved for (A, B) {
    fn save_pieces(&self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        pieces.within(0, |pieces| self.0.save_pieces(pieces))?;
        pieces.within(1, |pieces| self.1.save_pieces(pieces))
    }

    fn load_pieces(&mut self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        pieces.within(0, |pieces| self.0.load_pieces(pieces))?;
        pieces.within(1, |pieces| self.1.load_pieces(pieces))
    }
}
