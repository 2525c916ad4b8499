use super::answer::Put;
use ahash::RandomState;
use serde::{Deserialize, Serialize};
use std::hash::Hash;

/// How many rows an answer has, and a sum of their hashes, in which their order does not matter.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub struct Digest {
    rows: u64,
    sum: u64,
}

impl Digest {
    /// Of all rows that are handed on.
    pub fn of<R: Hash>(run: impl FnOnce(Put<'_, R>)) -> Self {
        let mut digest = Digest::default();
        run(&mut |row| digest.add(&row));
        digest
    }

    pub fn add(&mut self, row: &impl Hash) {
        self.rows += 1;
        self.sum = self.sum.wrapping_add(RandomState::with_seeds(11, 12, 13, 14).hash_one(row));
    }

    pub fn merge(&mut self, more: Self) {
        self.rows += more.rows;
        self.sum = self.sum.wrapping_add(more.sum);
    }

    pub fn checksum(self) -> u64 {
        assert!(self.rows > 0, "a query without an answer shows nothing");
        self.sum ^ self.rows.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}
