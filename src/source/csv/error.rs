use crate::source::TextError;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A record of CSV that cannot be had. Opaque: ask with the `is_` methods. An error of reading the file is its
/// [`source`](std::error::Error::source).
///
/// ```
/// use microbatch::prelude::*;
///
/// let text = "city,people\nBerlin,3\nRome,many\n";
/// let failed = Pipeline::over(Csv::of(text).records::<(String, u32)>()).try_map(|record| record).integrator(Count).try_run();
/// let error = failed.unwrap_err().into_error().unwrap();
/// assert!(error.is_value());
/// assert_eq!((error.record(), error.offset(), error.field(), error.column()), (Some(1), Some(21), Some(1), Some("people")));
/// assert_eq!(
///     error.to_string(),
///     "record 1, at byte 21: field 1, `people`: invalid digit found in string: correct it, or read it as a type that takes it"
/// );
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct CsvError(Arc<CsvErrorKind>);

#[derive(Debug, thiserror::Error)]
enum CsvErrorKind {
    #[error("{source}")]
    Open { source: TextError },
    #[error("record {record} and those after it: {source}")]
    Read { record: u64, source: TextError },
    #[error("the header{} cannot be read: {message}: correct it, or say that there is none", Of(path))]
    Header { path: Option<PathBuf>, message: String },
    #[error("{at}: {wrong}")]
    Record { at: At, wrong: Wrong },
}

impl CsvError {
    pub(super) fn header(path: Option<&Path>, message: impl fmt::Display) -> Self {
        CsvErrorKind::Header { path: path.map(Path::to_path_buf), message: message.to_string() }.into()
    }

    pub(super) fn record_at(at: At, wrong: Wrong) -> Self {
        CsvErrorKind::Record { at, wrong }.into()
    }

    /// The file could not be read from some record on.
    pub(super) fn read(record: u64, source: TextError) -> Self {
        CsvErrorKind::Read { record, source }.into()
    }

    /// The error of reading the file.
    fn text(&self) -> Option<&TextError> {
        match &*self.0 {
            CsvErrorKind::Open { source } | CsvErrorKind::Read { source, .. } => Some(source),
            CsvErrorKind::Header { .. } | CsvErrorKind::Record { .. } => None,
        }
    }

    fn wrong(&self) -> Option<(&At, &Wrong)> {
        match &*self.0 {
            CsvErrorKind::Record { at, wrong } => Some((at, wrong)),
            _ => None,
        }
    }

    /// Whether the file cannot be opened or read: [`TextError::is_io`], [`TextError::is_not_a_file`].
    pub fn is_io(&self) -> bool {
        self.text().is_some_and(|text| text.is_io() || text.is_not_a_file())
    }

    /// Whether the file was shorter when it was read than when it was opened.
    pub fn is_shrunk(&self) -> bool {
        self.text().is_some_and(TextError::is_shrunk)
    }

    /// Whether the header cannot be read.
    pub fn is_header(&self) -> bool {
        matches!(*self.0, CsvErrorKind::Header { .. })
    }

    /// Whether a field is not UTF-8.
    pub fn is_utf8(&self) -> bool {
        matches!(self.wrong(), Some((_, Wrong::Utf8 { .. })))
    }

    /// Whether the record has more or fewer fields than the header, or than the first record where there is no header.
    pub fn is_width(&self) -> bool {
        matches!(self.wrong(), Some((_, Wrong::Width { .. })))
    }

    /// Whether the type that was asked for does not take the record.
    pub fn is_value(&self) -> bool {
        matches!(self.wrong(), Some((_, Wrong::Value { .. })))
    }

    /// The file, where it is one.
    pub fn path(&self) -> Option<&Path> {
        match &*self.0 {
            CsvErrorKind::Open { source } | CsvErrorKind::Read { source, .. } => Some(source.path()),
            CsvErrorKind::Header { path, .. } => path.as_deref(),
            CsvErrorKind::Record { at, .. } => at.path.as_deref(),
        }
    }

    /// The number of the record in the data, from 0, the header not counted; where the file cannot be read, of the first that is lost.
    pub fn record(&self) -> Option<u64> {
        match &*self.0 {
            CsvErrorKind::Open { .. } | CsvErrorKind::Header { .. } => None,
            CsvErrorKind::Read { record, .. } => Some(*record),
            CsvErrorKind::Record { at, .. } => Some(at.record),
        }
    }

    /// The byte of the data, from 0, where the record begins; where the file cannot be read, the byte that could not be had.
    pub fn offset(&self) -> Option<u64> {
        self.wrong().map(|(at, _)| at.offset).or_else(|| self.text()?.offset())
    }

    /// The field in the record, from 0, where it is known.
    pub fn field(&self) -> Option<usize> {
        self.wrong()?.1.column().map(|column| column.field)
    }

    /// What the header calls the field.
    pub fn column(&self) -> Option<&str> {
        self.wrong()?.1.column()?.name.as_deref()
    }
}

impl From<CsvErrorKind> for CsvError {
    fn from(kind: CsvErrorKind) -> Self {
        CsvError(Arc::new(kind))
    }
}

impl From<TextError> for CsvError {
    fn from(source: TextError) -> Self {
        CsvErrorKind::Open { source }.into()
    }
}

/// Where a record is.
#[derive(Debug)]
pub(super) struct At {
    path: Option<PathBuf>,
    record: u64,
    offset: u64,
}

impl At {
    pub(super) fn new(path: Option<&Path>, record: u64, offset: u64) -> Self {
        At { path: path.map(Path::to_path_buf), record, offset }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}, at byte {}{}", self.record, self.offset, Of(&self.path))
    }
}

/// The file, where it is one.
struct Of<'p>(&'p Option<PathBuf>);

impl fmt::Display for Of<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |path| write!(f, " of `{}`", path.display()))
    }
}

/// What is wrong with a record.
#[derive(Debug)]
pub(super) enum Wrong {
    Utf8 { column: Column },
    Width { expected: usize, found: usize },
    Value { column: Option<Column>, message: String },
}

impl Wrong {
    fn column(&self) -> Option<&Column> {
        match self {
            Wrong::Utf8 { column } => Some(column),
            Wrong::Width { .. } => None,
            Wrong::Value { column, .. } => column.as_ref(),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(column) = self.column() {
            write!(f, "{column}: ")?;
        }
        match self {
            Wrong::Utf8 { .. } => f.write_str("not UTF-8: convert the file, or leave such records out"),
            Wrong::Width { expected, found } => {
                write!(f, "{found} fields instead of {expected}: mend it, and quote fields that hold a delimiter or a line end")
            }
            Wrong::Value { message, .. } => write!(f, "{message}: correct it, or read it as a type that takes it"),
        }
    }
}

/// A column, as errors name it.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) field: usize,
    pub(super) name: Option<String>,
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "field {}", self.field)?;
        self.name.as_ref().map_or(Ok(()), |name| write!(f, ", `{name}`"))
    }
}
