use super::batch::Shape;
use super::error::{At, Column, CsvError, Wrong};
use super::input::Input;
use csv::{ErrorKind, Reader, StringRecord};
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::fmt;
use std::io::Cursor;
use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

/// The records of a [`CsvBatch`](crate::CsvBatch), one by one.
pub struct EachRecord<'t, T> {
    /// For errors, which name its path.
    input: Input<'t>,
    /// `None` after the one error of a batch that cannot be read.
    opened: Option<Result<Opened<'t>, CsvError>>,
    item: PhantomData<fn() -> T>,
}

impl<'t, T> EachRecord<'t, T> {
    pub(super) fn new(input: Input<'t>, opened: Result<Opened<'t>, CsvError>) -> Self {
        EachRecord { input, opened: Some(opened), item: PhantomData }
    }
}

impl<T: DeserializeOwned> Iterator for EachRecord<'_, T> {
    type Item = Result<T, CsvError>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.opened {
            Some(Ok(opened)) => opened.record(self.input.path()),
            _ => self.opened.take()?.err().map(Err),
        }
    }
}

impl<T: DeserializeOwned> FusedIterator for EachRecord<'_, T> {}

impl<T> fmt::Debug for EachRecord<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EachRecord").finish_non_exhaustive()
    }
}

/// A batch that is being read.
pub(super) struct Opened<'t> {
    reader: Reader<Cursor<Cow<'t, [u8]>>>,
    /// Where its bytes begin in the data.
    from: u64,
    /// The number of the next record.
    next: u64,
    shape: Arc<Shape>,
    fields: StringRecord,
}

impl<'t> Opened<'t> {
    pub(super) fn new(reader: Reader<Cursor<Cow<'t, [u8]>>>, from: u64, next: u64, shape: Arc<Shape>) -> Self {
        Opened { reader, from, next, shape, fields: StringRecord::new() }
    }

    /// The next record.
    pub(super) fn record<T: DeserializeOwned>(&mut self, path: Option<&Path>) -> Option<Result<T, CsvError>> {
        let begin = self.reader.position().byte();
        let read = self.reader.read_record(&mut self.fields);
        if matches!(read, Ok(false)) {
            return None;
        }
        let number = self.next;
        self.next += 1;
        Some(self.decode(read).map_err(|wrong| CsvError::record_at(At::new(path, number, self.place(begin)), wrong)))
    }

    fn decode<T: DeserializeOwned>(&self, read: csv::Result<bool>) -> Result<T, Wrong> {
        read.map_err(|error| self.wrong(&error))?;
        let (expected, found) = (self.shape.width, self.fields.len());
        if found != expected {
            return Err(Wrong::Width { expected, found });
        }
        self.fields.deserialize(self.shape.header.as_ref()).map_err(|error| self.wrong(&error))
    }

    fn wrong(&self, error: &csv::Error) -> Wrong {
        let (field, message) = match error.kind() {
            ErrorKind::Utf8 { err, .. } => return Wrong::Utf8 { column: self.column(err.field()) },
            ErrorKind::Deserialize { err, .. } => (err.field(), err.kind().to_string()),
            _ => (None, error.to_string()),
        };
        Wrong::Value { column: field.and_then(|field| usize::try_from(field).ok()).map(|field| self.column(field)), message }
    }

    fn column(&self, field: usize) -> Column {
        Column { field, name: self.shape.header.as_ref().and_then(|names| names.get(field)).map(str::to_owned) }
    }

    /// Where a record is in the data that begins at byte `begin` here, or after the empty lines that are there.
    fn place(&self, begin: u64) -> u64 {
        let bytes = self.reader.get_ref().get_ref().iter().skip(begin as usize);
        self.from + begin + bytes.take_while(|byte| matches!(byte, b'\r' | b'\n')).count() as u64
    }
}
