use super::{By, Key, NoKey, Table};

/// State by key of type `Ky`, for steps that keep some along a batch.
pub trait States<Ky, S>: Default {
    /// The state of `key`, made by `init` where there is none yet.
    fn state(&mut self, key: &Ky, init: impl FnOnce() -> S) -> &mut S;

    /// Takes everything out, in the order of first appearance.
    fn drain(&mut self) -> impl Iterator<Item = (Ky, S)>;
}

impl<S> States<NoKey, S> for Option<S> {
    #[inline]
    fn state(&mut self, _: &NoKey, init: impl FnOnce() -> S) -> &mut S {
        self.get_or_insert_with(init)
    }

    fn drain(&mut self) -> impl Iterator<Item = (NoKey, S)> {
        self.take().map(|state| (NoKey, state)).into_iter()
    }
}

impl<K: Key, S> States<By<K>, S> for Table<K, S> {
    #[inline]
    fn state(&mut self, key: &By<K>, init: impl FnOnce() -> S) -> &mut S {
        self.entry_ref(&key.0, init)
    }

    fn drain(&mut self) -> impl Iterator<Item = (By<K>, S)> {
        std::mem::take(self).into_entries().into_iter().map(|(key, state)| (By(key), state))
    }
}
