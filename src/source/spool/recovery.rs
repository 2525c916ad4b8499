use super::error::SpoolError;
use super::frame::{Found, Frame, Head};
use super::identity::Identity;
use super::segment::Segment;
use crate::saved::crc32;
use std::fs::{self, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Up to where frames were synced, as was noted last: not synced itself, so that after the machine has stopped it may be of some time before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Mark {
    first: u64,
    bytes: u64,
}

impl Mark {
    pub(super) fn of(segment: &Segment) -> Self {
        Mark { first: segment.first, bytes: segment.bytes }
    }

    /// Writes it over the one that was there.
    pub(super) fn write(self, file: &mut fs::File) -> io::Result<()> {
        let mut bytes = [self.first.to_le_bytes(), self.bytes.to_le_bytes()].concat();
        bytes.extend_from_slice(&crc32(&bytes).to_le_bytes());
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&bytes)
    }

    /// The one that was written, if it is whole.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (numbers, sum) = bytes.split_at_checked(16)?;
        let (first, last) = numbers.split_at(8);
        let is_whole = sum == crc32(numbers).to_le_bytes();
        is_whole.then_some(Mark { first: u64::from_le_bytes(first.try_into().ok()?), bytes: u64::from_le_bytes(last.try_into().ok()?) })
    }
}

/// What a folder holds.
#[derive(Debug)]
pub(super) struct Recovered {
    pub(super) identity: Identity,
    pub(super) segments: Vec<Segment>,
}

/// Reads each segment of a folder; the last is cut off after its last whole frame where no more was ever acknowledged.
pub(super) fn recover(folder: &Path, mark: Mark) -> Result<Recovered, SpoolError> {
    let numbers = Segment::all(folder).map_err(|error| SpoolError::failed(folder, error))?;
    let mut identity = None;
    let mut segments: Vec<Segment> = Vec::new();
    for (i, first) in numbers.iter().enumerate() {
        if let Some(before) = segments.last()
            && before.next != *first
        {
            return Err(SpoolError::damaged(folder, format_args!("records {} to {first} are not there", before.next)));
        }
        let file = Read::of(folder, *first, i + 1 == numbers.len())?;
        let known = *identity.get_or_insert(file.identity);
        if file.identity != known {
            return Err(SpoolError::damaged(
                &file.path,
                format_args!("it is of spool {}, and those before it are of {known}", file.identity),
            ));
        }
        segments.push(file.segment(mark)?);
    }
    if segments.last().is_none_or(|last| last.first < mark.first) && mark != Mark::default() {
        return Err(SpoolError::damaged(folder, format_args!("the segment that begins with record {} is not there", mark.first)));
    }
    Ok(Recovered { identity: identity.unwrap_or_else(Identity::random), segments })
}

/// The file of a segment.
struct Read {
    path: PathBuf,
    first: u64,
    is_last: bool,
    identity: Identity,
    bytes: Vec<u8>,
}

impl Read {
    fn of(folder: &Path, first: u64, is_last: bool) -> Result<Self, SpoolError> {
        let path = Segment::path(folder, first);
        let bytes = fs::read(&path).map_err(|error| SpoolError::failed(&path, error))?;
        match Segment::spool(&bytes, first) {
            Some(identity) => Ok(Read { path, first, is_last, identity, bytes }),
            None => Err(SpoolError::damaged(&path, "it does not begin as a spool does")),
        }
    }

    /// What is whole of it.
    fn segment(&self, mark: Mark) -> Result<Segment, SpoolError> {
        let mut segment = Segment::empty(self.first);
        loop {
            let rest = &self.bytes[segment.bytes as usize..];
            match Frame::of(rest, self.identity) {
                Found::Whole(frame) if frame.first == segment.next => {
                    (segment.next, segment.bytes) = (frame.next(), segment.bytes + frame.len())
                }
                Found::End if Mark::of(&segment) >= mark || self.first != mark.first => return Ok(segment),
                Found::Broken if self.is_last && Mark::of(&segment) >= mark && !self.goes_on(rest, segment.next) => break,
                _ => return Err(SpoolError::damaged(&self.path, format_args!("byte {}, after record {}", segment.bytes, segment.next))),
            }
        }
        let failed = |error| SpoolError::failed(&self.path, error);
        let file = OpenOptions::new().write(true).open(&self.path).map_err(failed)?;
        file.set_len(segment.bytes).and_then(|()| file.sync_all()).map_err(failed)?;
        Ok(segment)
    }

    /// Whether a later frame begins somewhere in what cannot be read: one is begun when the one before it is safe.
    ///
    /// Its head is enough, so that each byte is looked at a few times, whatever they are.
    fn goes_on(&self, bytes: &[u8], next: u64) -> bool {
        (1..bytes.len()).any(|at| Head::of(&bytes[at..], self.identity).is_some_and(|head| head.first > next))
    }
}
