use super::deal::{checked, deal, divisible};
use super::divided::divided;
use crate::stage::{Part, Partitioner, Parts};
use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;

/// How many keys a partition gives to the sample that the bounds are taken from.
const SAMPLE: usize = 64;

/// Batches ordered by key: no key of one is greater than any key of the next. Equal keys meet in one batch.
///
/// ```
/// use microbatch::prelude::*;
///
/// let sizes = Pipeline::over(&[5, 50, 500, 7, 100])
///     .partitioner(RangePartitioner::at([10, 100], |n: &i32| *n))   // below 10, below 100, the rest
///     .process(|batch| batch.len())
///     .run();
/// assert_eq!(sizes, [2, 1, 2]);
/// ```
#[derive(Clone)]
pub struct RangePartitioner<U: ?Sized, K, F> {
    bounds: Bounds<K>,
    key: F,
    record: PhantomData<fn(&U)>,
}

#[derive(Clone, Debug)]
enum Bounds<K> {
    Given(Vec<K>),
    /// For so many partitions.
    Sampled(usize),
}

impl<U: ?Sized, K: Ord, F: Fn(&U) -> K> RangePartitioner<U, K, F> {
    /// Between given bounds, in ascending order: a key equal to a bound belongs above it. One bound more makes one partition more; no bound
    /// makes one. Name the record, whether it is borrowed or owned: `|t: &Trade|`.
    ///
    /// # Panics
    /// If a bound is less than the one before it.
    pub fn at(bounds: impl IntoIterator<Item = K>, key: F) -> Self {
        let bounds: Vec<K> = bounds.into_iter().collect();
        if let Some(at) = bounds.windows(2).position(|pair| pair[0] > pair[1]) {
            panic!("bound {} of a RangePartitioner is less than bound {at}: give bounds in ascending order", at + 1);
        }
        RangePartitioner { bounds: Bounds::Given(bounds), key, record: PhantomData }
    }

    /// Into `count` partitions of about equal size, whose bounds come from a sample of the data (64 keys a partition, evenly spaced).
    /// As a verb: `.range_by(16, |t| t.price)`.
    ///
    /// Many equal keys make partitions uneven, as they meet in one; those that get no record make no batch.
    ///
    /// # Panics
    /// If `count` is 0, or more than 1,048,576.
    pub fn new(count: usize, key: F) -> Self {
        RangePartitioner { bounds: Bounds::Sampled(checked(count, "RangePartitioner")), key, record: PhantomData }
    }

    fn bounds<R: Borrow<U>>(&self, records: &[R]) -> Vec<K>
    where
        K: Clone,
    {
        let count = match &self.bounds {
            Bounds::Given(bounds) => return bounds.clone(),
            Bounds::Sampled(count) => *count,
        };
        let step = records.len().div_ceil(count.saturating_mul(SAMPLE)).max(1);
        let mut sample: Vec<K> = records.iter().step_by(step).map(|record| (self.key)(record.borrow())).collect();
        sample.sort();
        let mut bounds: Vec<K> = (1..count).filter_map(|i| sample.get(i * sample.len() / count).cloned()).collect();
        bounds.dedup();
        bounds
    }

    fn place(&self, bounds: &[K], record: &U) -> usize {
        let key = (self.key)(record);
        bounds.partition_point(|bound| *bound <= key)
    }
}

impl<U: ?Sized, K: fmt::Debug, F> fmt::Debug for RangePartitioner<U, K, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RangePartitioner").field("bounds", &self.bounds).finish_non_exhaustive()
    }
}

impl<D, U: ?Sized, K: Ord + Clone, F: Fn(&U) -> K> Partitioner<D> for RangePartitioner<U, K, F>
where
    D: IntoIterator<Item: Send + Borrow<U>>,
{
    type Batch = Vec<D::Item>;

    fn partition(&self, data: D, _: usize) -> Vec<Part<Vec<D::Item>>> {
        let records: Vec<D::Item> = data.into_iter().collect();
        let bounds = self.bounds(&records);
        deal(records.into_iter(), bounds.len() + 1, |record| self.place(&bounds, record.borrow()))
    }

    fn parts(&self, data: D, workers: usize) -> Parts<Vec<D::Item>> {
        divisible(self.partition(data, workers))
    }

    fn divided(&self, data: D, _: usize) -> Parts<Vec<D::Item>> {
        let records: Vec<D::Item> = data.into_iter().collect();
        let bounds = self.bounds(&records);
        divided(records.into_iter(), bounds.len() + 1, |record| self.place(&bounds, record.borrow()))
    }

    fn counts(&self) -> bool {
        true
    }
}
