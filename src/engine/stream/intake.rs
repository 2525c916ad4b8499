//! What waits between a source and the micro-batches.

use super::admission::{Admission, WhenFull};
use super::patience::Patience;
use crate::error::BoxError;
use crate::stage::Inbox;
use std::any::Any;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Lots of fewer records than this are put together while they wait.
const SMALL: usize = 4096;

/// So many records may wait in any case, however small micro-batches are.
const FEW: usize = 64;

/// The records of a micro-batch, by source partition, in pieces.
pub type Lots<T> = Vec<(u32, Vec<Vec<T>>)>;

/// What waits. The source's thread puts in, the driver takes out; each waits for the other here.
#[derive(Debug)]
pub(super) struct Intake<T> {
    admission: Admission,
    state: Mutex<State<T>>,
    /// Grows, under the lock, when something comes: who waits awake looks here.
    version: AtomicU64,
    /// The same when something is taken.
    taken: AtomicU64,
    filled: Condvar,
    room: Condvar,
}

#[derive(Debug)]
pub(super) struct State<T> {
    /// The oldest lot, where some of it is taken.
    head: Option<Lot<std::vec::IntoIter<T>>>,
    lots: VecDeque<Lot<Vec<T>>>,
    pub(super) records: usize,
    pub(super) bytes: usize,
    /// How many records the trigger lets into a micro-batch at most.
    pub(super) most: usize,
    /// Why nothing more will come.
    pub(super) end: Option<Ended>,
    /// Whether nothing more will be taken.
    is_closed: bool,
    pub(super) refused: u64,
    /// Whether the driver sleeps until something comes: to wake nobody costs a call of the system, too.
    is_awaited: bool,
    /// Whether the source sleeps until there is room.
    is_held: bool,
}

/// How a source has ended.
#[derive(Debug)]
pub(super) enum Ended {
    Done,
    Failed(BoxError),
    Panicked(Box<dyn Any + Send>),
}

/// Records that came together.
#[derive(Debug)]
struct Lot<R> {
    /// How many of them in a row are of which source partition.
    runs: VecDeque<(usize, u32)>,
    at: Instant,
    records: R,
    /// What a record weighs, what it owns elsewhere included.
    weight: usize,
}

impl<T> State<T> {
    /// When what has waited longest came.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.head.as_ref().map(|lot| lot.at).or_else(|| self.lots.front().map(|lot| lot.at))
    }

    /// Puts records in by partition, which change where they are marked.
    fn put(&mut self, at: Instant, weight: usize, marks: &[(usize, u32)], records: Vec<T>) {
        let len = records.len();
        self.records += len;
        self.bytes += len * weight;
        let mut runs = VecDeque::new();
        let (mut start, mut partition) = (0, 0);
        for &(next, then) in marks.iter().chain([&(len, 0)]) {
            // Records that were left out may have had marks.
            let next = next.min(len);
            if next > start {
                runs.push_back((next - start, partition));
            }
            (start, partition) = (next, then);
        }
        self.push(Lot { runs, at, records, weight });
    }

    fn push(&mut self, mut lot: Lot<Vec<T>>) {
        match self.lots.back_mut() {
            // The order of the source is kept also between partitions: one that overtook others would take the watermark with it.
            Some(last) if last.weight == lot.weight && last.records.len() < SMALL => {
                last.records.append(&mut lot.records);
                last.runs.append(&mut lot.runs);
            }
            _ if lot.records.is_empty() => {}
            _ => self.lots.push_back(lot),
        }
    }

    /// Takes out the oldest records until the others fit in.
    fn shed(&mut self, admission: Admission) -> Lots<T> {
        let by_records = self.records.saturating_sub(admission.records.min(self.most.saturating_mul(admission.batches - 1).max(FEW)));
        let by_bytes = self.bytes.saturating_sub(admission.bytes).div_ceil(size_of::<T>().max(1));
        self.take(by_records.max(by_bytes).min(self.records.saturating_sub(1)))
    }

    /// Takes up to so many records, the oldest first, by partition, in the pieces in which they lie here.
    pub(super) fn take(&mut self, most: usize) -> Lots<T> {
        let mut groups: Lots<T> = Vec::new();
        let mut left = most.min(self.records);
        while left > 0 {
            let Some(mut lot) = self.head.take().or_else(|| self.lots.pop_front().map(Lot::open)) else { break };
            let Some((run, partition)) = lot.runs.pop_front() else { continue };
            let wanted = left.min(run);
            left -= wanted;
            self.records -= wanted;
            self.bytes -= wanted * lot.weight;
            if wanted < run {
                lot.runs.push_front((run - wanted, partition));
            }
            let is_all = wanted == lot.records.len();
            let group = groups.iter().position(|(known, _)| *known == partition).unwrap_or_else(|| {
                groups.push((partition, Vec::new()));
                groups.len() - 1
            });
            let pieces = &mut groups[group].1;
            match pieces.last_mut() {
                Some(last) if !is_all || wanted < SMALL => last.extend(lot.records.by_ref().take(wanted)),
                // All of a lot keeps its allocation.
                _ if is_all => pieces.push(std::mem::take(&mut lot.records).collect()),
                _ => pieces.push(lot.records.by_ref().take(wanted).collect()),
            }
            if !is_all {
                self.head = Some(lot);
            }
        }
        groups
    }
}

