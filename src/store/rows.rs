//! Tables of users' results in the file.

use crate::data::{Timestamp, Window, fixed_hash};
use crate::saved::{DamagedState, put};
use crate::stage::Rows;
use redb::{TableDefinition, WriteTransaction};
use serde::Serialize;

/// Before the names of such tables, so that they are never those of the store's own.
const PREFIX: &str = "results of ";
/// The bytes of a window.
pub(super) const WINDOW: usize = 16;

/// A row's value, behind the sum of its key and value.
pub(super) type Row = (u64, &'static [u8]);

pub(super) fn name(table: &str) -> String {
    format!("{PREFIX}{table}")
}

/// The table of this name, as [`name`] made it.
pub(super) fn table(name: &str) -> TableDefinition<'_, &'static [u8], Row> {
    TableDefinition::new(name)
}

pub(super) fn sum(key: &[u8], value: &[u8]) -> u64 {
    fixed_hash(&(key, value))
}

/// Puts rows into their table, over those of the same keys.
pub(super) fn write(write: &WriteTransaction, Rows { table: of, rows }: &Rows) -> Result<(), redb::Error> {
    let name = name(of);
    let mut table = write.open_table(table(&name))?;
    for (key, value) in rows {
        table.insert(key.as_slice(), (sum(key, value), value.as_slice()))?;
    }
    Ok(())
}

/// A time whose bytes are in the order of time.
fn time(at: Timestamp) -> [u8; 8] {
    (at.as_micros() ^ i64::MIN).to_be_bytes()
}

/// What a row's key begins with: the window's start and end, in the order of time.
pub(super) fn window(window: Window) -> [u8; WINDOW] {
    let mut bytes = [0; WINDOW];
    bytes[..8].copy_from_slice(&time(window.start));
    bytes[8..].copy_from_slice(&time(window.end));
    bytes
}

/// The window that a row's key begins with, and the rest.
pub(super) fn split(key: &[u8]) -> Option<(Window, &[u8])> {
    let (start, rest) = key.split_first_chunk()?;
    let (end, rest) = rest.split_first_chunk()?;
    let time = |bytes: &[u8; 8]| Timestamp::from_micros(i64::from_be_bytes(*bytes) ^ i64::MIN);
    Some((Window::new(time(start), time(end)), rest))
}

/// A row's key.
pub(super) fn key<K: Serialize + ?Sized>(of: Window, key: &K) -> Result<Vec<u8>, DamagedState> {
    let mut bytes = window(of).to_vec();
    put(&mut bytes, key)?;
    Ok(bytes)
}
