use std::hash::{Hash, Hasher};

/// Odd constants with about as many ones as zeros: the fractions of the golden ratio, and of the square roots of 2 and 3.
const SEED: u64 = 0x9E37_79B9_7F4A_7C15;
const MULTIPLE: u64 = 0x6A09_E667_F3BC_C909;
const LAST: u64 = 0xBB67_AE85_84CA_A73B;

/// The hash that decides a key's partition: the same on every machine and in every version of this crate.
///
/// Each word is mixed in by a multiplication of 64 by 64 bits whose two halves are folded together, as in wyhash and ahash.
/// A slice or array of integers other than bytes is hashed by the standard library as it lies in memory: such keys agree on machines of one
/// byte order (and, for `usize`, one width).
///
/// It is no defence against keys chosen to collide; the tables of the crate use a hash with random seeds instead.
///
/// ```
/// use std::hash::Hasher;
///
/// let mut hasher = microbatch::FixedHasher::default();
/// hasher.write_u32(7);
/// assert_eq!(hasher.finish(), microbatch::fixed_hash(&7u32));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct FixedHasher {
    state: u64,
}

impl Default for FixedHasher {
    fn default() -> Self {
        FixedHasher { state: SEED }
    }
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Every integer as a word of 64 bits, or two: widened, so that 32-bit machines agree with 64-bit ones.
macro_rules! by_words {
    () => {
        #[inline]
        fn write_u8(&mut self, n: u8) {
            self.write_u64(u64::from(n));
        }

        #[inline]
        fn write_u16(&mut self, n: u16) {
            self.write_u64(u64::from(n));
        }

        #[inline]
        fn write_u32(&mut self, n: u32) {
            self.write_u64(u64::from(n));
        }

        #[inline]
        fn write_u128(&mut self, n: u128) {
            self.write_u64(n as u64);
            self.write_u64((n >> 64) as u64);
        }

        #[inline]
        fn write_usize(&mut self, n: usize) {
            self.write_u64(n as u64);
        }

        #[inline]
        fn write_isize(&mut self, n: isize) {
            self.write_u64(n as i64 as u64);
        }
    };
}
pub(crate) use by_words;

impl Hasher for FixedHasher {
    #[inline]
    fn finish(&self) -> u64 {
        fold(self.state ^ LAST, MULTIPLE)
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        // The length keeps `[0]` and `[0, 0]` apart.
        self.write_u64(u64::from_le_bytes(last) ^ (bytes.len() as u64).rotate_left(56));
    }

    #[inline]
    fn write_u64(&mut self, n: u64) {
        self.state = fold(self.state ^ n, MULTIPLE).wrapping_add(SEED);
    }

    by_words!();
}

/// The [`FixedHasher`]'s hash of `key`.
///
/// ```
/// assert_eq!(microbatch::fixed_hash("UA"), microbatch::fixed_hash(&String::from("UA")));
/// ```
#[inline]
pub fn fixed_hash<K: Hash + ?Sized>(key: &K) -> u64 {
    let mut hasher = FixedHasher::default();
    key.hash(&mut hasher);
    hasher.finish()
}

/// The place of `key` among `count` partitions: the high bits of its fixed hash, scaled.
#[inline]
pub(crate) fn bucket<K: Hash + ?Sized>(key: &K, count: usize) -> usize {
    ((u128::from(fixed_hash(key)) * count as u128) >> 64) as usize
}
