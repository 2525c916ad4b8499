use super::error::SpoolError;
use super::frame::{Found, Frame};
use super::log::Log;
use super::place::SpoolPlace;
use super::segment::{HEADER, Segment};
use crate::saved::{Replay, take};
use crate::stage::{Inbox, Pull, Source};
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How much is read at once.
const BLOCK: u64 = 256 * 1024;
/// How long a pull waits for a record, so that a stream that is to stop need not wait for one.
const WAIT: Duration = Duration::from_millis(20);

/// The source of a [`Spool`](crate::Spool): the records that are safe, in the order in which they were sent, from the first that is not purged.
pub struct SpoolSource<T> {
    log: Arc<Log>,
    /// The number of the record that is given next.
    next: u64,
    /// Records of a frame that has been read, from that one on.
    waiting: VecDeque<T>,
    reading: Option<Reading>,
}

/// A segment that is being read.
struct Reading {
    first: u64,
    path: PathBuf,
    file: File,
    /// How many bytes were read, and those of them that are not used.
    read: u64,
    rest: Vec<u8>,
}

impl<T> SpoolSource<T> {
    pub(super) fn new(log: Arc<Log>) -> Self {
        SpoolSource { next: log.first(), log, waiting: VecDeque::new(), reading: None }
    }
}

impl<T: DeserializeOwned> SpoolSource<T> {
    /// Reads the next frame that is safe; whether there was one.
    fn refill(&mut self) -> Result<bool, SpoolError> {
        while self.waiting.is_empty() {
            let Some(segment) = self.log.segment_of(self.next) else { return Ok(false) };
            let failed = |error| SpoolError::failed(self.log.folder(), error);
            let mut reading = match self.reading.take() {
                Some(reading) if reading.first == segment.first => reading,
                _ => Reading::open(Segment::path(self.log.folder(), segment.first), segment.first).map_err(failed)?,
            };
            let identity = self.log.identity();
            while !matches!(Frame::of(&reading.rest, identity), Found::Whole(_)) {
                if reading.read >= segment.bytes {
                    return Err(SpoolError::damaged(&reading.path, format_args!("record {} is not whole", self.next)));
                }
                reading.fill(segment.bytes).map_err(failed)?;
            }
            if let Found::Whole(frame) = Frame::of(&reading.rest, identity) {
                let used = frame.len() as usize;
                self.waiting = decode(&frame, self.next).map_err(|what| SpoolError::damaged(&reading.path, what))?;
                reading.rest.drain(..used);
            }
            self.reading = Some(reading);
        }
        Ok(true)
    }
}

/// The records of a frame from this one on.
fn decode<T: DeserializeOwned>(frame: &Frame<'_>, from: u64) -> Result<VecDeque<T>, String> {
    if from >= frame.next() {
        return Ok(VecDeque::new());
    }
    let mut bytes = frame.records;
    let mut records = VecDeque::new();
    for number in frame.first..frame.next() {
        let record = take(&mut bytes).map_err(|error| format!("record {number} is not of the type that is asked for ({error})"))?;
        if number >= from {
            records.push_back(record);
        }
    }
    if bytes.is_empty() { Ok(records) } else { Err(format!("the records from {} on are not of the type that is asked for", frame.first)) }
}

impl Reading {
    fn open(path: PathBuf, first: u64) -> io::Result<Self> {
        let mut file = File::open(&path)?;
        file.read_exact(&mut [0; HEADER])?;
        Ok(Reading { first, path, file, read: HEADER as u64, rest: Vec::new() })
    }

    /// Reads on, no further than what is safe.
    fn fill(&mut self, safe: u64) -> io::Result<()> {
        let wanted = (safe - self.read).min(BLOCK.max(self.rest.len() as u64));
        let read = (&self.file).take(wanted).read_to_end(&mut self.rest)?;
        self.read += read as u64;
        if read == 0 { Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a segment has become shorter")) } else { Ok(()) }
    }
}

impl<T: DeserializeOwned + Send> Source for SpoolSource<T> {
    type Item = T;
    type Error = SpoolError;

    fn pull(&mut self, max: usize, inbox: &mut Inbox<T>) -> Result<Pull, SpoolError> {
        if self.waiting.is_empty() && self.log.wait(self.next, WAIT)? {
            return Ok(Pull::End);
        }
        self.poll(max, inbox).map(|_| Pull::Ready)
    }

    fn poll(&mut self, max: usize, inbox: &mut Inbox<T>) -> Result<Pull, SpoolError> {
        let mut given = 0;
        while given < max && self.refill()? {
            let some = self.waiting.len().min(max - given);
            self.waiting.drain(..some).for_each(|record| inbox.push(record));
            self.next += some as u64;
            given += some;
        }
        match given {
            0 if self.log.wait(self.next, Duration::ZERO)? => Ok(Pull::End),
            0 => Ok(Pull::Idle),
            _ => Ok(Pull::Ready),
        }
    }

    fn admitted(&self) -> usize {
        self.log.safe().saturating_sub(self.next) as usize
    }
}

impl<T: DeserializeOwned + Send> Replay for SpoolSource<T> {
    type Offset = SpoolPlace;

    fn offset(&self) -> SpoolPlace {
        SpoolPlace::new(&self.log, self.next)
    }

    fn seek(&mut self, place: SpoolPlace) -> Result<(), SpoolError> {
        (self.next, self.reading) = (place.find(&self.log)?, None);
        self.waiting.clear();
        Ok(())
    }

    fn acknowledge(&mut self, place: SpoolPlace) -> Result<(), SpoolError> {
        self.log.acknowledge(place.number())
    }

    fn waits_for_commit(&self) -> bool {
        self.log.is_short()
    }
}

impl<T> Drop for SpoolSource<T> {
    fn drop(&mut self) {
        self.log.close();
    }
}

impl<T> fmt::Debug for SpoolSource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpoolSource").field("next", &self.next).finish_non_exhaustive()
    }
}
