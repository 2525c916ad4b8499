//! Who may work: the arbitration between the runs of an engine.

use super::arbiter::Head;
use super::desk::{Desk, Served};
use super::sync::{Arc, AtomicUsize, Mutex, MutexGuard, Ordering, PoisonError};
use crate::data::Task;
use std::collections::{BTreeMap, BTreeSet};

/// Who may work: one slot a thread, over all runs of an engine.
///
/// Plain data under one lock, so that borrowed batches and closures stay with the run that owns them. A run that could use another worker
/// stands in `heads` with the rank of its next task; a slot that is free goes to the least of them, at that run's [`Desk`]. A run
/// alone takes the lock when it begins and when it ends. Ranks are asked for before the lock is taken.
#[derive(Debug)]
pub(super) struct Slots {
    /// Runs that have begun and not ended: above one, workers ask before each task.
    runs: AtomicUsize,
    /// How many there are, free or not.
    all: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    free: usize,
    heads: BTreeSet<(u64, u64)>,
    waiting: BTreeMap<u64, Waiting>,
    issued: u64,
    /// The run that was ranked anew last.
    turn: u64,
}

/// A run that could use another worker.
#[derive(Debug)]
struct Waiting {
    head: Head,
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
            let Some(mut waiting) = self.remove(run) else { return };
            self.free -= 1;
            waiting.wanted -= 1;
            waiting.desk.grant();
            if waiting.wanted > 0 {
                waiting.head.now = waiting.head.next;
                self.put(run, waiting);
            }
        }
    }

    fn insert(&mut self, run: u64, head: Head, wanted: usize, desk: &Arc<Desk>) {
        let wanted = wanted + self.remove(run).map_or(0, |before| before.wanted);
        self.put(run, Waiting { head, wanted, desk: desk.clone() });
    }

    fn put(&mut self, run: u64, waiting: Waiting) {
        self.heads.insert((waiting.head.now, run));
        self.waiting.insert(run, waiting);
    }

    fn remove(&mut self, run: u64) -> Option<Waiting> {
        let waiting = self.waiting.remove(&run)?;
        self.heads.remove(&(waiting.head.now, run));
        Some(waiting)
    }

    /// Whether another run's head goes before a task of this rank.
    fn is_behind(&self, run: u64, rank: u64) -> bool {
        self.heads.iter().find(|(_, other)| *other != run).is_some_and(|head| *head < (rank, run))
    }

    /// A worker of the run has taken this task: what waits of it ranks no less than what comes after.
    fn advance(&mut self, run: u64, head: &Head) {
        if self.waiting.get(&run).is_some_and(|waiting| waiting.head.now < head.next)
            && let Some(waiting) = self.remove(run)
        {
            self.put(run, Waiting { head: Head { now: head.next, ..head.clone() }, ..waiting });
        }
    }
}

impl Slots {
    pub(super) fn new(free: usize) -> Self {
        let state = State { free, heads: BTreeSet::new(), waiting: BTreeMap::new(), issued: 0, turn: 0 };
        Slots { runs: AtomicUsize::new(0), all: free, state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many there are, free or not.
    pub(super) fn all(&self) -> usize {
        self.all
    }

    /// How many runs could use another worker.
    pub(super) fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    /// A run begins that could use `wanted` workers; returns its number.
    pub(super) fn enter(&self, head: Head, wanted: usize, desk: &Arc<Desk>) -> u64 {
        self.runs.fetch_add(1, Ordering::Relaxed);
        let mut state = self.lock();
        let run = state.issued;
        state.issued += 1;
        state.insert(run, head, wanted, desk);
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

    /// Whether several runs share the slots. Takes no lock.
    #[inline]
    pub(super) fn is_contested(&self) -> bool {
        self.runs.load(Ordering::Relaxed) > 1
    }

    /// Whether the worker whose next task this is goes on with it, and does not give its slot to another run; a worker that was just
    /// granted its slot does in any case.
    pub(super) fn may_go_on(&self, run: u64, head: &Head, is_granted: bool) -> bool {
        let mut state = self.lock();
        let goes_on = is_granted || !state.is_behind(run, head.now);
        if goes_on {
            state.advance(run, head);
        }
        goes_on
    }

    /// The run that is to be ranked anew, another one each time: the task it was ranked by, and how long it has been served since.
    pub(super) fn rival(&self, of: u64) -> Option<(u64, Task, Served)> {
        let mut state = self.lock();
        let after = (state.waiting.range(state.turn + 1..)).chain(state.waiting.range(..=state.turn));
        let (run, rival) = after.map(|(run, waiting)| (*run, waiting)).find(|(run, _)| *run != of)?;
        let found = (run, rival.head.task.clone(), rival.desk.served());
        state.turn = run;
        Some(found)
    }

    /// A run that waits has another rank now.
    pub(super) fn rerank(&self, run: u64, head: Head) {
        let mut state = self.lock();
        if let Some(waiting) = state.remove(run) {
            state.put(run, Waiting { head, ..waiting });
        }
    }

    /// A worker gives its slot away and leaves this task behind.
    pub(super) fn give_way(&self, run: u64, head: Head, desk: &Arc<Desk>) {
        let mut state = self.lock();
        state.insert(run, head, 1, desk);
        state.free += 1;
        state.dispatch();
    }
}
