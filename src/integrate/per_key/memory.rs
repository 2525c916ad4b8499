//! State by key, as one memory gathers it.

use super::partition::{Lane, Partition, first};
use crate::data::bucket;
use crate::keyed::{FLAT, InlineTable, Key, PARTITIONS, Table};
use crate::stage::Integrator;

/// Bytes of a full table: what of a third-level cache a thread may take for itself. At a sixteenth and a quarter of them it is looked at, too.
const FULL: usize = 16 * 1024 * 1024;
/// When a growing table is looked at, and how many of the records that filled it must have had a key that was there already. Of N keys
/// drawn evenly, n different ones come with about n * n / 2N repetitions: with fewer than these there are some 400 thousand keys or
/// more, and the table will not pay. The first look is for what is plain, the second is sure.
const LOOKS: [(usize, usize); 2] = [(2 * 1024, 3), (16 * 1024, 340)];
/// How many records an entry of a full table must stand for, where the table is to be emptied and filled again rather than frozen ..
const REFILLED: usize = 16;
/// .. how many, where it is to be frozen before it is full ..
const STEADY: usize = 2;
/// .. if there is still a new key among so many records: else it has all but a few of the keys that come, and will soon have those ..
const NEW: usize = 5;
/// .. and where a frozen one has not paid.
const REFILLED_AFTER_FROST: usize = 2;
/// Records that pass a frozen table by before it is looked at. It pays where half as many have not.
const WINDOW: usize = 32 * 1024;
/// Records that pass a useless table by before it is tried again, at least; each time in turn twice as many.
const PASS: usize = 64 * 1024;

/// What becomes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// It goes into the table.
    Filling,
    /// It goes into the table where its key is there already, else into a partition: the table is full, and holds what comes often.
    Frozen,
    /// It goes into a partition: most keys are new.
    Passing,
    /// It is only listed, to be folded when the memory is merged.
    Drafting,
}

/// State by key.
pub struct Keyed<K, T, S> {
    mode: Mode,
    table: InlineTable<K, S>,
    /// Records that were looked up in the table since it began to fill, or was found to pay.
    folded: usize,
    /// The same, a little before the table is looked at.
    before: usize,
    /// Records that may still pass the table by before the mode is thought over ..
    left: usize,
    /// .. and how many shall, the next time it turns out to be of no use.
    pass: usize,
    /// How many records an entry of a full table must stand for, where it is to be filled again.
    refilled: usize,
    lane: Lane,
    /// From which of the table's numbers on keys come from which lane.
    lanes: Vec<(Lane, usize)>,
    /// What passed the table by, by partition, where anything did: in buffers ..
    buffers: Vec<Vec<(K, T)>>,
    /// .. and before that.
    partitions: Vec<Partition<K, T, S>>,
    /// What was listed.
    draft: Vec<(K, T)>,
    /// What was in the table, if little, when the memory was sealed.
    sealed: Vec<(Lane, Vec<(K, S)>)>,
    /// The result of combining.
    pub(super) done: Vec<Table<K, S>>,
}

impl<K, T, S> std::fmt::Debug for Keyed<K, T, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyed").field("mode", &self.mode).field("table", &self.table.len()).finish_non_exhaustive()
    }
}

impl<K, T, S> Keyed<K, T, S> {
    pub(super) fn new() -> Self {
        Self::with_table(InlineTable::new())
    }

    fn with_table(table: InlineTable<K, S>) -> Self {
        Keyed {
            mode: Mode::Filling,
            table,
            folded: 0,
            before: 0,
            left: 0,
            pass: PASS,
            refilled: REFILLED,
            lane: 0,
            lanes: vec![(0, 0)],
            buffers: Vec::new(),
            partitions: Vec::new(),
            draft: Vec::new(),
            sealed: Vec::new(),
            done: Vec::new(),
        }
    }

    pub(super) fn draft() -> Self {
        Keyed { mode: Mode::Drafting, ..Self::new() }
    }

    pub(super) fn of_result(done: Vec<Table<K, S>>) -> Self {
        Keyed { done, ..Self::new() }
    }

    /// Whether anything is in partitions.
    pub(super) fn is_split(&self) -> bool {
        !self.partitions.is_empty()
    }

    /// Whether there are more keys than one table of results may have.
    pub(super) fn is_large(&self) -> bool {
        self.is_split() || self.table.len() > FLAT
    }

    /// How many entries it holds.
    pub(super) fn len(&self) -> usize {
        let sealed: usize = self.sealed.iter().map(|(_, entries)| entries.len()).sum();
        sealed
            + self.draft.len()
            + self.table.len()
            + self.buffers.iter().map(Vec::len).sum::<usize>()
            + self.partitions.iter().map(Partition::len).sum::<usize>()
    }

