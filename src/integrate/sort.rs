use super::concat::concat;
use crate::data::Rope;
use crate::stage::{Arrival, Integrator};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;

/// Fewer values than this are sorted by one thread.
const SPLIT: usize = 32 * 1024;
/// About how many values are sorted together at the end: what a second-level cache holds.
const RANGE: usize = 64 * 1024;
/// How many values a sorted piece gives to the sample that the ranges are cut by.
const SAMPLE: usize = 64;

/// All values sorted; equal ones in the order of the data. As a verb: `.sort()`.
///
/// For floats, which have no total order of their own, sort by [`TotalOrder`](crate::TotalOrder).
///
/// Workers sort what they fold; then the sorted pieces are cut into ranges by a sample of the values, and each range is merged by itself
/// (a sample sort: Frazer and McKellar, 1970).
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

macro_rules! sorts {
    ([$($generics:tt)*] $sort:ty; |$self:ident, $a:ident, $b:ident| $compare:expr) => {
        impl<$($generics)*> Integrator<T> for $sort {
            type State = Rope<T>;
            type Output = Vec<T>;

            fn arrival(&self) -> Arrival {
                Arrival::InOrder
            }

            fn exact(&self) -> bool {
                true
            }

            fn init(&self) -> Rope<T> {
                Rope::default()
            }

            fn init_for(&self, expected: usize) -> Rope<T> {
                Rope::with_room(expected)
            }

            #[inline]
            fn fold(&self, state: &mut Rope<T>, value: T) {
                state.push(value);
            }

            fn merge(&self, state: &mut Rope<T>, other: Rope<T>) {
                state.append(other);
            }

            fn seal(&$self, state: &mut Rope<T>) {
                let piece = sorted(std::mem::take(state), |$a: &T, $b: &T| $compare);
                *state = Rope::from_pieces(vec![piece]);
            }

            fn weight(&self, state: &Rope<T>) -> usize {
                state.len()
            }

            fn combine(&$self, states: Vec<Rope<T>>) -> Rope<T> {
                combine(Rope::concat(states), &|$a: &T, $b: &T| $compare)
            }

            fn finish(&$self, state: Rope<T>) -> Vec<T> {
                sorted(state, |$a: &T, $b: &T| $compare)
            }
        }
    };
}

sorts!([T: Ord + Send] Sort; |self, a, b| a.cmp(b));
sorts!([T: Send + Borrow<U>, U: ?Sized, K: Ord, F: Fn(&U) -> K + Sync] SortByKey<U, F>;
    |self, a, b| (self.key)(a.borrow()).cmp(&(self.key)(b.borrow())));

/// One sorted vector. Where pieces are sorted already, the sort finds them as runs, and merges those.
fn sorted<T>(values: Rope<T>, compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    let mut values = values.into_vec();
    values.sort_by(compare);
    values
}

/// One sorted piece.
fn combine<T: Send>(values: Rope<T>, compare: &(impl Fn(&T, &T) -> Ordering + Sync)) -> Rope<T> {
    let len = values.len();
    let mut pieces = values.into_pieces();
    if pieces.len() < 2 || len < SPLIT || rayon::current_thread_index().is_none() {
        return Rope::from_pieces(vec![sorted(Rope::from_pieces(pieces), compare)]);
    }
    // Quick where they were sealed, and so are sorted already.
    pieces.par_iter_mut().for_each(|piece| piece.sort_by(compare));
    let cuts = cuts(&pieces, len.div_ceil(RANGE), compare);
    let cut: Vec<Vec<Vec<T>>> = pieces.into_par_iter().zip(cuts).map(|(piece, cuts)| cut(piece, &cuts)).collect();
    let ranges = transpose(cut);
    let ranges = ranges.into_par_iter().map(|range| sorted(Rope::from_pieces(range), compare)).collect();
    Rope::from_pieces(vec![concat(ranges)])
}

/// Where each sorted piece is to be cut: `ranges - 1` places a piece. Equal values fall into one range, so that they keep their order.
fn cuts<T>(pieces: &[Vec<T>], ranges: usize, compare: &impl Fn(&T, &T) -> Ordering) -> Vec<Vec<usize>> {
    let mut sample: Vec<&T> = pieces.iter().flat_map(|piece| piece.iter().step_by(piece.len().div_ceil(SAMPLE))).collect();
    sample.sort_by(|a, b| compare(a, b));
    let bounds: Vec<&T> = (1..ranges).map(|range| sample[range * sample.len() / ranges]).collect();
    let of_piece = |piece: &Vec<T>| bounds.iter().map(|bound| piece.partition_point(|value| compare(value, bound).is_lt())).collect();
    pieces.iter().map(of_piece).collect()
}

/// Cuts a piece from its end, so that each value is moved once.
fn cut<T>(mut piece: Vec<T>, cuts: &[usize]) -> Vec<Vec<T>> {
    let mut ranges: Vec<Vec<T>> = cuts.iter().rev().map(|&at| piece.split_off(at)).collect();
    ranges.push(piece);
    ranges.reverse();
    ranges
}

/// From pieces of ranges to ranges of pieces.
fn transpose<T>(pieces: Vec<Vec<T>>) -> Vec<Vec<T>> {
    let mut ranges: Vec<Vec<T>> = Vec::new();
    for piece in pieces {
        ranges.resize_with(piece.len(), Vec::new);
        ranges.iter_mut().zip(piece).for_each(|(range, part)| range.push(part));
    }
    ranges
}
