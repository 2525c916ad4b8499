use super::error::SpoolError;
use super::frame::{Found, Frame};
use super::segment::{MAGIC, Segment};
use crate::saved::crc32;
use std::fs::{self, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

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

/// The segments of a folder, each of which is read; the last is cut off after its last whole frame where no more was ever acknowledged.
pub(super) fn segments(folder: &Path, mark: Mark) -> Result<Vec<Segment>, SpoolError> {
    let failed = |error| SpoolError::failed(folder, error);
    let numbers = Segment::all(folder).map_err(failed)?;
    let mut segments: Vec<Segment> = Vec::new();
    for (i, first) in numbers.iter().enumerate() {
        if let Some(before) = segments.last()
            && before.next != *first
        {
            return Err(SpoolError::damaged(folder, format_args!("records {} to {first} are not there", before.next)));
        }
        let is_last = i + 1 == numbers.len();
        segments.push(segment(folder, *first, is_last, mark)?);
    }
    if segments.last().is_none_or(|last| last.first < mark.first) && mark != Mark::default() {
        return Err(SpoolError::damaged(folder, format_args!("the segment that begins with record {} is not there", mark.first)));
    }
    Ok(segments)
}

fn segment(folder: &Path, first: u64, is_last: bool, mark: Mark) -> Result<Segment, SpoolError> {
    let path = Segment::path(folder, first);
    let failed = |error| SpoolError::failed(&path, error);
    let bytes = fs::read(&path).map_err(failed)?;
    let mut segment = Segment { first, next: first, bytes: MAGIC.len() as u64 };
    if !bytes.starts_with(MAGIC) {
        return Err(SpoolError::damaged(&path, "it does not begin as a spool does"));
    }
    loop {
        match Frame::of(&bytes[segment.bytes as usize..]) {
            Found::Whole(frame) if frame.first == segment.next => {
                (segment.next, segment.bytes) = (frame.next(), segment.bytes + frame.len())
            }
            Found::End if Mark::of(&segment) >= mark || first != mark.first => return Ok(segment),
            // The next frame is written when this one is safe.
            Found::Broken if is_last && Mark::of(&segment) >= mark && !goes_on(&bytes[segment.bytes as usize..], segment.next) => break,
            _ => return Err(SpoolError::damaged(&path, format_args!("byte {}, after record {}", segment.bytes, segment.next))),
        }
    }
    let file = OpenOptions::new().write(true).open(&path).map_err(failed)?;
    file.set_len(segment.bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(segment)
}

/// Whether a whole frame with later records is somewhere in what cannot be read.
fn goes_on(bytes: &[u8], next: u64) -> bool {
    (1..bytes.len()).any(|at| matches!(Frame::of(&bytes[at..]), Found::Whole(frame) if frame.first > next))
}
