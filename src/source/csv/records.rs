use super::batch::CsvBatch;
use super::dialect::Dialect;
use super::error::CsvError;
use super::input::Input;
use crate::partition::Chunks;
use crate::stage::{Bounded, Part, Partitioner};
use serde::de::DeserializeOwned;
use std::fmt;
use std::iter::FlatMap;
use std::marker::PhantomData;
use std::vec::IntoIter;

/// CSV whose records become `T`: made by [`Csv::records`](crate::Csv::records) and [`CsvFile::records`](crate::CsvFile::records).
///
/// A record is a `Result<T, CsvError>`: one that is malformed costs that record. `.try_map(|record| record)` brings errors before the failure
/// policy.
///
/// [`Chunks`] cuts where records end, never inside a quoted field: by default into batches as great as those of [`Lines`](crate::Lines) in
/// memory, and of [`CsvFile::block`](crate::CsvFile::block) bytes in files, up to the end of the record; `Chunks::of(n)` into batches of `n`
/// records. Only what is before a quote tells whether it begins a field, so that the cut reads all data once, on one thread. It is
/// much faster than the decoding, which is left to the workers.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
///
/// let text = "city,people\nBerlin,3\nRome,many\nParis,2\n";
/// let cities = Csv::of(text).records::<(String, u32)>();
/// let (people, stats) = Pipeline::over(cities)
///     .try_map(|record| record)
///     .on_failure(Skip)
///     .map(|(_, people)| people)
///     .integrator(Sum)
///     .try_run_with_stats()?;
/// assert_eq!((people, stats.failed), (5, 1));
/// # Ok::<(), RunError<CsvError>>(())
/// ```
pub struct CsvRecords<'t, T> {
    pub(super) input: Input<'t>,
    pub(super) dialect: Dialect,
    item: PhantomData<fn() -> T>,
}

impl<'t, T> CsvRecords<'t, T> {
    pub(super) fn new(input: Input<'t>, dialect: Dialect) -> Self {
        CsvRecords { input, dialect, item: PhantomData }
    }
}

impl<T> Clone for CsvRecords<'_, T> {
    fn clone(&self) -> Self {
        CsvRecords { input: self.input.clone(), ..*self }
    }
}

impl<T> fmt::Debug for CsvRecords<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvRecords").field("bytes", &self.input.len()).field("dialect", &self.dialect).finish_non_exhaustive()
    }
}

impl<'t, T: DeserializeOwned> Bounded for CsvRecords<'t, T> {
    type Data = Self;
    type Item = Result<T, CsvError>;

    fn into_data(self) -> Self {
        self
    }
}

impl<'t, T: DeserializeOwned> IntoIterator for CsvRecords<'t, T> {
    type Item = Result<T, CsvError>;
    type IntoIter = EveryRecord<'t, T>;

    fn into_iter(self) -> EveryRecord<'t, T> {
        let batch: fn(Part<CsvBatch<'t, T>>) -> CsvBatch<'t, T> = |part| part.batch;
        EveryRecord { batches: Chunks::default().partition(self, 1).into_iter().flat_map(batch) }
    }
}

/// The records of [`CsvRecords`], one by one.
pub struct EveryRecord<'t, T: DeserializeOwned> {
    batches: FlatMap<IntoIter<Part<CsvBatch<'t, T>>>, CsvBatch<'t, T>, fn(Part<CsvBatch<'t, T>>) -> CsvBatch<'t, T>>,
}

impl<T: DeserializeOwned> Iterator for EveryRecord<'_, T> {
    type Item = Result<T, CsvError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.batches.next()
    }
}

impl<T: DeserializeOwned> fmt::Debug for EveryRecord<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EveryRecord").finish_non_exhaustive()
    }
}
