use super::{Followed, PRINT};
use crate::data::fixed_hash;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Seek, SeekFrom};

/// A place in a file, and what is to be found there.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct FilePlace {
    /// How many bytes are before it.
    pub(in crate::source) offset: u64,
    /// How many records are.
    records: u64,
    /// Of the bytes at the beginning of the file and before the place.
    print: u64,
}

impl Followed {
    /// The place after what has been given.
    pub(in crate::source) fn place(&self) -> FilePlace {
        FilePlace { offset: self.offset, records: self.records, print: self.print() }
    }

    fn print(&self) -> u64 {
        fixed_hash(&(&self.head[..], &self.tail[..]))
    }

    /// Goes to a place.
    ///
    /// # Errors
    /// Where the file is shorter, or other bytes are before the place than were.
    pub(in crate::source) fn seek(&mut self, place: FilePlace) -> io::Result<()> {
        let (path, len) = (self.path.display().to_string(), self.file.metadata()?.len());
        let refused = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
        if len < place.offset {
            let what = "bring back the file that was read, or start anew with another checkpoint";
            return Err(refused(format!("{path} has {len} bytes, and was read up to byte {} before: {what}", place.offset)));
        }
        let known = place.offset.min(PRINT as u64);
        self.head = self.bytes(0, known)?;
        self.tail = self.bytes(place.offset - known, known)?;
        if self.print() != place.print {
            let what = "it is another file, or was changed; bring back the one that was read, or start anew with another checkpoint";
            return Err(refused(format!("{path} has other bytes before byte {} than were read: {what}", place.offset)));
        }
        self.file.seek(SeekFrom::Start(place.offset))?;
        self.rest.clear();
        (self.searched, self.offset, self.records) = (0, place.offset, place.records);
        Ok(())
    }

    /// The first bytes of the file.
    #[cfg(feature = "csv")]
    pub(in crate::source) fn beginning(&mut self, count: u64) -> io::Result<Vec<u8>> {
        let bytes = self.bytes(0, count)?;
        self.file.seek(SeekFrom::Start(self.offset + self.rest.len() as u64))?;
        Ok(bytes)
    }

    fn bytes(&mut self, from: u64, count: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count as usize];
        self.file.seek(SeekFrom::Start(from))?;
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// How many bytes the file has now.
    pub(in crate::source) fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }
}
