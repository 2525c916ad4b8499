//! State in pieces.

use super::{DamagedState, contained};
use std::collections::BTreeMap;

/// Pieces of state by name: each is written by itself, where it has changed since it was written last.
#[derive(Debug, Default)]
pub struct Pieces {
    /// The name of the part that is at work.
    part: Vec<u8>,
    pieces: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Pieces {
    pub(crate) fn new(pieces: BTreeMap<Vec<u8>, Vec<u8>>) -> Self {
        Pieces { part: Vec::new(), pieces }
    }

    pub(crate) fn by_name(&self) -> &BTreeMap<Vec<u8>, Vec<u8>> {
        &self.pieces
    }

    /// Whether all has been read.
    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Lets a part of a state write or read its pieces, whose names are its own.
    pub(crate) fn within<R>(&mut self, part: u8, work: impl FnOnce(&mut Self) -> R) -> R {
        self.part.push(part);
        let done = work(self);
        self.part.pop();
        done
    }

    fn name(&self, name: &[u8]) -> Vec<u8> {
        // The end of the part's name, so that a part and its own parts are apart.
        [&self.part[..], &[u8::MAX], name].concat()
    }

    /// Writes a piece; one without bytes is none.
    pub(crate) fn write(&mut self, name: &[u8], write: impl FnOnce(&mut Vec<u8>) -> Result<(), DamagedState>) -> Result<(), DamagedState> {
        let mut bytes = Vec::new();
        contained(|| write(&mut bytes))?;
        if !bytes.is_empty() {
            self.pieces.insert(self.name(name), bytes);
        }
        Ok(())
    }

    /// Reads a piece to its end, and takes it out.
    pub(crate) fn read<R>(&mut self, name: &[u8], read: impl FnOnce(&mut &[u8]) -> Result<R, DamagedState>) -> Result<R, DamagedState> {
        let bytes = self.pieces.remove(&self.name(name)).unwrap_or_default();
        let mut rest = &bytes[..];
        let found = contained(|| read(&mut rest))?;
        if rest.is_empty() { Ok(found) } else { Err(DamagedState::too_many()) }
    }
}
