//! The pieces of a state in the file: each with a sum of its own, of which those that have changed are written.

use crate::data::fixed_hash;
use redb::{ReadableTable, Table, TableDefinition};
use std::collections::{BTreeMap, BTreeSet};

/// Pieces by name.
pub(super) type ByName = BTreeMap<Vec<u8>, Vec<u8>>;
/// Pieces by name, each behind its sum.
pub(super) const PIECES: TableDefinition<'_, &[u8], (u64, &[u8])> = TableDefinition::new("pieces");

/// The sums of the pieces that are in the file.
#[derive(Debug, Default)]
pub(super) struct Sums {
    sums: BTreeMap<Vec<u8>, u64>,
    /// Of all of them, in whatever order.
    total: u64,
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
            self.bytes += bytes.len() as u64;
            self.total = self.total.wrapping_add(noted);
            self.sums.insert(name.clone(), noted);
            pieces.insert(name, bytes.to_vec());
        }
        Ok(Ok(pieces))
    }

    /// Writes the pieces that have changed, and removes those that are gone; how many bytes were written.
    pub(super) fn write(&mut self, table: &mut Table<'_, &[u8], (u64, &[u8])>, pieces: &ByName) -> Result<u64, redb::StorageError> {
        let mut written = 0;
        for (name, bytes) in pieces {
            let sum = sum(name, bytes);
            let before = match self.sums.get_mut(name) {
                Some(before) if *before == sum => continue,
                Some(before) => std::mem::replace(before, sum),
                None => {
                    self.sums.insert(name.clone(), sum);
                    0
                }
            };
            self.total = self.total.wrapping_add(sum).wrapping_sub(before);
            written += bytes.len() as u64;
            table.insert(name.as_slice(), (sum, bytes.as_slice()))?;
        }
        let gone: BTreeSet<Vec<u8>> = self.sums.keys().filter(|name| !pieces.contains_key(*name)).cloned().collect();
        for name in gone {
            self.total = self.total.wrapping_sub(self.sums.remove(&name).unwrap_or(0));
            table.remove(name.as_slice())?;
        }
        self.bytes = pieces.values().map(|bytes| bytes.len() as u64).sum();
        Ok(written)
    }
}
