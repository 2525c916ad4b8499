//! State in pieces.

use super::{DamagedState, contained};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// Pieces of state by name: each is written by itself. Those that have not changed since they were written last are only named.
#[derive(Debug, Default)]
pub struct Pieces {
    /// The name of the part that is at work.
    part: Vec<u8>,
    pieces: BTreeMap<Vec<u8>, Vec<u8>>,
    /// What the names of pieces begin with that are as they were.
    kept: BTreeSet<Vec<u8>>,
    /// One for all pieces, for its allocation.
    bytes: Vec<u8>,
}

impl Pieces {
    pub(crate) fn new(pieces: BTreeMap<Vec<u8>, Vec<u8>>) -> Self {
        Pieces { pieces, ..Pieces::default() }
    }

    /// What has been written.
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

    /// Leaves the pieces of this part whose names begin so as they were written last, but for those that are written now. No other call says more of
    /// any of them.
    pub(crate) fn keep(&mut self, beginning: &[u8]) {
        self.kept.insert(self.name(beginning));
    }

    /// Whether a piece that is not written is left as it was.
    pub(crate) fn keeps(&self, name: &[u8]) -> bool {
        // No beginning begins with another one, so what comes between one and a name would begin with it.
        self.kept
            .range::<[u8], _>((Bound::Unbounded, Bound::Included(name)))
            .next_back()
            .is_some_and(|beginning| name.starts_with(beginning))
    }

    /// Writes a piece; one without bytes is none.
    pub(crate) fn write(&mut self, name: &[u8], write: impl FnOnce(&mut Vec<u8>) -> Result<(), DamagedState>) -> Result<(), DamagedState> {
        self.bytes.clear();
        contained(|| write(&mut self.bytes))?;
        self.insert(name, self.bytes.clone());
        Ok(())
    }

    pub(crate) fn insert(&mut self, name: &[u8], bytes: Vec<u8>) {
        self.pieces.insert(self.name(name), bytes);
    }

    /// Reads a piece to its end, and takes it out.
    pub(crate) fn read<R>(&mut self, name: &[u8], read: impl FnOnce(&mut &[u8]) -> Result<R, DamagedState>) -> Result<R, DamagedState> {
        let bytes = self.pieces.remove(&self.name(name)).unwrap_or_default();
        let mut rest = &bytes[..];
        let found = contained(|| read(&mut rest))?;
        if rest.is_empty() { Ok(found) } else { Err(DamagedState::too_many()) }
    }
}
