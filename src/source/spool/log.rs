mod room;

use super::error::SpoolError;
use super::frame::{Frame, HEAD};
use super::identity::Identity;
use super::recovery::{Mark, recover};
use super::segment::{HEADER, Segment};
use crate::data::make_folder;
use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many bytes of records wait for a group to be complete.
const GROUP: usize = 1 << 20;
/// How many segments a spool that is full has at least: room is made by whole ones.
const SEGMENTS: u64 = 4;

/// How long the source waits for a record at once while there is no room.
const SHORT: Duration = Duration::from_millis(1);

/// What senders and the source share.
#[derive(Debug)]
pub(super) struct Log {
    folder: PathBuf,
    identity: Identity,
    segment: u64,
    capacity: Option<u64>,
    group: Option<Duration>,
    state: Mutex<State>,
    /// Held by who removes segments: none goes before one that is older.
    forgetting: Mutex<()>,
    /// More is safe, or no more will be.
    changed: Condvar,
    /// There is more room, or nobody who makes any.
    room: Condvar,
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
    /// The number of the first record that may be asked for again.
    acknowledged: u64,
    segments: VecDeque<Segment>,
    /// How many bytes the segments have, with what is being written.
    bytes: u64,
    /// Whether a sender has found no room, and none was made since.
    is_short: bool,
    /// Whether the source is there, which alone makes room.
    is_read: bool,
    /// Taken by who writes.
    writer: Option<Writer>,
    senders: usize,
    /// Nothing is written after a failure: what the disk has then is not known.
    failed: Option<SpoolError>,
}

/// The files that are written to.
#[derive(Debug)]
struct Writer {
    identity: Identity,
    segment: File,
    mark: File,
}

impl Log {
    pub(super) fn open(spool: &super::Spool) -> Result<Self, SpoolError> {
        let folder = &*spool.folder;
        let failed = |error| SpoolError::failed(folder, error);
        make_folder(folder).map_err(failed)?;
        let open = |name: &str| OpenOptions::new().read(true).write(true).create(true).truncate(false).open(folder.join(name));
        let lock = open("lock").map_err(failed)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => SpoolError::locked(folder),
            TryLockError::Error(error) => failed(error),
        })?;
        let mark = open("mark").map_err(failed)?;
        let bytes = fs::read(folder.join("mark")).map_err(failed)?;
        let recovered = recover(folder, Mark::read(&bytes).unwrap_or_default())?;
        let (identity, mut segments) = (recovered.identity, VecDeque::from(recovered.segments));
        let file = match segments.back() {
            Some(last) => {
                let file = OpenOptions::new().append(true).open(Segment::path(folder, last.first)).map_err(failed)?;
                // What was read may have been written and not synced, by a process that was killed in between.
                file.sync_data().map_err(failed)?;
                file
            }
            None => {
                let (first, file) = Segment::create(folder, identity, 0).map_err(failed)?;
                segments.push_back(first);
                file
            }
        };
        let (acknowledged, safe) = (segments.front().map_or(0, |first| first.first), segments.back().map_or(0, |last| last.next));
        let state = State {
            pending: Vec::new(),
            count: 0,
            since: None,
            next: safe,
            safe,
            acknowledged,
            bytes: segments.iter().map(|segment| segment.bytes).sum(),
            segments,
            is_short: false,
            is_read: true,
            writer: Some(Writer { identity, segment: file, mark }),
            senders: 1,
            failed: None,
        };
        Ok(Log {
            folder: folder.to_path_buf(),
            identity,
            segment: spool.segment.min(spool.capacity.map_or(u64::MAX, |capacity| capacity / SEGMENTS)),
            capacity: spool.capacity,
            group: spool.group,
            state: Mutex::new(state),
            forgetting: Mutex::new(()),
            changed: Condvar::new(),
            room: Condvar::new(),
            _lock: lock,
        })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn identity(&self) -> Identity {
        self.identity
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many records are safe, in all its time.
    pub(super) fn safe(&self) -> u64 {
        self.lock().safe
    }

    /// Takes a record, which is safe when this returns, or soon after. Where there is no room for it, it `waits` for some.
    pub(super) fn append(&self, record: &[u8], waits: bool) -> Result<(), SpoolError> {
        if record.len() >= u32::MAX as usize - GROUP {
            return Err(SpoolError::record(&self.folder, "it has 4 GiB or more"));
        }
        let mut state = self.find_room(record.len() as u64, waits)?;
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
        let frame = Frame { first: state.safe, count, records: &records };
        state.since = None;
        let is_over = self.is_over(&state, frame.len());
        let last = state.segments.back().cloned().unwrap_or_else(|| Segment::empty(frame.first));
        let is_full = last.next > last.first && (last.bytes >= self.segment || is_over);
        state.bytes += frame.len() + if is_full { HEADER as u64 } else { 0 };
        drop(state);
        let segment = if is_full { self.begin(&mut writer, frame.first, is_over) } else { Ok(last) };
        let written = segment.and_then(|segment| writer.write(segment, frame));
        let mut state = self.lock();
        match written {
            Ok(written) => {
                state.safe = written.next;
                state.segments.pop_back();
                state.segments.push_back(written);
                state.writer = Some(writer);
            }
            Err(error) => {
                state.failed = Some(SpoolError::failed(&self.folder, error));
                self.room.notify_all();
            }
        }
        self.changed.notify_all();
        state
    }

    /// Begins another segment, before which all `is_over` or not.
    fn begin(&self, writer: &mut Writer, first: u64, is_over: bool) -> io::Result<Segment> {
        let (segment, file) = Segment::create(&self.folder, self.identity, first)?;
        writer.segment = file;
        self.lock().segments.push_back(segment.clone());
        if is_over { self.forget().map(|()| segment) } else { Ok(segment) }
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
            // There is no record to be waited for where there is no room for one.
            let wait = if state.is_short { wait.min(SHORT) } else { wait };
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
}

impl Writer {
    fn write(&mut self, segment: Segment, frame: Frame<'_>) -> io::Result<Segment> {
        let mut bytes = Vec::with_capacity(frame.len() as usize);
        frame.put(self.identity, &mut bytes);
        self.segment.write_all(&bytes)?;
        self.segment.sync_data()?;
        let written = Segment { next: frame.next(), bytes: segment.bytes + frame.len(), ..segment };
        Mark::of(&written).write(&mut self.mark)?;
        Ok(written)
    }
}
