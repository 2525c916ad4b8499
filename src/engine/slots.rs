//! Who may work: the arbitration between the runs of an engine.

use super::desk::Desk;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Who may work: one slot a thread, over all runs of an engine.
///
/// Plain data under one lock, so that borrowed batches and closures stay with the run that owns them. A run that could use another worker
/// stands in `heads` with the rank of its next task; a slot that is free goes to the least of them, at that run's [`Desk`]. A run
/// alone takes the lock when it begins and when it ends.
#[derive(Debug)]
pub(super) struct Slots {
    /// Runs that have begun and not ended: above one, workers ask before each task.
    runs: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    free: usize,
    heads: BTreeSet<(u64, u64)>,
    waiting: BTreeMap<u64, Waiting>,
    issued: u64,
}

/// A run that could use another worker.
#[derive(Debug)]
struct Waiting {
    rank: u64,
    /// How many more workers it could use.
    wanted: usize,
    desk: Arc<Desk>,
}

impl State {
    /// Gives free slots to the runs whose next task has the least rank.
    fn dispatch(&mut self) {
        while self.free > 0
            && let Some(&(_, run)) = self.heads.first()
        {
            let Some(waiting) = self.waiting.get_mut(&run) else { return };
            self.free -= 1;
            waiting.wanted -= 1;
            waiting.desk.grant();
            if waiting.wanted == 0 {
                self.remove(run);
            }
        }
    }

    fn insert(&mut self, run: u64, rank: u64, wanted: usize, desk: &Arc<Desk>) {
        let wanted = wanted + self.remove(run).map_or(0, |before| before.wanted);
        self.heads.insert((rank, run));
        self.waiting.insert(run, Waiting { rank, wanted, desk: desk.clone() });
    }

    /// Whether another run's head goes before a task of this rank. What waits of the run itself ranks no less than what it has come to.
    fn is_behind(&mut self, run: u64, rank: u64) -> bool {
        if self.waiting.get(&run).is_some_and(|waiting| waiting.rank < rank)
            && let Some(waiting) = self.remove(run)
        {
            self.heads.insert((rank, run));
            self.waiting.insert(run, Waiting { rank, ..waiting });
        }
        self.heads.iter().find(|(_, other)| *other != run).is_some_and(|head| *head < (rank, run))
    }

    fn remove(&mut self, run: u64) -> Option<Waiting> {
        let waiting = self.waiting.remove(&run)?;
        self.heads.remove(&(waiting.rank, run));
        Some(waiting)
    }
}

impl Slots {
    pub(super) fn new(free: usize) -> Self {
        let state = State { free, heads: BTreeSet::new(), waiting: BTreeMap::new(), issued: 0 };
        Slots { runs: AtomicUsize::new(0), state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many runs could use another worker.
    pub(super) fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    /// A run begins that could use `wanted` workers; returns its number.
    pub(super) fn enter(&self, rank: u64, wanted: usize, desk: &Arc<Desk>) -> u64 {
        self.runs.fetch_add(1, Ordering::Relaxed);
        let mut state = self.lock();
        let run = state.issued;
        state.issued += 1;
        state.insert(run, rank, wanted, desk);
        state.dispatch();
        run
    }

    /// A run has ended: what it was granted and has not used goes back.
    pub(super) fn exit(&self, run: u64, desk: &Desk) {
        let mut state = self.lock();
        state.remove(run);
        state.free += desk.close();
        state.dispatch();
        drop(state);
        self.runs.fetch_sub(1, Ordering::Relaxed);
    }

    /// A slot for a run of one worker, if one is free and nobody waits.
    pub(super) fn try_take(&self) -> bool {
        let mut state = self.lock();
        let free = state.free > 0 && state.heads.is_empty();
        state.free -= usize::from(free);
        free
    }

    /// Whether there are runs that have workers to share.
    pub(super) fn is_shared(&self) -> bool {
        self.runs.load(Ordering::Relaxed) > 0
    }

    /// A worker has no more to do.
    pub(super) fn give_back(&self) {
        let mut state = self.lock();
        state.free += 1;
        state.dispatch();
    }

    /// A run may have no task left that nobody has taken. `is_left` is asked under the lock: a worker that leaves a lane behind puts it
    /// aside first, and says so under the lock after.
    pub(super) fn exhausted(&self, run: u64, is_left: impl Fn() -> bool) {
        let mut state = self.lock();
        if !is_left() {
            state.remove(run);
        }
    }

    /// Whether the worker whose next task has this rank should give its slot to another run. Takes no lock where there is none.
    pub(super) fn should_yield(&self, run: u64, rank: u64) -> bool {
        self.runs.load(Ordering::Relaxed) > 1 && self.lock().is_behind(run, rank)
    }

    /// A worker gives its slot away and leaves a task of this rank behind.
    pub(super) fn give_way(&self, run: u64, rank: u64, desk: &Arc<Desk>) {
        let mut state = self.lock();
        state.insert(run, rank, 1, desk);
        state.free += 1;
        state.dispatch();
    }
}
