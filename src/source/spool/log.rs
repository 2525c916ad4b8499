use super::error::SpoolError;
use super::frame::Frame;
use super::recovery::{Mark, segments};
use super::segment::Segment;
use crate::data::sync_name;
use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many bytes of records wait for a group to be complete.
const GROUP: usize = 1 << 20;

/// What senders and the source share.
#[derive(Debug)]
pub(super) struct Log {
    folder: PathBuf,
    segment: u64,
    group: Option<Duration>,
    state: Mutex<State>,
    /// More is safe, or no more will be.
    changed: Condvar,
    /// Held while it is open.
    _lock: File,
}

#[derive(Debug)]
struct State {
    /// Records that are not written, and how many.
    pending: Vec<u8>,
    count: u32,
    /// Since when there are any.
    since: Option<Instant>,
    /// The number of the next record to be taken, and of the first that is not safe.
    next: u64,
    safe: u64,
    segments: VecDeque<Segment>,
    /// Taken by who writes.
    writer: Option<Writer>,
    senders: usize,
    /// Nothing is written after a failure: what the disk has then is not known.
    failed: Option<SpoolError>,
}

/// The files that are written to.
#[derive(Debug)]
struct Writer {
    segment: File,
    mark: File,
}

impl Log {
    pub(super) fn open(folder: &Path, segment: u64, group: Option<Duration>) -> Result<Self, SpoolError> {
        let failed = |error| SpoolError::failed(folder, error);
        fs::create_dir_all(folder).map_err(failed)?;
        let open = |name: &str| OpenOptions::new().read(true).write(true).create(true).truncate(false).open(folder.join(name));
        let lock = open("lock").map_err(failed)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => SpoolError::locked(folder),
            TryLockError::Error(error) => failed(error),
        })?;
        let mark = open("mark").map_err(failed)?;
        let bytes = fs::read(folder.join("mark")).map_err(failed)?;
        let mut segments: VecDeque<_> = segments(folder, Mark::read(&bytes).unwrap_or_default())?.into();
        let file = match segments.back() {
            Some(last) => {
                let file = OpenOptions::new().append(true).open(Segment::path(folder, last.first)).map_err(failed)?;
                // What was read may have been written and not synced, by a process that was killed in between.
                file.sync_data().map_err(failed)?;
                file
            }
            None => {
                let (first, file) = Segment::create(folder, 0).map_err(failed)?;
                segments.push_back(first);
                file
            }
        };
        let safe = segments.back().map_or(0, |last| last.next);
        let writer = Some(Writer { segment: file, mark });
        let (pending, senders) = (Vec::new(), 1);
        let state = State { pending, count: 0, since: None, next: safe, safe, segments, writer, senders, failed: None };
        Ok(Log { folder: folder.to_path_buf(), segment, group, state: Mutex::new(state), changed: Condvar::new(), _lock: lock })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many records are safe, in all its time.
    pub(super) fn safe(&self) -> u64 {
        self.lock().safe
    }

    /// Takes a record, which is safe when this returns, or soon after.
    pub(super) fn append(&self, record: &[u8]) -> Result<(), SpoolError> {
        if record.len() >= u32::MAX as usize - GROUP {
            return Err(SpoolError::record(&self.folder, "it has 4 GiB or more"));
        }
        let mut state = self.lock();
        // What would not be in one frame with what waits.
        while state.pending.len() + record.len() >= u32::MAX as usize {
            let all = state.next;
            state = self.settle(state, all)?;
        }
        if let Some(failed) = &state.failed {
            return Err(failed.clone());
        }
        state.pending.extend_from_slice(record);
        state.count += 1;
        state.next += 1;
        let since = *state.since.get_or_insert_with(Instant::now);
        let is_due = self.group.is_none_or(|group| state.pending.len() >= GROUP || since.elapsed() >= group);
        let all = state.next;
        if is_due { self.settle(state, all).map(drop) } else { Ok(()) }
    }

    /// Waits until all that was taken is safe.
    pub(super) fn sync(&self) -> Result<(), SpoolError> {
        let state = self.lock();
        let all = state.next;
        self.settle(state, all).map(drop)
    }

    /// Waits until so many records are safe: one of those who wait writes for all.
    fn settle<'s>(&'s self, mut state: MutexGuard<'s, State>, records: u64) -> Result<MutexGuard<'s, State>, SpoolError> {
        while state.safe < records {
            if let Some(failed) = &state.failed {
                return Err(failed.clone());
            }
            state = match state.writer.take() {
                Some(writer) => self.write(state, writer),
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
        Ok(state)
    }

    /// Writes and syncs what waits, without the lock.
    fn write<'s>(&'s self, mut state: MutexGuard<'s, State>, mut writer: Writer) -> MutexGuard<'s, State> {
        let (records, count) = (std::mem::take(&mut state.pending), std::mem::take(&mut state.count));
        state.since = None;
        let (first, last) = (state.safe, state.segments.back().cloned());
        drop(state);
        let written = last.ok_or_else(|| io::Error::other("there is no segment")).and_then(|last| {
            let begun = if last.bytes < self.segment { last } else { writer.begin(&self.folder, first)? };
            writer.write(begun, Frame { first, count, records: &records })
        });
        let mut state = self.lock();
        match written {
            Ok(written) => {
                state.safe = written.next;
                if state.segments.back().is_some_and(|last| last.first == written.first) {
                    state.segments.pop_back();
                }
                state.segments.push_back(written);
                state.writer = Some(writer);
            }
            Err(error) => state.failed = Some(SpoolError::failed(&self.folder, error)),
        }
        self.changed.notify_all();
        state
    }

    /// A sender more.
    pub(super) fn join(&self) {
        self.lock().senders += 1;
    }

    /// A sender less; the last one leaves nothing behind that is not safe.
    pub(super) fn leave(&self) {
        // An error is the source's to tell.
        let _ = self.sync();
        self.lock().senders -= 1;
        self.changed.notify_all();
    }

    /// Waits for a record of this number, but not for longer; whether none will come.
    pub(super) fn wait(&self, number: u64, wait: Duration) -> Result<bool, SpoolError> {
        let mut state = self.lock();
        if let (Some(group), Some(since)) = (self.group, state.since)
            && since.elapsed() >= group
        {
            let all = state.next;
            state = self.settle(state, all)?;
        }
        if state.safe <= number && state.senders > 0 && state.failed.is_none() {
            let wait = self.group.map_or(wait, |group| group.min(wait));
            (state, _) = self.changed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner);
        }
        match &state.failed {
            Some(failed) if state.safe <= number => Err(failed.clone()),
            _ => Ok(state.safe <= number && state.senders == 0),
        }
    }

    /// The segment with this record, if it is safe.
    pub(super) fn segment_of(&self, number: u64) -> Option<Segment> {
        let state = self.lock();
        let after = state.segments.partition_point(|segment| segment.next <= number);
        state.segments.get(after).filter(|segment| segment.first <= number).cloned()
    }

    /// The number of the first record that is there.
    pub(super) fn first(&self) -> u64 {
        self.lock().segments.front().map_or(0, |segment| segment.first)
    }

    /// Forgets the segments whose records are all before this one, but for the last.
    pub(super) fn purge(&self, number: u64) -> Result<(), SpoolError> {
        let failed = |error| SpoolError::failed(&self.folder, error);
        loop {
            let mut state = self.lock();
            if state.segments.len() < 2 || state.segments.front().is_none_or(|first| first.next > number) {
                return Ok(());
            }
            let Some(gone) = state.segments.pop_front() else { return Ok(()) };
            drop(state);
            fs::remove_file(Segment::path(&self.folder, gone.first)).map_err(failed)?;
            // So that no later one goes before.
            sync_name(&self.folder.join("mark")).map_err(failed)?;
        }
    }
}

impl Writer {
    /// Begins another segment.
    fn begin(&mut self, folder: &Path, first: u64) -> io::Result<Segment> {
        let (segment, file) = Segment::create(folder, first)?;
        self.segment = file;
        Ok(segment)
    }

    fn write(&mut self, segment: Segment, frame: Frame<'_>) -> io::Result<Segment> {
        let mut bytes = Vec::with_capacity(frame.len() as usize);
        frame.put(&mut bytes);
        self.segment.write_all(&bytes)?;
        self.segment.sync_data()?;
        let written = Segment { next: frame.next(), bytes: segment.bytes + frame.len(), ..segment };
        Mark::of(&written).write(&mut self.mark)?;
        Ok(written)
    }
}
