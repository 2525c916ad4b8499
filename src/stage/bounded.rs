use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

/// Bounded data: what [`Pipeline::over`](crate::Pipeline::over) takes.
///
/// What a pipeline over it sees is what `into_iter` on it gives: `&T` from what is borrowed, `T` from what is owned.
///
/// | data | a partitioner gets | a record is |
/// |---|---|---|
/// | `&[T]`, `&Vec<T>`, `&[T; N]`, `&Box<[T]>`, `&Arc<[T]>` | `&[T]` | `&T` |
/// | `Vec<T>`, `[T; N]` | `Vec<T>` | `T` |
/// | ranges of integers | the range | the integer |
/// | [`Lines`](crate::Lines) | the same | `&str` |
/// | [`TextFile`](crate::TextFile) | the same | `Result<String, TextError>` |
/// | `CsvRecords<T>`, of `Csv::of(text).records::<T>()` or `CsvFile::open(path)?.records::<T>()` (feature `csv`) | the same | `Result<T, CsvError>` |
///
/// # Example
/// Data of one's own, handed over as a slice:
/// ```
/// use microbatch::prelude::*;
///
/// struct Column { cells: Vec<f32> }
///
/// impl<'a> Bounded for &'a Column {
///     type Data = &'a [f32];
///     type Item = &'a f32;
///     fn into_data(self) -> &'a [f32] { &self.cells }
/// }
///
/// let column = Column { cells: vec![1.0, 2.5] };
/// assert_eq!(Pipeline::over(&column).integrator(Sum).run(), 3.5);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not data for `Pipeline::over`",
    label = "not bounded data",
    note = "`over` takes a borrowed slice (`&vec`, `&array`, `&data[..]`), an owned `Vec`, a range or text; for an iterator, a channel or a log use `Pipeline::stream(source)`"
)]
pub trait Bounded {
    /// What a partitioner gets.
    type Data;
    /// One record.
    type Item;
    /// Hands the data over.
    fn into_data(self) -> Self::Data;
}

macro_rules! slices {
    ($([$($generics:tt)*] $data:ty),* $(,)?) => { $(
        impl<'a, T: Sync, $($generics)*> Bounded for &'a $data {
            type Data = &'a [T];
            type Item = &'a T;
            fn into_data(self) -> &'a [T] {
                self
            }
        }
    )* };
}

slices!([] [T], [] &'a [T], [] Vec<T>, [] Box<[T]>, [] Arc<[T]>, [const N: usize] [T; N]);

impl<T: Send> Bounded for Vec<T> {
    type Data = Vec<T>;
    type Item = T;
    fn into_data(self) -> Vec<T> {
        self
    }
}

impl<T: Send, const N: usize> Bounded for [T; N] {
    type Data = Vec<T>;
    type Item = T;
    fn into_data(self) -> Vec<T> {
        self.into()
    }
}

macro_rules! ranges {
    ($($integer:ty),*) => { $(
        impl Bounded for Range<$integer> {
            type Data = Self;
            type Item = $integer;
            fn into_data(self) -> Self {
                self
            }
        }

        impl Bounded for RangeInclusive<$integer> {
            type Data = Self;
            type Item = $integer;
            fn into_data(self) -> Self {
                self
            }
        }
    )* };
}

ranges!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);
