//! What can be saved, and read again.

mod bytes;
mod contained;
mod crc;
mod damaged;
mod panes;
mod pieces;
mod replay;
mod values;

pub(crate) use bytes::{put, put_all, take, take_all, take_some};
pub(crate) use contained::contained;
pub(crate) use crc::crc32;
pub use damaged::DamagedState;
pub(crate) use panes::{put_panes, take_panes};
pub use pieces::Pieces;
pub use replay::Replay;

/// State that can be saved and loaded. Not to be implemented outside the crate.
#[diagnostic::on_unimplemented(
    message = "the state of this pipeline cannot be saved",
    label = "cannot be saved",
    note = "keys, the state of integrators and of `.stateful(..)` must be `Serialize + DeserializeOwned`"
)]
pub trait Saved {
    /// Writes the pieces that have changed since it did so before, or since it was loaded, and names the others.
    #[doc(hidden)]
    fn save(&mut self, pieces: &mut Pieces) -> Result<(), DamagedState>;

    /// Takes over the pieces that were written.
    #[doc(hidden)]
    fn load(&mut self, pieces: &mut Pieces) -> Result<(), DamagedState>;
}

macro_rules! nothing {
    ($([$($t:ident)?] $type:ty),*) => { $(
        impl$(<$t>)? Saved for $type {
            fn save(&mut self, _: &mut Pieces) -> Result<(), DamagedState> {
                Ok(())
            }
            fn load(&mut self, _: &mut Pieces) -> Result<(), DamagedState> {
                Ok(())
            }
        }
    )* };
}

// State without a key is of one batch; values that leave at once are not kept.
nothing!([] (), [S] Option<S>, [T] Vec<T>);

impl<A: Saved, B: Saved> Saved for (A, B) {
    fn save(&mut self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        pieces.within(0, |pieces| self.0.save(pieces))?;
        pieces.within(1, |pieces| self.1.save(pieces))
    }

    fn load(&mut self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        pieces.within(0, |pieces| self.0.load(pieces))?;
        pieces.within(1, |pieces| self.1.load(pieces))
    }
}
