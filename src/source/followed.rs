#[cfg(feature = "checkpoint")]
mod place;

use super::disk;
use crate::stage::Inbox;
use memchr::memchr;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

#[cfg(feature = "checkpoint")]
pub use place::FilePlace;

/// How much is read at once.
const BLOCK: usize = 64 * 1024;
/// How many bytes of the beginning, and before a place, tell one file from another.
const PRINT: usize = 512;

/// A file that is read block by block, and may grow meanwhile.
#[derive(Debug)]
pub(super) struct Followed {
    path: PathBuf,
    file: File,
    /// What was read and is not given yet.
    rest: Vec<u8>,
    /// How many bytes of the rest have been looked through for the end of a line.
    searched: usize,
    /// Records and bytes that have been given.
    records: u64,
    offset: u64,
    /// The first bytes of the file, and the last that have been given.
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl AsRef<Followed> for Followed {
    fn as_ref(&self) -> &Followed {
        self
    }
}

impl Followed {
    /// From the beginning of a regular file.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        // A pipe would not be opened before its other end is, and a directory cannot be read.
        disk::check(path).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let file = File::open(path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
        let (head, tail) = (Vec::new(), Vec::new());
        Ok(Followed { path: path.to_path_buf(), file, rest: Vec::new(), searched: 0, records: 0, offset: 0, head, tail })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// How many records have been given.
    #[cfg(feature = "csv")]
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// What was read and is not given yet.
    pub(super) fn rest(&self) -> &[u8] {
        &self.rest
    }

    /// Reads a block more; how many bytes there were.
    ///
    /// # Errors
    /// Where the file cannot be read, or has become shorter.
    pub(super) fn read(&mut self) -> io::Result<usize> {
        let read = (&self.file).take(BLOCK as u64).read_to_end(&mut self.rest)?;
        if read == 0 && self.file.metadata()?.len() < self.offset + self.rest.len() as u64 {
            return Err(self.error("the file has become shorter: a file that is followed may only grow"));
        }
        Ok(read)
    }

    /// A last line that was given without an end must not have been written on, where more has been read.
    pub(super) fn check_line_end(&self) -> io::Result<()> {
        if self.offset == 0 || self.tail.last() == Some(&b'\n') {
            return Ok(());
        }
        Err(self.error("what was taken for the last line, as it had no end, has been written on: let whole lines be appended"))
    }

    /// Gives lines that have an end, up to so many, without their ends; how many there were.
    pub(super) fn lines(&mut self, max: usize, mut give: impl FnMut(&str)) -> io::Result<usize> {
        let (mut start, mut given) = (0, 0);
        let mut done = Ok(());
        while given < max {
            let from = start.max(self.searched);
            let Some(end) = memchr(b'\n', &self.rest[from..]).map(|found| from + found) else {
                self.searched = self.rest.len();
                break;
            };
            done = text(&self.rest[start..end]).map(&mut give).map_err(|error| self.bad_line(given, start, error));
            if done.is_err() {
                break;
            }
            (start, given) = (end + 1, given + 1);
        }
        self.pass(start, given as u64);
        done.map(|()| given)
    }

    /// Gives what is left as a line, if there is anything.
    pub(super) fn last_line(&mut self, give: impl FnOnce(&str)) -> io::Result<()> {
        if self.rest.is_empty() {
            return Ok(());
        }
        text(&self.rest).map(give).map_err(|error| self.bad_line(0, 0, error))?;
        self.pass(self.rest.len(), 1);
        Ok(())
    }

    fn bad_line(&self, given: usize, start: usize, error: std::str::Utf8Error) -> io::Error {
        let place = format!("{}, line {}, byte {}", self.path.display(), self.records + given as u64, self.offset + start as u64);
        io::Error::new(io::ErrorKind::InvalidData, format!("{place}: {error}: convert the file to UTF-8"))
    }

    /// The first bytes of the rest have been given, as so many records.
    pub(super) fn pass(&mut self, bytes: usize, records: u64) {
        let given = &self.rest[..bytes];
        self.head.extend_from_slice(&given[..bytes.min(PRINT - self.head.len())]);
        self.tail.extend_from_slice(&given[bytes.saturating_sub(PRINT)..]);
        self.tail.drain(..self.tail.len().saturating_sub(PRINT));
        self.rest.drain(..bytes);
        self.searched = self.searched.saturating_sub(bytes);
        self.offset += bytes as u64;
        self.records += records;
    }

    /// An error that names the file and the place.
    pub(super) fn error(&self, what: impl Display) -> io::Error {
        let place = format!("{}, record {}, byte {}", self.path.display(), self.records, self.offset);
        io::Error::new(io::ErrorKind::InvalidData, format!("{place}: {what}"))
    }
}

/// Puts a line into an inbox.
pub(super) fn put_line(inbox: &mut Inbox<String>, line: &str) {
    inbox.push(line.to_string());
    inbox.owns(line.len());
}

/// A line without the rest of its end.
fn text(line: &[u8]) -> Result<&str, std::str::Utf8Error> {
    std::str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line))
}
