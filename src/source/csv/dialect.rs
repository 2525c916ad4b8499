use csv::{Reader, ReaderBuilder};
use std::io::Read;

/// How the data are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    pub(super) delimiter: u8,
    pub(super) header: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Dialect { delimiter: b',', header: true }
    }
}

impl Dialect {
    pub(super) fn delimiter(self, delimiter: u8) -> Self {
        let possible = delimiter.is_ascii() && !matches!(delimiter, b'"' | b'\r' | b'\n');
        assert!(possible, "byte {delimiter} cannot delimit fields: give an ASCII character that is neither a quote nor a line end");
        Dialect { delimiter, ..self }
    }

    pub(super) fn without_header(self) -> Self {
        Dialect { header: false, ..self }
    }

    /// A reader of records alone: it never takes one for a header, and leaves their lengths to be checked.
    pub(super) fn reader<R: Read>(self, from: R) -> Reader<R> {
        ReaderBuilder::new().delimiter(self.delimiter).has_headers(false).flexible(true).from_reader(from)
    }
}
