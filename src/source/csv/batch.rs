use super::dialect::Dialect;
use super::each::{EachRecord, Opened};
use super::error::CsvError;
use super::input::Input;
use csv::{ByteRecord, StringRecord};
use serde::de::DeserializeOwned;
use std::fmt;
use std::io::Cursor;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

/// What all records have in common.
#[derive(Debug)]
pub(super) struct Shape {
    dialect: Dialect,
    /// The names of the columns, where there is a header.
    pub(super) header: Option<StringRecord>,
    /// How many fields a record has.
    pub(super) width: usize,
}

impl Shape {
    /// `opening` is the first record of the data, whether it is the header or not.
    pub(super) fn new(opening: ByteRecord, dialect: Dialect) -> Result<Self, csv::FromUtf8Error> {
        let width = opening.len();
        let header = if dialect.header { Some(StringRecord::from_byte_record(opening)?) } else { None };
        Ok(Shape { dialect, header, width })
    }
}

/// Consecutive records of CSV, not read yet: one batch of [`CsvRecords`](crate::CsvRecords).
///
/// It is read when it is iterated over, again for each clone.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
///
/// let records = Csv::of("city,people\nBerlin,3\nRome,x\nParis,2\n").records::<(String, u32)>();
/// let batches = Chunks::of(2).partition(records, 1);
/// assert_eq!(batches.len(), 2);
/// let first: Vec<_> = batches[0].batch.clone().into_iter().collect();
/// assert_eq!(first[0].as_ref().ok(), Some(&("Berlin".to_string(), 3)));
/// assert_eq!(first[1].as_ref().unwrap_err().column(), Some("people"));
/// ```
pub struct CsvBatch<'t, T> {
    input: Input<'t>,
    bytes: Range<u64>,
    /// The number of the first record.
    first: u64,
    plan: Plan,
    item: PhantomData<fn() -> T>,
}

/// What there is to do.
#[derive(Clone, Debug)]
enum Plan {
    Read(Arc<Shape>),
    Fail(CsvError),
}

impl<'t, T> CsvBatch<'t, T> {
    pub(super) fn new(input: Input<'t>, bytes: Range<u64>, first: u64, shape: &Arc<Shape>) -> Self {
        CsvBatch { input, bytes, first, plan: Plan::Read(Arc::clone(shape)), item: PhantomData }
    }

    /// A batch that gives nothing but this error.
    pub(super) fn failed(input: Input<'t>, error: CsvError) -> Self {
        CsvBatch { input, bytes: 0..0, first: 0, plan: Plan::Fail(error), item: PhantomData }
    }

    fn open(&self, shape: Arc<Shape>) -> Result<Opened<'t>, CsvError> {
        // The byte before is a line end, which changes nothing; but a mark of UTF-8 that begins the batch is not taken for that of the file.
        let from = self.bytes.start.saturating_sub(1);
        let bytes = self.input.read(from..self.bytes.end).map_err(|error| CsvError::read(self.first, error))?;
        let reader = shape.dialect.reader(Cursor::new(bytes));
        Ok(Opened::new(reader, from, self.first, shape))
    }
}

impl<T> Clone for CsvBatch<'_, T> {
    fn clone(&self) -> Self {
        CsvBatch { input: self.input.clone(), bytes: self.bytes.clone(), plan: self.plan.clone(), ..*self }
    }
}

impl<T> fmt::Debug for CsvBatch<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvBatch").field("bytes", &self.bytes).field("first", &self.first).finish_non_exhaustive()
    }
}

impl<'t, T: DeserializeOwned> IntoIterator for CsvBatch<'t, T> {
    type Item = Result<T, CsvError>;
    type IntoIter = EachRecord<'t, T>;

    fn into_iter(self) -> EachRecord<'t, T> {
        let opened = match &self.plan {
            Plan::Read(shape) => self.open(Arc::clone(shape)),
            Plan::Fail(error) => Err(error.clone()),
        };
        EachRecord::new(self.input, opened)
    }
}
