use super::hash::bytes_hash;
use crate::data::by_words;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::OnceLock;

/// The hash that makes places in an [`InlineTable`](super::InlineTable): one multiplication a word, whose high bits are the place.
///
/// Keys that follow each other, as numbers in a row do, do not collide but lie evenly apart, where the multiple is a fraction of 2^64 that is
/// badly approximated by others (Knuth, The Art of Computer Programming, volume 3, 6.4: Fibonacci hashing): a continued fraction of ones, or
/// of ones and twos, as here, so that there are many to choose from at random. Keys that are a step apart may still crowd under one
/// multiple; then the table takes [another](Self::other). The same helps against keys that were made to collide.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    start: u64,
    multiple: u64,
}

impl Spread {
    pub(super) fn of_process() -> Self {
        static FIRST: OnceLock<Spread> = OnceLock::new();
        *FIRST.get_or_init(|| {
            let start = std::collections::hash_map::RandomState::new().hash_one(0);
            Spread { start, multiple: multiple(start) }
        })
    }

    /// With another multiple.
    pub(super) fn other(self) -> Self {
        let start = self.start.wrapping_mul(self.multiple) ^ self.start >> 32;
        Spread { start, multiple: multiple(start) }
    }

    #[inline]
    pub(super) fn hash<K: Hash + ?Sized>(&self, key: &K) -> u64 {
        self.hash_one(key)
    }
}

/// The odd number next to 2^64 times the continued fraction 1 / (a + 1 / (b + ..)), whose terms are 1 or 2 as random bits say.
fn multiple(random: u64) -> u64 {
    let term = |bit: u32| u128::from(random >> bit & 1) + 1;
    // 40 twos make a denominator of less than 2^52.
    let (numerator, denominator) = (0..40).fold((0, 1), |(numerator, denominator), bit| (denominator, term(bit) * denominator + numerator));
    ((numerator << 64) / denominator) as u64 | 1
}

impl BuildHasher for Spread {
    type Hasher = SpreadHasher;

    #[inline]
    fn build_hasher(&self) -> SpreadHasher {
        // Of a key of one word nothing need be rotated.
        SpreadHasher { state: self.start.rotate_right(ROTATED), multiple: self.multiple }
    }
}

/// Between two words.
const ROTATED: u32 = 26;

/// Hashes one key.
#[derive(Debug)]
pub(super) struct SpreadHasher {
    state: u64,
    multiple: u64,
}

impl Hasher for SpreadHasher {
    #[inline]
    fn finish(&self) -> u64 {
        self.state
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.state = self.state.rotate_left(ROTATED).wrapping_add(word).wrapping_mul(self.multiple);
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.write_u64(bytes_hash(bytes));
    }

    by_words!();
}

#[cfg(test)]
mod tests {
    use super::Spread;
    use std::collections::HashSet;

    /// How many of so many numbers in a row share a place with another, where there are twice as many places.
    fn crowded(spread: Spread, count: u64) -> usize {
        let places: HashSet<u64> = (0..count).map(|n| spread.hash(&(1_000_000 + n)) >> (63 - count.ilog2())).collect();
        count as usize - places.len()
    }

    /// At random every fifth would share a place. Under some multiples a few more do, for some counts; on average far fewer.
    #[test]
    fn numbers_in_a_row_lie_apart() {
        let mut spread = Spread::of_process();
        let (mut all, mut shared) = (0, 0);
        for _ in 0..200 {
            for count in [64, 1 << 10, 1 << 14] {
                let crowded = crowded(spread, count);
                assert!(crowded * 3 < count as usize, "{crowded} of {count} under {spread:?}");
                (all, shared) = (all + count as usize, shared + crowded);
            }
            spread = spread.other();
        }
        assert!(shared * 8 < all, "{shared} of {all}");
    }
}
