use super::batch::{CsvBatch, Shape};
use super::error::CsvError;
use super::input::MARK;
use super::records::CsvRecords;
use super::scan::Scan;
use crate::partition::{Chunks, part};
use crate::source::TextError;
use crate::stage::{Part, Partitioner};
use csv::ByteRecord;
use serde::de::DeserializeOwned;
use std::ops::Range;
use std::sync::Arc;

/// A batch to be.
struct Cut {
    bytes: Range<u64>,
    /// The number of its first record.
    first: u64,
    records: usize,
}

/// When a batch is full.
struct Full {
    bytes: u64,
    records: usize,
}

impl Full {
    fn of(&self, cut: &Cut) -> bool {
        cut.records >= self.records || cut.bytes.end - cut.bytes.start >= self.bytes
    }
}

/// The cuts of the data so far, the last one open.
struct Cuts {
    full: Full,
    /// Where the first record ends, whether it is the header or not.
    opening: Option<u64>,
    header: bool,
    done: Vec<Cut>,
    open: Cut,
}

impl Cuts {
    fn new(full: Full, header: bool) -> Self {
        Cuts { full, opening: None, header, done: Vec::new(), open: Cut { bytes: 0..0, first: 0, records: 0 } }
    }

    /// A record ends before byte `end`.
    fn record(&mut self, end: u64) {
        if self.opening.is_none() {
            self.opening = Some(end);
            if self.header {
                self.open.bytes = end..end;
                return;
            }
        }
        self.open.bytes.end = end;
        self.open.records += 1;
        if self.full.of(&self.open) {
            self.close();
        }
    }

    /// Ends the open batch, if there is anything in it, and begins the next.
    fn close(&mut self) {
        let Cut { bytes, first, records } = &self.open;
        let next = Cut { bytes: bytes.end..bytes.end, first: first + *records as u64, records: 0 };
        let full = std::mem::replace(&mut self.open, next);
        if full.records > 0 {
            self.done.push(full);
        }
    }
}

impl<'t, T> CsvRecords<'t, T> {
    /// Reads all data once.
    fn cuts(&self, chunks: &Chunks) -> (Cuts, Result<(), TextError>) {
        let full = match chunks.asked() {
            Some(records) => Full { bytes: u64::MAX, records },
            None => Full { bytes: self.input.block(), records: usize::MAX },
        };
        let mut cuts = Cuts::new(full, self.dialect.header);
        let mut scan = Scan::new(self.dialect.delimiter);
        let done = self.input.pieces(|offset, piece| {
            // The reader of records ignores the mark of UTF-8 too.
            let mark = if offset == 0 && piece.starts_with(MARK) { MARK.len() } else { 0 };
            scan.piece(&piece[mark..], |end| cuts.record(offset + (mark + end) as u64));
        });
        if done.is_ok() && scan.in_record() {
            cuts.record(self.input.len());
        }
        cuts.close();
        (cuts, done)
    }

    /// The names of the columns, and how many fields a record has.
    fn shape(&self, opening: u64) -> Result<Shape, CsvError> {
        let bytes = self.input.read(0..opening).map_err(|error| CsvError::read(0, error))?;
        let mut fields = ByteRecord::new();
        self.dialect.reader(&bytes[..]).read_byte_record(&mut fields).map_err(|error| CsvError::header(self.input.path(), error))?;
        Shape::new(fields, self.dialect).map_err(|error| CsvError::header(self.input.path(), error))
    }

    fn parts(self, chunks: &Chunks) -> Vec<Part<CsvBatch<'t, T>>> {
        let (cuts, done) = self.cuts(chunks);
        let next = cuts.open.first;
        let Some(opening) = cuts.opening else {
            return done.err().map(|error| part(0, 1, CsvBatch::failed(self.input, CsvError::read(0, error)))).into_iter().collect();
        };
        let shape = match self.shape(opening) {
            Ok(shape) => Arc::new(shape),
            Err(error) => return vec![part(0, 1, CsvBatch::failed(self.input, error))],
        };
        let batches = cuts.done.into_iter().enumerate();
        let batch = |cut: &Cut| CsvBatch::new(self.input.clone(), cut.bytes.clone(), cut.first, &shape);
        let mut parts: Vec<_> = batches.map(|(i, cut)| part(i, cut.records, batch(&cut))).collect();
        if let Err(error) = done {
            parts.push(part(parts.len(), 1, CsvBatch::failed(self.input, CsvError::read(next, error))));
        }
        parts
    }
}

impl<'t, T: DeserializeOwned> Partitioner<CsvRecords<'t, T>> for Chunks {
    type Batch = CsvBatch<'t, T>;

    fn partition(&self, data: CsvRecords<'t, T>, _: usize) -> Vec<Part<CsvBatch<'t, T>>> {
        data.parts(self)
    }
}
