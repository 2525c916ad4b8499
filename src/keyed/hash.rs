use crate::data::by_words;
use ahash::RandomState;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::OnceLock;

/// Seeds of the tables' hash, other ones in each process: keys made to collide in one do not in another.
///
/// A word (an integer, a discriminant) is mixed in by one multiplication folded in two, where ahash takes two: half the instructions of a
/// lookup in a small table. Strings of bytes are left to ahash.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seeds {
    state: u64,
    multiple: u64,
}

impl Seeds {
    pub(super) fn of_process() -> Self {
        static SEEDS: OnceLock<Seeds> = OnceLock::new();
        *SEEDS.get_or_init(|| {
            let std = std::collections::hash_map::RandomState::new();
            // An odd multiple loses no bit of the word.
            Seeds { state: std.hash_one(0), multiple: std.hash_one(1) | 1 }
        })
    }

    #[inline]
    pub(super) fn hash<K: Hash + ?Sized>(&self, key: &K) -> u64 {
        self.hash_one(key)
    }
}

/// The hash of a string of bytes, by ahash.
#[inline]
pub(super) fn bytes_hash(bytes: &[u8]) -> u64 {
    static SEEDS: OnceLock<RandomState> = OnceLock::new();
    let mut hasher = SEEDS.get_or_init(RandomState::new).build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

impl Default for Seeds {
    fn default() -> Self {
        Self::of_process()
    }
}

/// State by key where keys come and go.
pub(crate) type Map<K, S> = HashMap<K, S, Seeds>;

impl BuildHasher for Seeds {
    type Hasher = TableHasher;

    #[inline]
    fn build_hasher(&self) -> TableHasher {
        TableHasher { state: self.state, multiple: self.multiple }
    }
}

/// The fraction of the golden ratio.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Hashes one key.
#[derive(Debug)]
pub(crate) struct TableHasher {
    state: u64,
    multiple: u64,
}

impl Hasher for TableHasher {
    #[inline]
    fn finish(&self) -> u64 {
        // Of numbers that follow each other, the folded products do as well, in some way or other; the high bits of this one do not.
        self.state.wrapping_mul(SPREAD)
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.state ^ word) * u128::from(self.multiple);
        self.state = (product as u64) ^ ((product >> 64) as u64);
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.write_u64(bytes_hash(bytes));
    }

    by_words!();
}
