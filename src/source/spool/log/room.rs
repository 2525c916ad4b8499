//! Room for records, which is made by whole segments.

use super::{HEAD, HEADER, Log, Segment, State};
use crate::data::sync_name;
use crate::source::spool::error::SpoolError;
use std::fs;
use std::io;
use std::sync::{MutexGuard, PoisonError};

impl State {
    /// How many bytes there are, written or not.
    fn held(&self) -> u64 {
        let waiting = if self.pending.is_empty() { 0 } else { HEAD + self.pending.len() };
        self.bytes + waiting as u64
    }
}

impl Log {
    /// How many bytes it holds.
    pub(in crate::source::spool) fn held(&self) -> u64 {
        self.lock().held()
    }

    /// Whether a sender has found no room.
    pub(in crate::source::spool) fn is_short(&self) -> bool {
        self.lock().is_short
    }

    /// Whether there is room for a record of so many bytes. Where nothing is to be kept there is for any.
    fn has_room(&self, state: &State, record: u64) -> bool {
        let needed = record + (HEAD + HEADER) as u64;
        self.capacity.is_none_or(|capacity| state.held() + needed <= capacity || state.acknowledged == state.next)
    }

    /// Whether all that was written is to be forgotten, as there is no room for what comes.
    pub(super) fn is_over(&self, state: &State, frame: u64) -> bool {
        self.capacity.is_some_and(|capacity| state.bytes + frame > capacity && state.acknowledged == state.safe)
    }

    /// Waits until there is room for a record.
    pub(super) fn find_room(&self, record: u64, waits: bool) -> Result<MutexGuard<'_, State>, SpoolError> {
        let mut state = self.lock();
        while !self.has_room(&state, record) {
            // What is not written cannot be read, and so makes no room.
            let all = state.next;
            state = self.settle(state, all)?;
            if self.has_room(&state, record) {
                break;
            }
            if let Some(failed) = &state.failed {
                return Err(failed.clone());
            }
            state.is_short = true;
            if !(waits && state.is_read) {
                let capacity = self.capacity.unwrap_or(u64::MAX);
                return Err(SpoolError::full(&self.folder, state.held(), capacity, state.is_read));
            }
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(state)
    }

    /// What is before this record will not be asked for again: segments of such records alone go, but for the last.
    pub(in crate::source::spool) fn acknowledge(&self, number: u64) -> Result<(), SpoolError> {
        let mut state = self.lock();
        state.acknowledged = state.acknowledged.max(number);
        drop(state);
        self.forget().map_err(|error| SpoolError::failed(&self.folder, error))
    }

    /// Removes the segments that are not needed.
    pub(super) fn forget(&self) -> io::Result<()> {
        let _alone = self.forgetting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let mut state = self.lock();
            let is_needed = state.segments.len() < 2 || state.segments.front().is_none_or(|first| first.next > state.acknowledged);
            let Some(gone) = (if is_needed { None } else { state.segments.pop_front() }) else {
                state.is_short = false;
                self.room.notify_all();
                return Ok(());
            };
            drop(state);
            fs::remove_file(Segment::path(&self.folder, gone.first))?;
            // So that no later one is gone after a power cut before it is.
            sync_name(&self.folder.join("mark"))?;
            self.lock().bytes -= gone.bytes;
        }
    }

    /// Nobody reads any more.
    pub(in crate::source::spool) fn close(&self) {
        self.lock().is_read = false;
        self.room.notify_all();
    }
}
