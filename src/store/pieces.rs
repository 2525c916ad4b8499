//! The pieces of a state in the file: each with a sum of its own, of which those that have changed are written.

use crate::data::fixed_hash;
use crate::saved::Pieces;
use redb::{ReadableTable, Table, TableDefinition};
use std::collections::BTreeMap;

/// Pieces by name.
pub(super) type ByName = BTreeMap<Vec<u8>, Vec<u8>>;
/// Pieces by name, each behind its sum.
pub(super) const PIECES: TableDefinition<'_, &[u8], (u64, &[u8])> = TableDefinition::new("pieces");

/// The sums of the pieces that are in the file.
#[derive(Debug, Default)]
pub(super) struct Sums {
    sums: BTreeMap<Vec<u8>, Piece>,
    /// Of all of them, in whatever order.
    total: u64,
    bytes: u64,
}

/// A piece in the file.
#[derive(Clone, Copy, Debug, Default)]
struct Piece {
    sum: u64,
    bytes: u64,
}

/// Of a piece and its name, so that two that have changed places are told.
fn sum(name: &[u8], bytes: &[u8]) -> u64 {
    fixed_hash(&(name, bytes))
}

impl Sums {
    /// What tells that pieces have changed, are missing or are too many.
    pub(super) fn total(&self) -> (u64, u64) {
        (self.total, self.sums.len() as u64)
    }

    /// How many bytes they have.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Reads all pieces; the name of one that is damaged.
    pub(super) fn read(
        &mut self,
        table: &impl ReadableTable<&'static [u8], (u64, &'static [u8])>,
    ) -> Result<Result<ByName, String>, redb::StorageError> {
        let mut pieces = ByName::new();
        for entry in table.iter()? {
            let (name, value) = entry?;
            let (name, (noted, bytes)) = (name.value().to_vec(), value.value());
            if noted != sum(&name, bytes) {
                return Ok(Err(format!("the sum of the piece {name:?} is wrong")));
            }
            self.put(&name, Piece { sum: noted, bytes: bytes.len() as u64 });
            pieces.insert(name, bytes.to_vec());
        }
        Ok(Ok(pieces))
    }

    /// Writes the pieces that have changed, and removes those that are gone; how many bytes were written.
    pub(super) fn write(&mut self, table: &mut Table<'_, &[u8], (u64, &[u8])>, pieces: &Pieces) -> Result<u64, redb::StorageError> {
        let written = pieces.by_name();
        let is_gone = |name: &Vec<u8>| written.get(name).map_or(!pieces.keeps(name), Vec::is_empty);
        let gone: Vec<Vec<u8>> = self.sums.keys().filter(|name| is_gone(name)).cloned().collect();
        for name in gone {
            self.forget(&name);
            table.remove(name.as_slice())?;
        }
        let mut count = 0;
        for (name, bytes) in written.iter().filter(|(_, bytes)| !bytes.is_empty()) {
            let piece = Piece { sum: sum(name, bytes), bytes: bytes.len() as u64 };
            if self.put(name, piece) {
                count += piece.bytes;
                table.insert(name.as_slice(), (piece.sum, bytes.as_slice()))?;
            }
        }
        Ok(count)
    }

    /// Notes a piece; whether it is another one than there was.
    fn put(&mut self, name: &[u8], piece: Piece) -> bool {
        let before = match self.sums.get_mut(name) {
            Some(before) => std::mem::replace(before, piece),
            None => self.sums.insert(name.to_vec(), piece).unwrap_or_default(),
        };
        self.total = self.total.wrapping_add(piece.sum).wrapping_sub(before.sum);
        self.bytes = self.bytes + piece.bytes - before.bytes;
        before.sum != piece.sum || before.bytes == 0
    }

    fn forget(&mut self, name: &[u8]) {
        let gone = self.sums.remove(name).unwrap_or_default();
        self.total = self.total.wrapping_sub(gone.sum);
        self.bytes -= gone.bytes;
    }
}