    /// What the table holds, lane by lane, in the order it came; the table is empty then.
    pub(super) fn drain(&mut self) -> Vec<(Lane, Vec<(K, S)>)> {
        let mut entries: Vec<(K, S)> = self.table.drain().collect();
        let mut drained: Vec<_> = self.lanes.iter().rev().map(|(lane, first)| (*lane, entries.split_off(*first))).collect();
        drained.extend(std::mem::take(&mut self.sealed));
        drained.reverse();
        self.settle();
        drained
    }

    /// What is in the table now is of lanes no more; what comes is of the current one.
    fn settle(&mut self) {
        self.lanes.clear();
        self.lanes.push((self.lane, 0));
    }
}

impl<K: Key, T, S> Keyed<K, T, S> {
    /// Entries of a full table.
    const FULL: usize = InlineTable::<K, S>::fits(FULL);
    /// When a table that is not full is looked at once more ..
    const LATER: [usize; 2] = [Self::FULL / 16, Self::FULL / 4];
    /// .. and how many entries before that the look begins.
    const LITTLE: usize = Self::FULL / 1024;

    #[inline(always)]
    pub(super) fn fold<I: Integrator<T, State = S>>(&mut self, key: K, value: T, integrator: &I) {
        if matches!(self.mode, Mode::Filling | Mode::Frozen) {
            self.folded += 1;
            let Some(new) = self.table.update(&key, value, |state, value| integrator.fold(state, value)) else { return };
            match self.mode {
                Mode::Filling => self.add(key, first(new, integrator), integrator),
                _ => self.pass(key, new, integrator),
            }
        } else if self.mode == Mode::Passing {
            self.pass(key, value, integrator);
        } else {
            self.draft.push((key, value));
        }
    }

    /// Folds what was only listed.
    pub(super) fn redeem<I: Integrator<T, State = S>>(&mut self, integrator: &I) {
        if self.mode == Mode::Drafting {
            self.mode = Mode::Filling;
            std::mem::take(&mut self.draft).into_iter().for_each(|(key, value)| self.fold(key, value, integrator));
        }
    }

    /// Brings what it holds into the least room: large tables into partitions, here, where workers share the work. Returns a memory of
    /// nothing with its table.
    pub(super) fn seal<I: Integrator<T, State = S>>(&mut self, integrator: &I) -> Self {
        self.redeem(integrator);
        if self.is_large() {
            self.spill(integrator);
            self.close(integrator);
        } else {
            self.sealed = self.drain();
        }
        Self::with_table(std::mem::replace(&mut self.table, InlineTable::new()))
    }

    /// Puts a record into its partition.
    #[inline]
    fn pass<I: Integrator<T, State = S>>(&mut self, key: K, value: T, integrator: &I) {
        let partition = bucket(&key, PARTITIONS);
        let buffer = &mut self.buffers[partition];
        if buffer.len() == buffer.capacity() {
            self.partitions[partition].take_values(buffer, self.lane, integrator);
        }
        self.buffers[partition].push((key, value));
        self.left -= 1;
        if self.left == 0 {
            self.turn(integrator);
        }
    }

    /// Adds a key that is new to the table, and looks whether that is still of use.
    #[cold]
    fn add<I: Integrator<T, State = S>>(&mut self, key: K, state: S, integrator: &I) {
        self.table.insert(key, state);
        let len = self.table.len();
        if LOOKS.iter().any(|(at, repeated)| *at == len && self.folded - len < *repeated) {
            self.give_up(integrator);
        } else if Self::LATER.iter().any(|at| at - Self::LITTLE == len) {
            self.before = self.folded;
        } else if Self::LATER.contains(&len) || len >= Self::FULL {
            let is_steady = self.folded >= STEADY * len && self.folded - self.before <= NEW * Self::LITTLE;
            if self.folded >= self.refilled * len {
                self.spill(integrator);
                self.folded = 0;
            } else if is_steady || len >= Self::FULL {
                self.freeze(integrator);
            }
        }
    }

    /// Thinks the mode over.
    #[cold]
    fn turn<I: Integrator<T, State = S>>(&mut self, integrator: &I) {
        match self.mode {
            Mode::Frozen if 2 * self.folded < 3 * WINDOW => {
                self.refilled = REFILLED_AFTER_FROST;
                self.give_up(integrator);
            }
            Mode::Frozen => (self.left, self.folded) = (WINDOW, 0),
            _ => (self.mode, self.folded) = (Mode::Filling, 0),
        }
    }

    /// Lets records pass the table by for a while.
    fn give_up<I: Integrator<T, State = S>>(&mut self, integrator: &I) {
        self.spill(integrator);
        self.mode = Mode::Passing;
        self.left = self.pass.max(4 * self.folded);
        self.pass = self.pass.saturating_mul(2);
    }