impl<T> Lot<Vec<T>> {
    fn open(self) -> Lot<std::vec::IntoIter<T>> {
        Lot { runs: self.runs, at: self.at, records: self.records.into_iter(), weight: self.weight }
    }
}

impl<T> Intake<T> {
    pub(super) fn new(admission: Admission, most: usize) -> Self {
        let state = State {
            head: None,
            lots: VecDeque::new(),
            records: 0,
            bytes: 0,
            most,
            end: None,
            is_closed: false,
            refused: 0,
            is_awaited: false,
            is_held: false,
        };
        let (version, taken) = (AtomicU64::new(0), AtomicU64::new(0));
        Intake { admission, state: Mutex::new(state), version, taken, filled: Condvar::new(), room: Condvar::new() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many records may come before there is no room.
    fn space(&self, state: &State<T>) -> usize {
        let batches = state.most.saturating_mul(self.admission.batches - 1).max(FEW);
        let by_records = batches.min(self.admission.records).saturating_sub(state.records);
        let by_bytes = self.admission.bytes.saturating_sub(state.bytes) / size_of::<T>().max(1);
        let one = usize::from(state.records == 0);
        by_records.min(by_bytes).max(one)
    }

    pub(super) fn is_full(&self, state: &State<T>) -> bool {
        self.space(state) == 0
    }

    /// Waits until there is room, for a source that is to be kept waiting; how many records there is room for, none when nothing more will
    /// be taken.
    pub(super) fn wait_for_room(&self, patience: &mut Patience) -> Option<usize> {
        loop {
            let state = self.lock();
            if state.is_closed {
                return None;
            }
            match self.space(&state) {
                0 if self.admission.when_full == WhenFull::Block => {
                    let taken = self.taken.load(Ordering::Relaxed);
                    drop(state);
                    if !patience.wait(Duration::MAX, || self.taken.load(Ordering::Relaxed) != taken) {
                        self.sleep_until_room(taken);
                    }
                }
                0 => return Some(1),
                space => return Some(space),
            }
        }
    }

    fn sleep_until_room(&self, taken: u64) {
        let mut state = self.lock();
        while self.taken.load(Ordering::Relaxed) == taken {
            state.is_held = true;
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for a moment, or until nothing more will be taken.
    pub(super) fn pause(&self, time: Duration) {
        let mut state = self.lock();
        if !state.is_closed {
            state.is_held = true;
            let _ = self.room.wait_timeout(state, time);
        }
    }

    /// Puts in what was pulled.
    pub(super) fn put(&self, inbox: &mut Inbox<T>) {
        let (at, len) = (Instant::now(), inbox.len());
        if len == 0 {
            return;
        }
        let weight = size_of::<T>() + std::mem::take(&mut inbox.owned) / len;
        let marks = std::mem::take(&mut inbox.partitions);
        let mut records = std::mem::take(&mut inbox.records);
        let mut state = self.lock();
        let newest = match self.admission.when_full {
            WhenFull::DropNewest => records.split_off(self.space(&state).min(len)),
            _ => Vec::new(),
        };
        state.put(at, weight, &marks, records);
        let oldest = match self.admission.when_full {
            WhenFull::DropOldest => state.shed(self.admission),
            _ => Vec::new(),
        };
        state.refused += (newest.len() + oldest.iter().flat_map(|(_, pieces)| pieces).map(Vec::len).sum::<usize>()) as u64;
        self.ring(state);
        // What is left out is dropped here, without the lock.
    }

    /// Nothing more will come.
    pub(super) fn end(&self, end: Ended) {
        let mut state = self.lock();
        state.end.get_or_insert(end);
        self.ring(state);
    }

    /// Nothing more will be taken.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        self.make_room(state);
    }

    /// Takes up to so many records, and lets the source go on.
    pub(super) fn take(&self, most: usize) -> Lots<T> {
        let mut state = self.lock();
        let lots = state.take(most);
        self.make_room(state);
        lots
    }

    fn make_room(&self, mut state: MutexGuard<'_, State<T>>) {
        self.taken.fetch_add(1, Ordering::Relaxed);
        let is_held = std::mem::take(&mut state.is_held);
        drop(state);
        if is_held {
            self.room.notify_one();
        }
    }

    /// How often something has come: to wait for more.
    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Relaxed)
    }

    /// Waits until something has come since this version, but no longer than this.
    pub(super) fn wait(&self, version: u64, most: Duration, patience: &mut Patience) {
        if patience.wait(most, || self.version() != version) {
            return;
        }
        let mut state = self.lock();
        if self.version() == version {
            state.is_awaited = true;
            let _ = self.filled.wait_timeout(state, most);
        }
    }

    fn ring(&self, mut state: MutexGuard<'_, State<T>>) {
        self.version.fetch_add(1, Ordering::Relaxed);
        let is_awaited = std::mem::take(&mut state.is_awaited);
        drop(state);
        if is_awaited {
            self.filled.notify_one();
        }
    }
}
