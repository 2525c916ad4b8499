//! Stores: where a stream keeps what it needs to go on.

mod checkpoint;
mod error;
mod pieces;
mod redb;
mod rows;
mod table;
mod writer;

pub use checkpoint::Checkpoint;
pub use error::StoreError;
pub(crate) use redb::{Commit, Store};
pub use table::{Table, TableReader};
