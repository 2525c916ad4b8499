//! Stores: where a stream keeps what it needs to go on.

mod checkpoint;
#[cfg(test)]
pub(crate) mod disk;
mod error;
mod mark;
mod pieces;
mod redb;
mod rows;
mod table;
mod writer;

pub use checkpoint::Checkpoint;
pub use error::StoreError;
pub(crate) use redb::{Commit, Store};
pub use table::{Table, TableReader};
