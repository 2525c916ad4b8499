#[cfg(feature = "checkpoint")]
use super::place::OpeningPlace;
use crate::source::csv::batch::Shape;
use crate::source::csv::dialect::Dialect;
use crate::source::csv::each::Opened;
use crate::source::csv::error::CsvError;
use crate::source::csv::input::MARK;
use crate::source::csv::scan::Scan;
use crate::source::followed::Followed;
use crate::stage::Inbox;
use csv::ByteRecord;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, Cursor};
use std::mem::needs_drop;
use std::path::Path;
use std::sync::Arc;

/// The records of a file that may grow: those that have an end.
#[derive(Debug)]
pub(in crate::source::csv) struct WholeRecords {
    pub(super) file: Followed,
    dialect: Dialect,
    pub(super) opening: Option<Opening>,
    scan: Scan,
    /// Up to which byte of the file it has been looked for the ends of records.
    scanned: u64,
    /// Before which bytes of the file records end that were not given yet.
    ends: VecDeque<u64>,
    /// Whether what was given last had an end.
    pub(super) ended: bool,
}

/// The first record of the file, whether it is the header or not.
#[derive(Debug)]
pub(super) struct Opening {
    shape: Arc<Shape>,
    #[cfg(feature = "checkpoint")]
    pub(super) place: OpeningPlace,
}

impl AsRef<Followed> for WholeRecords {
    fn as_ref(&self) -> &Followed {
        &self.file
    }
}

impl WholeRecords {
    pub(in crate::source::csv) fn open(path: &Path) -> io::Result<Self> {
        let (file, dialect) = (Followed::open(path)?, Dialect::default());
        let scan = Scan::new(dialect.delimiter);
        Ok(WholeRecords { file, dialect, opening: None, scan, scanned: 0, ends: VecDeque::new(), ended: true })
    }

    pub(in crate::source::csv) fn dialect(self, change: impl FnOnce(Dialect) -> Dialect) -> Self {
        let dialect = change(self.dialect);
        WholeRecords { dialect, scan: Scan::new(dialect.delimiter), ..self }
    }

    /// Reads a block more; how many bytes there were.
    ///
    /// # Errors
    /// Where the file cannot be read, has become shorter, or goes on after a record that was given without an end.
    pub(in crate::source::csv) fn read(&mut self) -> io::Result<usize> {
        let read = self.file.read()?;
        if read > 0 && !self.ended {
            let what = "what was taken for the last record, as it had no end, has been written on: let whole records be appended";
            return Err(self.file.error(what));
        }
        self.look();
        Ok(read)
    }

    /// Finds the ends of records in what has been read.
    fn look(&mut self) {
        let rest = self.file.rest();
        if self.scanned == 0 {
            // The reader of records ignores the mark of UTF-8 too, of which there may be only a part yet.
            if rest.len() < MARK.len() && MARK.starts_with(rest) {
                return;
            }
            self.scanned = if rest.starts_with(MARK) { MARK.len() as u64 } else { 0 };
        }
        let from = self.scanned;
        let piece = &rest[(from - self.file.offset()) as usize..];
        self.scan.piece(piece, |end| self.ends.push_back(from + end as u64));
        self.scanned += piece.len() as u64;
    }

    /// Gives up to so many records; whether there were any.
    pub(in crate::source::csv) fn give<T: DeserializeOwned>(
        &mut self,
        max: usize,
        inbox: &mut Inbox<Result<T, CsvError>>,
    ) -> io::Result<bool> {
        let shape = match (&self.opening, self.ends.front()) {
            (Some(opening), _) => Arc::clone(&opening.shape),
            (None, Some(end)) => self.read_opening(*end)?,
            (None, None) => return Ok(false),
        };
        let Some(last) = self.ends.len().min(max).checked_sub(1) else { return Ok(!self.ends.is_empty()) };
        let end = self.ends[last];
        self.ends.drain(..=last);
        let bytes = (end - self.file.offset()) as usize;
        let mut opened = self.opened(bytes, shape);
        while let Some(record) = opened.record(Some(self.file.path())) {
            inbox.push(record);
        }
        if needs_drop::<T>() {
            inbox.owns(bytes);
        }
        self.file.pass(bytes, last as u64 + 1);
        Ok(true)
    }

    /// Gives what is left as a record, if there is anything.
    pub(in crate::source::csv) fn give_last<T: DeserializeOwned>(&mut self, inbox: &mut Inbox<Result<T, CsvError>>) -> io::Result<()> {
        let end = self.file.offset() + self.file.rest().len() as u64;
        // A part of the mark of UTF-8 is no mark.
        let is_record = self.scan.in_record() || self.scanned < end;
        if is_record && !self.file.rest().is_empty() {
            self.ends.push_back(end);
            self.give(1, inbox)?;
            self.ended = false;
        }
        Ok(())
    }

    /// Reads the first record, which is passed if it is the header.
    fn read_opening(&mut self, end: u64) -> io::Result<Arc<Shape>> {
        let bytes = &self.file.rest()[..end as usize];
        let opening = self.opening_of(bytes)?;
        let shape = Arc::clone(&opening.shape);
        self.opening = Some(opening);
        if self.dialect.header {
            self.ends.pop_front();
            self.file.pass(end as usize, 0);
        }
        Ok(shape)
    }

    /// What the first record says of the others, out of the bytes of the file up to its end.
    pub(super) fn opening_of(&self, bytes: &[u8]) -> io::Result<Opening> {
        let failed =
            |message: &dyn std::fmt::Display| io::Error::new(io::ErrorKind::InvalidData, CsvError::header(Some(self.file.path()), message));
        let mut fields = ByteRecord::new();
        self.dialect.reader(bytes).read_byte_record(&mut fields).map_err(|error| failed(&error))?;
        let shape = Shape::new(fields, self.dialect).map_err(|error| failed(&error))?;
        Ok(Opening {
            shape: Arc::new(shape),
            #[cfg(feature = "checkpoint")]
            place: OpeningPlace::of(bytes),
        })
    }

    /// So many bytes of what has been read.
    fn opened(&self, bytes: usize, shape: Arc<Shape>) -> Opened<'static> {
        let (offset, rest) = (self.file.offset(), &self.file.rest()[..bytes]);
        // A line end before them changes nothing; but a mark of UTF-8 that begins them is not taken for that of the file.
        let before: &[u8] = if offset == 0 { b"" } else { b"\n" };
        let reader = self.dialect.reader(Cursor::new(Cow::Owned([before, rest].concat())));
        Opened::new(reader, offset.saturating_sub(1), self.file.records(), shape)
    }

    /// What is to be read begins anew where the file is.
    #[cfg(feature = "checkpoint")]
    pub(super) fn begin(&mut self, opening: Option<Opening>, ended: bool) {
        self.opening = opening;
        self.scan = Scan::new(self.dialect.delimiter);
        self.scanned = self.file.offset();
        self.ends.clear();
        self.ended = ended;
    }
}