    /// Keeps the keys that the table has. All of them enter the partitions here, with states of nothing, so that they stand before
    /// those that come after them.
    fn freeze<I: Integrator<T, State = S>>(&mut self, integrator: &I) {
        let keys: Vec<K> = self.table.keys().cloned().collect();
        let mut entries: Vec<(K, S)> = keys.into_iter().map(|key| (key, integrator.init())).collect();
        let lanes: Vec<_> = self.lanes.iter().rev().map(|(lane, first)| (*lane, entries.split_off(*first))).collect();
        lanes.into_iter().rev().for_each(|(lane, entries)| self.deal(lane, entries, integrator));
        self.settle();
        (self.mode, self.left, self.folded) = (Mode::Frozen, WINDOW, 0);
    }

    /// Moves the table's entries into the partitions.
    pub(super) fn spill<I: Integrator<T, State = S>>(&mut self, integrator: &I) {
        for (lane, entries) in self.drain() {
            self.deal(lane, entries, integrator);
        }
        if self.mode == Mode::Frozen {
            (self.mode, self.folded) = (Mode::Filling, 0);
        }
    }

    /// Puts states into their partitions, behind what is there.
    fn deal<I: Integrator<T, State = S>>(&mut self, lane: Lane, entries: Vec<(K, S)>, integrator: &I) {
        self.close(integrator);
        self.split();
        let mut dealt: Vec<Vec<(K, S)>> = (0..PARTITIONS).map(|_| Vec::new()).collect();
        for (key, state) in entries {
            dealt[bucket(&key, PARTITIONS)].push((key, state));
        }
        self.partitions.iter_mut().zip(dealt).for_each(|(partition, states)| partition.take_states(states, lane));
    }

    /// Makes partitions, where there are none yet.
    fn split(&mut self) {
        if !self.is_split() {
            self.buffers.resize_with(PARTITIONS, Vec::new);
            self.partitions.resize_with(PARTITIONS, Partition::new);
        }
    }

    /// Empties all buffers into their partitions.
    fn close<I: Integrator<T, State = S>>(&mut self, integrator: &I) {
        for (partition, buffer) in self.partitions.iter_mut().zip(&mut self.buffers).filter(|(_, buffer)| !buffer.is_empty()) {
            partition.take_values(buffer, self.lane, integrator);
        }
    }

    /// What comes is of this lane, which is after all those before. Lanes that follow each other at a distance may share a memory where
    /// their order makes no difference but to the order of the keys.
    pub(super) fn enter<I: Integrator<T, State = S>>(&mut self, lane: Lane, integrator: &I) {
        self.close(integrator);
        self.lane = lane;
        match self.table.len() {
            0 => self.settle(),
            len => self.lanes.push((lane, len)),
        }
    }

    /// Takes everything out of a memory of what comes after; what is left is of use once more.
    pub(super) fn merge<I: Integrator<T, State = S>>(&mut self, mut other: Self, integrator: &I) -> Self {
        self.redeem(integrator);
        if other.mode == Mode::Drafting {
            other.draft.drain(..).for_each(|(key, value)| self.fold(key, value, integrator));
            return other;
        }
        if other.is_split() {
            other.close(integrator);
            self.spill(integrator);
            self.close(integrator);
            self.split();
            let lane = self.lane;
            self.partitions.iter_mut().zip(std::mem::take(&mut other.partitions)).for_each(|(mine, theirs)| mine.append(lane, theirs));
        }
        let mut states = other.table.drain();
        while self.mode == Mode::Filling
            && let Some((key, state)) = states.next()
        {
            self.absorb(key, state, integrator);
        }
        let mut rest: Vec<(K, S)> = states.collect();
        if self.mode == Mode::Frozen {
            let merge =
                |(key, state)| self.table.update(&key, state, |known, state| integrator.merge(known, state)).map(|state| (key, state));
            rest = rest.into_iter().filter_map(merge).collect();
        }
        if !rest.is_empty() {
            self.deal(self.lane, rest, integrator);
        }
        Self::with_table(other.table)
    }

    fn absorb<I: Integrator<T, State = S>>(&mut self, key: K, state: S, integrator: &I) {
        self.folded += 1;
        if let Some(new) = self.table.update(&key, state, |known, state| integrator.merge(known, state)) {
            self.add(key, new, integrator);
        }
    }

    /// Everything in partitions.
    pub(super) fn into_partitions<I: Integrator<T, State = S>>(mut self, integrator: &I) -> Vec<Partition<K, T, S>> {
        self.spill(integrator);
        self.close(integrator);
        self.partitions
    }
}
