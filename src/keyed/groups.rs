use super::Table;
use crate::data::bucket;
use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;

/// Up to this many groups are kept in one table.
pub(crate) const FLAT: usize = 1024;
/// More are kept in this many, by the fixed hash of the key.
pub(crate) const PARTITIONS: usize = 128;

/// Results by key: what a keyed pipeline returns.
///
/// Iteration has the same order on every run, machine and number of threads: up to 1,024 groups by first appearance in the data, more by
/// partition (128, by [`fixed_hash`](crate::fixed_hash)) and in it by first appearance. Use [`into_sorted`](Self::into_sorted) for the
/// order of the keys.
///
/// ```
/// use microbatch::prelude::*;
///
/// let words = ["to", "be", "or", "not", "to", "be"];
/// let counts = Pipeline::over(&words).key_by(|w| **w).integrator(Count).run();
/// assert_eq!(counts.get("to"), Some(&2));
/// assert_eq!(counts.iter().next(), Some((&"to", &2)));
/// assert_eq!(counts.into_sorted(), [("be", 2), ("not", 1), ("or", 1), ("to", 2)]);
/// ```
#[derive(Clone)]
pub struct Groups<K, V> {
    /// One table, or one a partition.
    tables: Vec<Table<K, V>>,
}

impl<K, V> Groups<K, V> {
    pub(crate) fn new(tables: Vec<Table<K, V>>) -> Self {
        debug_assert!(tables.len() == 1 || tables.len() == PARTITIONS);
        Groups { tables }
    }

    /// The result of `key`. Takes a borrowed form of it, as `HashMap::get` does.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q> + Eq + Hash,
    {
        match &self.tables[..] {
            [table] => table.get(key),
            tables => tables[bucket(key, tables.len())].get(key),
        }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.tables.iter().map(Table::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keys with their results, in an order that is always the same.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&K, &V)> {
        let entries = self.tables.iter().flat_map(|table| table.entries()).map(|(key, value)| (key, value));
        Counted { inner: entries, left: self.len() }
    }

    /// Keys with their results, by key.
    pub fn into_sorted(self) -> Vec<(K, V)>
    where
        K: Ord,
    {
        let mut all: Vec<(K, V)> = self.into_iter().collect();
        all.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        all
    }

    /// Keys with their results, as a map of the standard library.
    pub fn into_hash_map(self) -> HashMap<K, V>
    where
        K: Eq + Hash,
    {
        self.into_iter().collect()
    }
}

impl<K, V> IntoIterator for Groups<K, V> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;

    fn into_iter(self) -> IntoIter<K, V> {
        let left = self.len();
        let mut tables: Vec<_> = self.tables.into_iter().map(Table::into_entries).collect();
        // One table is one vector already.
        let first = if tables.len() == 1 { tables.remove(0) } else { Vec::new() };
        IntoIter { now: first.into_iter(), later: tables.into_iter(), left }
    }
}

/// Groups by value: see [`Groups`].
#[derive(Debug)]
pub struct IntoIter<K, V> {
    now: std::vec::IntoIter<(K, V)>,
    later: std::vec::IntoIter<Vec<(K, V)>>,
    left: usize,
}

impl<K, V> Iterator for IntoIter<K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        loop {
            if let Some(entry) = self.now.next() {
                self.left -= 1;
                return Some(entry);
            }
            self.now = self.later.next()?.into_iter();
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<K, V> ExactSizeIterator for IntoIter<K, V> {}

/// An iterator whose length is known.
struct Counted<I> {
    inner: I,
    left: usize,
}

impl<I: Iterator> Iterator for Counted<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        let item = self.inner.next()?;
        self.left -= 1;
        Some(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<I: Iterator> ExactSizeIterator for Counted<I> {}

/// Of keys that are all different.
impl<K: Eq + Hash, V> FromIterator<(K, V)> for Groups<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entries: Vec<(K, V)> = entries.into_iter().collect();
        if entries.len() <= FLAT {
            return Groups::new(vec![entries.into_iter().collect()]);
        }
        let mut partitions: Vec<Vec<(K, V)>> = (0..PARTITIONS).map(|_| Vec::new()).collect();
        entries.into_iter().for_each(|entry| partitions[bucket(&entry.0, PARTITIONS)].push(entry));
        Groups::new(partitions.into_iter().map(|entries| entries.into_iter().collect()).collect())
    }
}

/// Equal keys with equal results, in whatever order.
impl<K: Eq + Hash, V: PartialEq> PartialEq for Groups<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl<K: Eq + Hash, V: Eq> Eq for Groups<K, V> {}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Groups<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
