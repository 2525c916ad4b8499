use crate::data::bucket;
use std::hash::Hash;

/// How many groups keys are in, by their fixed hash: fixed, so that it can be chosen anew at any time how many parts share them.
pub(super) const KEY_GROUPS: usize = 1024;

/// State of the keys of some key groups.
pub trait Shard<K>: Default {
    /// What comes out of it.
    type Out;

    /// What has come out of it and waits.
    fn out(&mut self) -> &mut Vec<Self::Out>;

    /// As so many, each key at its place.
    fn divide(self, among: usize, place: impl Fn(&K) -> usize) -> Vec<Self>;
}

/// State by key in key groups, which lie in shards: in one until it is worth it that threads share them, and then the same groups in more. A
/// key's group is 1,024 times its [`fixed_hash`](crate::fixed_hash) over 2^64, and its shard has the groups next to it.
#[derive(Debug)]
pub struct KeyGroups<Sh> {
    shards: Vec<Sh>,
}

impl<Sh: Default> Default for KeyGroups<Sh> {
    fn default() -> Self {
        KeyGroups { shards: vec![Sh::default()] }
    }
}

impl<Sh> KeyGroups<Sh> {
    /// All groups in one shard.
    #[cfg(feature = "checkpoint")]
    pub(crate) fn of(shard: Sh) -> Self {
        KeyGroups { shards: vec![shard] }
    }

    /// The number of a key's shard.
    #[inline]
    pub(crate) fn place<K: Hash>(&self, key: &K) -> usize {
        // In one shard no key need be hashed.
        if self.shards.len() == 1 { 0 } else { shard(key, self.shards.len()) }
    }

    #[inline]
    pub(crate) fn shard_of<K: Hash>(&mut self, key: &K) -> &mut Sh {
        let place = self.place(key);
        &mut self.shards[place]
    }

    pub(crate) fn shards(&self) -> &[Sh] {
        &self.shards
    }

    pub(crate) fn shards_mut(&mut self) -> &mut [Sh] {
        &mut self.shards
    }

    /// Puts the groups of the one shard into so many, the next power of two, but no more than there are groups.
    pub(crate) fn spread<K: Hash>(&mut self, shards: usize)
    where
        Sh: Shard<K>,
    {
        let among = shards.next_power_of_two().min(KEY_GROUPS);
        if self.shards.len() == 1
            && let Some(whole) = self.shards.pop()
        {
            self.shards = whole.divide(among, |key| shard(key, among));
        }
    }
}

/// The group of a key.
pub(crate) fn key_group<K: Hash>(key: &K) -> usize {
    bucket(key, KEY_GROUPS)
}

fn shard<K: Hash>(key: &K, among: usize) -> usize {
    key_group(key) * among / KEY_GROUPS
}
