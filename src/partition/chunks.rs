use super::deal::part;
use crate::stage::{Part, Partitioner, Parts};
use std::num::NonZeroUsize;
use std::ops::{Range, RangeInclusive};

/// Into at most about this many batches by default.
const BATCHES: usize = 128;
/// Default batches hold at least this many records, where there are so many ..
const LEAST: usize = 4096;
/// .. and at most this many, about a millisecond of light work.
const MOST: usize = 64 * 1024;
/// More batches than this would fill memory with their own places.
const MANY: usize = 1 << 20;

/// Consecutive records: of ten in batches of three, `1 2 3`, `4 5 6`, `7 8 9`, `10`.
///
/// The default partitioner, with a size that suits the length of the data: 4,096 records at least, 65,536 at most. Slices and ranges of which
/// steps see one record at a time are cut finer by the engine, into 128 batches of at least 64 records. Where the work for one record is
/// heavy, say how many make a batch: `Chunks::of(1)` gives each record to whichever thread is free.
///
/// ```
/// use microbatch::prelude::*;
///
/// let numbers: Vec<u64> = (1..=10).collect();
/// let sums = Pipeline::over(&numbers).partitioner(Chunks::of(3)).process(|batch| batch.iter().sum::<u64>()).run();
/// assert_eq!(sums, [6, 15, 24, 10]);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Chunks {
    /// `None`: by the length of the data.
    size: Option<NonZeroUsize>,
}

impl Chunks {
    /// `size` records a batch; the last may have fewer.
    ///
    /// # Panics
    /// If `size` is 0.
    pub const fn of(size: usize) -> Self {
        match NonZeroUsize::new(size) {
            Some(size) => Chunks { size: Some(size) },
            None => panic!("a batch of 0 records never ends the data: give a size of at least 1"),
        }
    }

    /// The size of a batch of data of this length.
    fn size(&self, len: usize) -> usize {
        self.size.map_or_else(|| len.div_ceil(BATCHES).clamp(LEAST, MOST.max(len / MANY)), NonZeroUsize::get)
    }

    /// Data of this length, cut when batches are wanted.
    fn even<B>(&self, data: B, len: usize, split: fn(B, usize) -> (B, B)) -> Parts<B> {
        let parts = Parts::even(data, len, self.size(len), split);
        if self.size.is_none() { parts.freely() } else { parts }
    }

    /// The size that was asked for, where one was.
    pub(crate) fn asked(&self) -> Option<usize> {
        self.size.map(NonZeroUsize::get)
    }
}

impl<'a, T: Sync> Partitioner<&'a [T]> for Chunks {
    type Batch = &'a [T];

    fn partition(&self, data: &'a [T], workers: usize) -> Vec<Part<&'a [T]>> {
        self.parts(data, workers).into_vec()
    }

    fn parts(&self, data: &'a [T], _: usize) -> Parts<&'a [T]> {
        self.even(data, data.len(), <[T]>::split_at)
    }

    fn counts(&self) -> bool {
        true
    }
}

impl<T: Send> Partitioner<Vec<T>> for Chunks {
    type Batch = Vec<T>;

    fn partition(&self, data: Vec<T>, _: usize) -> Vec<Part<Vec<T>>> {
        let mut parts = Vec::new();
        let size = self.size(data.len());
        cut(data, size, &mut parts);
        parts
    }

    fn counts(&self) -> bool {
        true
    }

    fn pieces(&self, pieces: Vec<Vec<T>>, size: usize) -> Result<Parts<Vec<T>>, Vec<Vec<T>>> {
        if self.size.is_some() {
            return Err(pieces);
        }
        let mut parts = Vec::with_capacity(pieces.len());
        pieces.into_iter().for_each(|piece| cut(piece, size, &mut parts));
        Ok(parts.into())
    }
}

/// Cuts a vector into parts of so many records: from the end, so that each is moved once; the first part keeps the vector.
fn cut<T>(mut data: Vec<T>, size: usize, parts: &mut Vec<Part<Vec<T>>>) {
    if data.is_empty() {
        return;
    }
    let (before, last) = (parts.len(), (data.len() - 1) / size);
    parts.reserve(last + 1);
    for i in (1..=last).rev() {
        let batch = data.split_off(i * size);
        parts.push(part(before + i, batch.len(), batch));
    }
    parts.push(part(before, data.len(), data));
    parts[before..].reverse();
}

/// How far it is from `first` to `last`, which is not before it; more than a `usize` holds counts as its greatest value.
macro_rules! distance {
    ($first:expr, $last:expr) => {
        usize::try_from($last.abs_diff($first)).unwrap_or(usize::MAX)
    };
}

macro_rules! ranges {
    ($($integer:ty),*) => { $(
        impl Partitioner<Range<$integer>> for Chunks {
            type Batch = Range<$integer>;

            fn partition(&self, data: Range<$integer>, workers: usize) -> Vec<Part<Self::Batch>> {
                self.parts(data, workers).into_vec()
            }

            fn parts(&self, data: Range<$integer>, _: usize) -> Parts<Self::Batch> {
                let len = if data.is_empty() { 0 } else { distance!(data.start, data.end) };
                // Signed integers wrap around to the right place.
                self.even(data, len, |data, at| {
                    let middle = data.start.wrapping_add(at as $integer);
                    (data.start..middle, middle..data.end)
                })
            }

            fn counts(&self) -> bool {
                true
            }
        }

        impl Partitioner<RangeInclusive<$integer>> for Chunks {
            type Batch = RangeInclusive<$integer>;

            fn partition(&self, data: RangeInclusive<$integer>, _: usize) -> Vec<Part<Self::Batch>> {
                if data.is_empty() {
                    return Vec::new();
                }
                let (mut first, last) = data.into_inner();
                let size = self.size(distance!(first, last).saturating_add(1));
                let mut parts = Vec::new();
                loop {
                    // How far the batch reaches beyond its first record. Signed integers wrap around to the right place.
                    let reach = distance!(first, last).min(size - 1);
                    let end = first.wrapping_add(reach as $integer);
                    parts.push(part(parts.len(), reach + 1, first..=end));
                    if end == last {
                        return parts;
                    }
                    first = end + 1;
                }
            }

            fn parts(&self, data: RangeInclusive<$integer>, workers: usize) -> Parts<Self::Batch> {
                let len = if data.is_empty() { 0 } else { distance!(*data.start(), *data.end()).saturating_add(1) };
                if len == usize::MAX {
                    // All integers of 64 bits are one more than can be counted.
                    return self.partition(data, workers).into();
                }
                self.even(data, len, |data, at| {
                    let middle = data.start().wrapping_add(at as $integer);
                    (*data.start()..=middle - 1, middle..=*data.end())
                })
            }

            fn counts(&self) -> bool {
                true
            }
        }
    )* };
}

ranges!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);
