use super::deal::{checked, deal, divisible};
use super::divided::divided;
use crate::data::bucket;
use crate::stage::{Part, Partitioner, Parts};
use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;

/// Records of equal keys meet in one batch. As a verb: `.partition_by(16, |t| t.account)`.
///
/// A key's partition comes from [`fixed_hash`](crate::fixed_hash): it is the same on every machine and in every version.
///
/// ```
/// use microbatch::prelude::*;
///
/// struct Trade { account: u32 }
///
/// let trades: Vec<Trade> = (0..1000).map(|n| Trade { account: n % 7 }).collect();
/// let by_account = HashPartitioner::new(16, |t: &Trade| t.account);
/// let accounts = Pipeline::over(&trades)
///     .partitioner(by_account)
///     .process(|batch| batch.iter().map(|t| t.account).collect::<std::collections::BTreeSet<_>>().len())
///     .integrator(Sum)
///     .run();
/// assert_eq!(accounts, 7, "no account is in two batches");
/// ```
#[derive(Clone)]
pub struct HashPartitioner<U: ?Sized, F> {
    count: usize,
    key: F,
    record: PhantomData<fn(&U)>,
}

impl<U: ?Sized, F> HashPartitioner<U, F> {
    /// Into `count` partitions, by a key. Those that get no record make no batch. Name the record, whether it is borrowed or owned:
    /// `|t: &Trade|`.
    ///
    /// # Panics
    /// If `count` is 0, or more than 1,048,576.
    pub fn new<K: Hash>(count: usize, key: F) -> Self
    where
        F: Fn(&U) -> K,
    {
        HashPartitioner { count: checked(count, "HashPartitioner"), key, record: PhantomData }
    }
}

impl<U: ?Sized, F> fmt::Debug for HashPartitioner<U, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HashPartitioner").field("count", &self.count).finish_non_exhaustive()
    }
}

impl<D, U: ?Sized, K: Hash, F: Fn(&U) -> K> Partitioner<D> for HashPartitioner<U, F>
where
    D: IntoIterator<Item: Send + Borrow<U>>,
{
    type Batch = Vec<D::Item>;

    fn partition(&self, data: D, _: usize) -> Vec<Part<Vec<D::Item>>> {
        deal(data.into_iter(), self.count, |record| bucket(&(self.key)(record.borrow()), self.count))
    }

    fn parts(&self, data: D, workers: usize) -> Parts<Vec<D::Item>> {
        divisible(self.partition(data, workers))
    }

    fn divided(&self, data: D, _: usize) -> Parts<Vec<D::Item>> {
        divided(data.into_iter(), self.count, |record| bucket(&(self.key)(record.borrow()), self.count))
    }

    fn counts(&self) -> bool {
        true
    }
}
