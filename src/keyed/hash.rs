use crate::data::by_words;
use ahash::RandomState;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::OnceLock;

/// Seeds of the tables' hash, other ones in each process: keys made to collide in one do not in another.
///
/// A word (an integer, a discriminant) is mixed in by one multiplication folded in two, where ahash takes two: half the instructions of a
/// lookup in a small table. Strings of bytes are left to ahash.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seeds {
    state: u64,
    multiple: u64,
    bytes: &'static RandomState,
}

impl Seeds {
    pub(super) fn of_process() -> Self {
        static BYTES: OnceLock<(u64, u64, RandomState)> = OnceLock::new();
        let (state, multiple, bytes) = BYTES.get_or_init(|| {
            let std = std::collections::hash_map::RandomState::new();
            let seed = |n: u64| std.hash_one(n);
            // An odd multiple loses no bit of the word.
            (seed(0), seed(1) | 1, RandomState::with_seeds(seed(2), seed(3), seed(4), seed(5)))
        });
        Seeds { state: *state, multiple: *multiple, bytes }
    }

    #[inline]
    pub(super) fn hash<K: Hash + ?Sized>(&self, key: &K) -> u64 {
        self.hash_one(key)
    }
}

impl BuildHasher for Seeds {
    type Hasher = TableHasher;

    #[inline]
    fn build_hasher(&self) -> TableHasher {
        TableHasher { state: self.state, seeds: *self }
    }
}

/// Hashes one key.
#[derive(Debug)]
pub(super) struct TableHasher {
    state: u64,
    seeds: Seeds,
}

impl Hasher for TableHasher {
    #[inline]
    fn finish(&self) -> u64 {
        self.state
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.state ^ word) * u128::from(self.seeds.multiple);
        self.state = (product as u64) ^ ((product >> 64) as u64);
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let mut hasher = self.seeds.bytes.build_hasher();
        hasher.write(bytes);
        self.write_u64(hasher.finish());
    }

    by_words!();
}
