use super::{States, Table};
use std::hash::Hash;

/// The key of records that have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "checkpoint", derive(serde::Serialize, serde::Deserialize))]
pub struct NoKey;

/// The key of a record, after `.key_by(..)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "checkpoint", derive(serde::Serialize, serde::Deserialize))]
pub struct By<K>(pub K);

/// What can be a key: anything that is `Clone + Eq + Hash + Send + Sync`, borrowed or owned.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key",
    label = "not a key",
    note = "a key is `Clone + Eq + Hash + Send + Sync`: derive them, `#[derive(Clone, PartialEq, Eq, Hash)]`, or key by a field that has them; for a float use `TotalOrder(x)`"
)]
pub trait Key: Clone + Eq + Hash + Send + Sync {}

#[diagnostic::do_not_recommend]
impl<K: Clone + Eq + Hash + Send + Sync> Key for K {}

/// Keyed or not. These are [`NoKey`] and [`By`].
pub trait KeyState: Clone + Eq + Hash + Send + Sync {
    /// Whether there is a key.
    const KEYED: bool;
    /// What a pane's key is.
    type Key;
    /// State by key: one slot where there is no key.
    type States<S>: States<Self, S>;
    /// The key alone.
    fn into_key(self) -> Self::Key;
}

/// What a verb by key asks for.
#[diagnostic::on_unimplemented(
    message = "this step works by key, and the records have none yet",
    label = "no key here",
    note = "key the records first: `.key_by(|record| ..)`"
)]
pub trait HasKey<K>: KeyState {}

impl<K: Key> HasKey<K> for By<K> {}

impl KeyState for NoKey {
    const KEYED: bool = false;
    type Key = ();
    type States<S> = Option<S>;
    fn into_key(self) {}
}

impl<K: Key> KeyState for By<K> {
    const KEYED: bool = true;
    type Key = K;
    type States<S> = Table<K, S>;
    fn into_key(self) -> K {
        self.0
    }
}
