use super::concat::concat;
use super::distribute::distribute;
use super::ranking::{ByKey, Natural, Ranking};
use super::splitters::Splitters;
use crate::data::Rope;
use crate::stage::{Arrival, Integrator, Values};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use rayon::slice::ParallelSlice;
use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;

/// Fewer values than this are sorted by one thread.
const SPLIT: usize = 8 * 1024;
/// Bytes of values that are sorted together at the end: a part of a second-level cache.
const RANGE: usize = 256 * 1024;
/// How many values are looked at together for whether they are in order.
const LOOK: usize = 16 * 1024;
/// .. and before the others.
const FEW: usize = 64;
/// The greatest number of ranges, as a power of two: more places to write to than the processor keeps track of would be slow.
const MOST_LEVELS: u32 = 9;

/// All values sorted; equal ones in the order of the data. As a verb: `.sort()`.
///
/// For floats, which have no total order of their own, sort by [`TotalOrder`](crate::TotalOrder).
///
/// A sample of the values cuts all of them into ranges that a cache holds, and each range is sorted by itself (a sample sort: Frazer and
/// McKellar, 1970). What is in order already is left as it is.
///
/// ```
/// use microbatch::prelude::*;
///
/// assert_eq!(Pipeline::over(vec![3, 1, 2]).integrator(Sort).run(), [1, 2, 3]);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Sort;

impl Sort {
    /// By a key. Name the record, whether it is borrowed or owned: `|t: &Trade|`. As a verb: `.sort_by_key(|t| ..)`.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let by_length = Sort::by_key(|w: &&str| w.len());
    /// assert_eq!(Pipeline::over(["ccc", "a", "bb"]).integrator(by_length).run(), ["a", "bb", "ccc"]);
    /// ```
    pub fn by_key<U: ?Sized, K: Ord, F: Fn(&U) -> K>(key: F) -> SortByKey<U, F> {
        SortByKey { key, record: PhantomData }
    }
}

/// All values sorted by a key: see [`Sort::by_key`].
#[derive(Clone, Copy)]
pub struct SortByKey<U: ?Sized, F> {
    key: F,
    record: PhantomData<fn(&U)>,
}

impl<U: ?Sized, F> fmt::Debug for SortByKey<U, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SortByKey")
    }
}

/// What is to be sorted.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "checkpoint", derive(serde::Serialize, serde::Deserialize))]
pub struct Sorting<T> {
    values: Rope<T>,
    /// Whether it is.
    sorted: bool,
}

impl<T> Sorting<T> {
    fn new(values: Rope<T>) -> Self {
        Sorting { values, sorted: false }
    }
}

macro_rules! sorts {
    ([$($generics:tt)*] $sort:ty; |$self:ident| $ranking:expr) => {
        impl<$($generics)*> Integrator<T> for $sort {
            type State = Sorting<T>;
            type Output = Vec<T>;

            fn arrival(&self) -> Arrival {
                Arrival::InOrder
            }

            fn exact(&self) -> bool {
                true
            }

            fn init(&self) -> Sorting<T> {
                Sorting::new(Rope::default())
            }

            fn init_for(&self, expected: usize) -> Sorting<T> {
                Sorting::new(Rope::with_room(expected))
            }

            #[inline]
            fn fold(&self, state: &mut Sorting<T>, value: T) {
                state.values.push(value);
            }

            fn merge(&self, state: &mut Sorting<T>, other: Sorting<T>) {
                state.values.append(other.values);
                state.sorted = false;
            }

            fn weight(&self, state: &Sorting<T>) -> usize {
                state.values.len()
            }

            fn combine(&$self, states: Vec<Sorting<T>>) -> Sorting<T> {
                let values = Rope::concat(states.into_iter().map(|state| state.values).collect());
                if values.len() < SPLIT || rayon::current_thread_index().is_none() {
                    return Sorting::new(values);
                }
                let values = sort(concat(values.into_pieces()), &$ranking);
                Sorting { values: Rope::from_pieces(vec![values]), sorted: true }
            }

            fn whole(&$self, values: &mut dyn Values<T>) -> Option<Sorting<T>> {
                let mut state = Some(Sorting::new(Rope::from_pieces(vec![values.all()?])));
                let weight = state.as_ref().map_or(0, |state| state.values.len());
                values.split(weight, &mut || state = state.take().map(|state| $self.combine(vec![state])));
                state
            }

            fn finish(&$self, state: Sorting<T>) -> Vec<T> {
                let mut values = state.values.into_vec();
                if !state.sorted {
                    $ranking.sort(&mut values);
                }
                values
            }
        }
    };
}

sorts!([T: Ord + Send + Sync] Sort; |self| Natural);
sorts!([T: Send + Sync + Borrow<U>, U: ?Sized, K: Ord, F: Fn(&U) -> K + Sync] SortByKey<U, F>; |self| ByKey::new(&self.key));

/// Sorts on all threads of the pool.
fn sort<T: Send + Sync>(mut values: Vec<T>, ranking: &impl Ranking<T>) -> Vec<T> {
    if is_throughout(&values, |a, b| ranking.key(a) <= ranking.key(b)) {
        return values;
    }
    // Equal values would be reversed too.
    if is_throughout(&values, |a, b| ranking.key(a) > ranking.key(b)) {
        values.reverse();
        return values;
    }
    let levels = levels::<T>(values.len());
    let (mut values, sizes) = distribute(values, |values| Splitters::of(values, levels, ranking), ranking);
    let mut rest = &mut values[..];
    let ranges: Vec<&mut [T]> = sizes.into_iter().filter_map(|size| rest.split_off_mut(..size)).collect();
    ranges.into_par_iter().with_max_len(1).for_each(|range| ranking.sort(range));
    values
}

/// Whether all neighbours are like this. Mostly the first few tell that they are not.
fn is_throughout<T: Sync>(values: &[T], alike: impl Fn(&T, &T) -> bool + Sync) -> bool {
    if !values[..values.len().min(FEW)].is_sorted_by(&alike) {
        return false;
    }
    values.par_chunks(LOOK).enumerate().all(|(n, chunk)| {
        let next = values.get(n * LOOK + chunk.len());
        chunk.is_sorted_by(&alike) && next.is_none_or(|next| alike(&chunk[chunk.len() - 1], next))
    })
}

/// Into how many ranges, as a power of two: so that a cache holds each, and that no thread is without one.
fn levels<T>(len: usize) -> u32 {
    let by_size = len.saturating_mul(size_of::<T>()) / RANGE;
    let by_threads = 8 * rayon::current_num_threads();
    by_size.max(by_threads).next_power_of_two().ilog2().min(MOST_LEVELS)
}
