//! State by key while it grows under many records.
//!
//! An open-addressed table whose slots hold the entries themselves, with linear probing (Knuth, The Art of Computer Programming, volume 3,
//! 6.4): a lookup touches one place in memory, where a [`Table`](super::Table), whose entries lie in order behind an index, touches two. In
//! return it must be put in order when it is taken apart, which is once.

use super::spread::Spread;
use std::hash::Hash;
use std::num::NonZeroU32;

/// Slots of the smallest table.
const LEAST: usize = 256;
/// How many slots there are for an entry, at least, in tables of up to so many slots. Few keys collide in one that is sparse: a lookup that
/// must go on to a second slot is one that a processor does not foresee. In larger ones it is the cache that counts.
const SPARSE: [(usize, usize); 2] = [(8 * 1024, 8), (64 * 1024, 4)];
/// How many slots an entry may lie from its place, on average: four times what keys at random come to in a table that is half full.
const ASTRAY: usize = 2;
/// The same in still larger ones.
const DENSE: usize = 2;

/// State by key, in slots; and where they are, by first appearance.
pub(crate) struct InlineTable<K, S> {
    slots: Vec<Option<Slot<K, S>>>,
    order: Vec<u32>,
    /// How far down a hash must be shifted to be a place: of a product, the high bits are those that all bits of the key have a part in.
    shift: u32,
    /// How far entries lie from their places, all together.
    astray: usize,
    /// Whether it has taken another hash since it grew.
    spread: bool,
    hash: Spread,
}

struct Slot<K, S> {
    /// Bits of the key's hash, never 0: they lie where there would be padding for small keys, and leave an empty slot without need of
    /// room of its own.
    tag: NonZeroU32,
    key: K,
    state: S,
}

impl<K: Eq, S> Slot<K, S> {
    /// Keys of one word are compared as they are; of others, only those whose hashes agree.
    #[inline]
    fn holds(&self, hash: u64, key: &K) -> bool {
        (size_of::<K>() <= size_of::<u64>() || self.tag == tag(hash)) && self.key == *key
    }
}

/// The low bits: others than those that make the place in the table.
#[inline]
fn tag(hash: u64) -> NonZeroU32 {
    NonZeroU32::MIN | hash as u32
}

impl<K, S> InlineTable<K, S> {
    pub(crate) fn new() -> Self {
        InlineTable { slots: Vec::new(), order: Vec::new(), shift: u64::BITS - 1, astray: 0, spread: false, hash: Spread::of_process() }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// How many entries with their slots take so many bytes.
    pub(crate) const fn fits(bytes: usize) -> usize {
        bytes / (DENSE * size_of::<Option<Slot<K, S>>>())
    }

    /// Takes everything out, in the order of first appearance; the slots stay for what comes next.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = (K, S)> {
        self.astray = 0;
        let InlineTable { slots, order, .. } = self;
        order.drain(..).filter_map(|at| slots[at as usize].take()).map(|slot| (slot.key, slot.state))
    }

    /// The keys, in the order of first appearance.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.order.iter().filter_map(|at| self.slots[*at as usize].as_ref()).map(|slot| &slot.key)
    }
}

impl<K: Eq + Hash, S> InlineTable<K, S> {
    /// With room for so many keys, and as much again.
    pub(crate) fn with_room(keys: usize) -> Self {
        let mut table = Self::new();
        table.rebuild((2 * DENSE * keys).next_power_of_two().max(LEAST));
        table
    }

    /// Does something with the state of `key` and a value; gives the value back where the key is not there.
    #[inline]
    pub(crate) fn update<T>(&mut self, key: &K, value: T, update: impl FnOnce(&mut S, T)) -> Option<T> {
        let hash = self.hash.hash(key);
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = (hash >> self.shift) as usize;
        // Ends at an empty slot, of which there are always some, or at once where there are no slots at all.
        while let Some(Some(slot)) = self.slots.get_mut(at) {
            if slot.holds(hash, key) {
                update(&mut slot.state, value);
                return None;
            }
            at = (at + 1) & mask;
        }
        Some(value)
    }

    /// Puts in a key that is not there.
    pub(crate) fn insert(&mut self, key: K, state: S) {
        let scarce = SPARSE.iter().find(|(size, _)| self.slots.len() <= *size).map_or(DENSE, |(_, scarce)| *scarce);
        if (self.len() + 1) * scarce > self.slots.len() {
            self.spread = false;
            self.rebuild((self.slots.len() * 4).max(LEAST));
        }
        self.put(key, state);
        if self.astray > LEAST + ASTRAY * self.len() && !self.spread {
            self.spread = true;
            self.hash = self.hash.other();
            self.rebuild(self.slots.len());
        }
    }

    /// Takes a value in: `join` joins it to the state that is there, `first` makes one of it where there is none.
    #[inline]
    pub(crate) fn absorb<V>(&mut self, key: K, value: V, first: impl FnOnce(V) -> S, join: impl FnOnce(&mut S, V)) {
        if let Some(new) = self.update(&key, value, join) {
            self.insert(key, first(new));
        }
    }

    fn put(&mut self, key: K, state: S) {
        let hash = self.hash.hash(&key);
        let mask = self.slots.len() - 1;
        let mut at = (hash >> self.shift) as usize;
        while self.slots[at].is_some() {
            at = (at + 1) & mask;
            self.astray += 1;
        }
        self.slots[at] = Some(Slot { tag: tag(hash), key, state });
        self.order.push(at as u32);
    }

    /// Puts all entries into so many slots.
    fn rebuild(&mut self, size: usize) {
        assert!(size <= 1 << 32, "a table holds at most 2^31 keys");
        let mut full = std::mem::take(&mut self.slots);
        self.slots.resize_with(size, || None);
        self.shift = u64::BITS - size.trailing_zeros();
        self.astray = 0;
        let order = std::mem::take(&mut self.order);
        order.into_iter().filter_map(|at| full[at as usize].take()).for_each(|slot| self.put(slot.key, slot.state));
    }
}
