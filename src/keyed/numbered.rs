//! State by key while it grows: the hash map of the standard library, with a number in each key that says when it came.
//!
//! A lookup touches its control bytes, which are few, and one entry: half the cache misses of a [`Table`](super::Table), whose entries lie
//! in order behind an index. In return it must be put in order when it is taken apart, which is once.

use super::hash::Seeds;
use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};

/// State by key, numbered.
pub(crate) struct Numbered<K, S> {
    map: HashMap<Numbering<K>, S, Seeds>,
}

/// A key with its number, which for small keys lies where there would be padding.
struct Numbering<K> {
    key: K,
    number: u32,
}

impl<K: PartialEq> PartialEq for Numbering<K> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<K: Eq> Eq for Numbering<K> {}

impl<K: Hash> Hash for Numbering<K> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl<K> Borrow<K> for Numbering<K> {
    #[inline]
    fn borrow(&self) -> &K {
        &self.key
    }
}

impl<K, S> Numbered<K, S> {
    pub(crate) fn new() -> Self {
        Numbered { map: HashMap::with_hasher(Seeds::of_process()) }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }

    /// Takes everything out, in the order of first appearance.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = (K, S)> + use<K, S> {
        let mut entries: Vec<Option<(K, S)>> = Vec::new();
        entries.resize_with(self.map.len(), || None);
        for (Numbering { key, number }, state) in self.map.drain() {
            entries[number as usize] = Some((key, state));
        }
        entries.into_iter().flatten()
    }
}

impl<K: Eq + Hash, S> Numbered<K, S> {
    #[inline]
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut S> {
        self.map.get_mut(key)
    }

    /// Puts in a key that is not there.
    pub(crate) fn insert(&mut self, key: K, state: S) {
        let number = self.map.len() as u32;
        self.map.insert(Numbering { key, number }, state);
    }
}
