//! A hash table that keeps its entries in the order they came in.
//!
//! Two vectors: the entries, densely packed, and an open-addressed index into them. A slot of the index is 32 bits: in its low bits
//! the number of an entry plus one, in the others a tag out of the key's hash, so that a probe touches an entry only where the tags
//! agree. The index of 16 Ki entries is 256 KiB: with small entries both stay in a second-level cache.

use super::hash::Seeds;
use std::borrow::Borrow;
use std::hash::Hash;

/// Slots of the smallest index.
const LEAST: usize = 16;
/// Slots an entry, at least: so few collide that a lookup seldom takes a second probe, which a processor would not foresee.
const SPARSE: usize = 4;
/// The same in large tables, where it is the cache that counts.
const DENSE: usize = 2;
/// From this many slots on a table is large.
const LARGE: usize = 64 * 1024;
/// Below this many slots an index grows fast.
const SMALL: usize = 8192;

/// State by key.
#[derive(Clone)]
pub struct Table<K, S> {
    slots: Vec<u32>,
    entries: Vec<(K, S)>,
    /// How far down a hash must be shifted to be a place in the index.
    shift: u32,
    hash: Seeds,
}

impl<K, S> Default for Table<K, S> {
    fn default() -> Self {
        Table { slots: Vec::new(), entries: Vec::new(), shift: u64::BITS - 1, hash: Seeds::of_process() }
    }
}

/// Of keys that are all different.
impl<K: Eq + Hash, S> FromIterator<(K, S)> for Table<K, S> {
    fn from_iter<I: IntoIterator<Item = (K, S)>>(entries: I) -> Self {
        let entries: Vec<(K, S)> = entries.into_iter().collect();
        let mut table = Table { entries, ..Table::default() };
        table.index((table.entries.len() * DENSE + 1).next_power_of_two().max(LEAST));
        table
    }
}

impl<K, S> std::fmt::Debug for Table<K, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("len", &self.entries.len()).finish_non_exhaustive()
    }
}

/// Where a key is, or where it would go.
enum Found {
    Entry(usize),
    Slot(usize),
}

impl<K, S> Table<K, S> {
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn entries(&self) -> &[(K, S)] {
        &self.entries
    }

    /// The entry at a place.
    pub(crate) fn entry_mut(&mut self, place: usize) -> (&K, &mut S) {
        let (key, state) = &mut self.entries[place];
        (key, state)
    }

    pub(crate) fn into_entries(self) -> Vec<(K, S)> {
        self.entries
    }

    /// Turns every state into something else; keys stay where they are.
    pub(crate) fn map<O>(self, mut f: impl FnMut(S) -> O) -> Table<K, O> {
        let entries = self.entries.into_iter().map(|(key, state)| (key, f(state))).collect();
        Table { slots: self.slots, entries, shift: self.shift, hash: self.hash }
    }
}

impl<K: Eq + Hash, S> Table<K, S> {
    /// With room for so many keys.
    pub(crate) fn with_room(keys: usize) -> Self {
        let mut table = Table { entries: Vec::with_capacity(keys), ..Table::default() };
        if keys > 0 {
            table.index((keys * DENSE + 1).next_power_of_two().max(LEAST));
        }
        table
    }

    /// The state of `key`, made by `init` where it is new.
    #[inline]
    pub(crate) fn entry_ref(&mut self, key: &K, init: impl FnOnce() -> S) -> &mut S
    where
        K: Clone,
    {
        let place = self.place(key, init);
        &mut self.entries[place].1
    }

    /// The place of `key` among the entries, put in with a state made by `init` where it is new.
    #[inline]
    pub(crate) fn place(&mut self, key: &K, init: impl FnOnce() -> S) -> usize
    where
        K: Clone,
    {
        let hash = self.hash.hash(key);
        match self.find(hash, key) {
            Found::Entry(at) => at,
            Found::Slot(slot) => self.insert(slot, hash, key.clone(), init()),
        }
    }

    /// Takes a value in: `join` joins it to the state that is there, `first` makes one of it where there is none. The number of the entry.
    #[inline]
    pub(crate) fn absorb<V>(&mut self, key: K, value: V, first: impl FnOnce(V) -> S, join: impl FnOnce(&mut S, V)) -> usize {
        let hash = self.hash.hash(&key);
        match self.find(hash, &key) {
            Found::Entry(at) => {
                join(&mut self.entries[at].1, value);
                at
            }
            Found::Slot(slot) => self.insert(slot, hash, key, first(value)),
        }
    }

    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&S>
    where
        K: Borrow<Q>,
    {
        match self.find(self.hash.hash(key), key) {
            Found::Entry(at) => Some(&self.entries[at].1),
            Found::Slot(_) => None,
        }
    }

    #[inline]
    fn find<Q: Eq + ?Sized>(&self, hash: u64, key: &Q) -> Found
    where
        K: Borrow<Q>,
    {
        let slots = &self.slots[..];
        if slots.is_empty() {
            return Found::Slot(0);
        }
        let mask = slots.len() - 1;
        let number = mask as u32;
        // The high bits of the hash are the place, bits of the low half the tag.
        let tag = hash as u32 & !number;
        let mut at = (hash >> self.shift) as usize;
        loop {
            let slot = slots[at & mask];
            if slot == 0 {
                return Found::Slot(at & mask);
            }
            if slot & !number == tag {
                let entry = (slot & number) as usize - 1;
                if self.entries[entry].0.borrow() == key {
                    return Found::Entry(entry);
                }
            }
            at += 1;
        }
    }

    /// Puts a new entry behind a free slot; returns its number.
    #[cold]
    fn insert(&mut self, mut slot: usize, hash: u64, key: K, state: S) -> usize {
        let sparse = if self.slots.len() < LARGE { SPARSE } else { DENSE };
        if self.entries.len() * sparse >= self.slots.len() {
            self.grow();
            slot = self.free_slot(hash);
        }
        self.entries.push((key, state));
        self.mark(slot, hash, self.entries.len());
        self.entries.len() - 1
    }

    fn mark(&mut self, slot: usize, hash: u64, number: usize) {
        let mask = (self.slots.len() - 1) as u32;
        self.slots[slot] = (hash as u32 & !mask) | number as u32;
    }

    fn free_slot(&self, hash: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = (hash >> self.shift) as usize;
        while self.slots[at] != 0 {
            at = (at + 1) & mask;
        }
        at
    }

    /// Makes the index larger, so that there are free slots enough: eightfold while it is small, which saves rehashing.
    fn grow(&mut self) {
        let factor = if self.slots.len() < SMALL { 8 } else { 2 };
        self.index((self.slots.len() * factor).max(LEAST));
    }

    fn index(&mut self, size: usize) {
        assert!(size <= 1 << 31, "a table holds at most 2^30 keys");
        self.slots.clear();
        self.slots.resize(size, 0);
        self.shift = u64::BITS - size.trailing_zeros();
        for number in 0..self.entries.len() {
            let hash = self.hash.hash(&self.entries[number].0);
            let slot = self.free_slot(hash);
            self.mark(slot, hash, number + 1);
        }
    }
}
