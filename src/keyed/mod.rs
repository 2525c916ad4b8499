//! Keys, and state by key.

mod groups;
mod hash;
mod key;
mod slots;
mod table;

pub use groups::Groups;
pub(crate) use groups::{FLAT, PARTITIONS};
pub use key::{By, Key, KeyState, NoKey};
pub use slots::Slots;
pub(crate) use table::Table;
