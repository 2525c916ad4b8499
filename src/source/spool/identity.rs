use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::time::SystemTime;

/// What tells a spool from any other, also from one that is made in its folder later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(u64);

impl Identity {
    /// Of a spool that is made now: as random as the seeds of the standard library's tables.
    pub(super) fn random() -> Self {
        Identity(RandomState::new().hash_one((SystemTime::now(), std::process::id())))
    }

    pub(super) fn from_number(number: u64) -> Self {
        Identity(number)
    }

    pub(super) fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
