//! Keys, and state by key: in a [`InlineTable`] while it grows under many records, in a [`Table`] where it is read, merged or iterated in
//! order.

#[cfg(feature = "checkpoint")]
mod group_pieces;
mod groups;
mod hash;
mod inline;
mod key;
mod key_groups;
mod slot;
mod spread;
mod states;
mod table;
mod touched;

#[cfg(feature = "checkpoint")]
pub(crate) use group_pieces::{load_groups, save_groups};
pub use groups::Groups;
pub(crate) use groups::{FLAT, PARTITIONS};
pub(crate) use hash::Map;
pub(crate) use inline::InlineTable;
pub use key::{By, HasKey, Key, KeyState, NoKey};
pub(crate) use key_groups::key_group;
pub use key_groups::{KeyGroups, Shard};
pub use slot::Slot;
pub use states::States;
pub(crate) use table::Table;
pub(crate) use touched::Touched;
