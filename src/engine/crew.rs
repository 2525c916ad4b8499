//! The workers of one run.
//!
//! The calling thread leads: it waits at the run's desk for slots, works on one itself, and spawns a job into a rayon scope of its own for
//! each further one. So batches and closures may be borrowed from its stack, and there are never more jobs in the pool than slots.

use super::Inner;
use super::desk::Desk;
use crossbeam_channel::Receiver;
use rayon::Scope;
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

thread_local! {
    /// Whether this thread works on a task of some run.
    static IN_TASK: Cell<bool> = const { Cell::new(false) };
}

/// Consecutive tasks, to be worked off by one worker after the other.
pub(super) trait Lane: Send {
    /// The rank of its next task.
    fn rank(&self) -> u64;
}

/// Whether a worker is to leave its lane to another run, asked before each task with its rank.
pub(super) type Pause<'p> = &'p dyn Fn(u64) -> bool;

/// Works off all lanes, in their order; `work` returns what is left of a lane where `pause` said so.
pub(super) fn run<L: Lane>(engine: &Inner, lanes: Vec<L>, work: impl Fn(L, Pause<'_>) -> Option<L> + Sync) {
    let in_place = IN_TASK.get() || rayon::current_thread_index().is_some();
    if lanes.len() == 1 && (in_place || engine.slots.try_take()) {
        // One lane, and no slot to wait for: no scope, no desk, no wake-up.
        let _slot = (!in_place).then_some(Slot(engine));
        let _in_task = InTask::begin();
        lanes.into_iter().for_each(|lane| drop(work(lane, &|_| false)));
        return;
    }
    let Some(first) = lanes.first().map(L::rank) else { return };
    let (sender, queue) = crossbeam_channel::bounded(lanes.len());
    let desk = Arc::new(Desk::default());
    let number = engine.slots.enter(first, lanes.len(), &desk);
    for lane in lanes {
        // There is room for all of them, and the receiver lives.
        let _ = sender.send(lane);
    }
    let crew = Crew { engine, number, desk, queue, paused: Mutex::new(Vec::new()), left: AtomicUsize::new(0), work, in_place };
    engine.pool.in_place_scope(|scope| if in_place { crew.work_in_place(scope) } else { crew.lead(scope) });
}

struct Crew<'e, L, W> {
    engine: &'e Inner,
    /// Of the run, among those of the engine.
    number: u64,
    desk: Arc<Desk>,
    queue: Receiver<L>,
    /// Lanes that were begun and left to another run.
    paused: Mutex<Vec<L>>,
    /// How many, to look at without the lock.
    left: AtomicUsize,
    work: W,
    in_place: bool,
}

/// Dropped when the run is over, whatever happened in it.
impl<L, W> Drop for Crew<'_, L, W> {
    fn drop(&mut self) {
        self.engine.slots.exit(self.number, &self.desk);
    }
}

/// A worker's slot, given back when it is dropped.
struct Slot<'e>(&'e Inner);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.slots.give_back();
    }
}

/// Marks the thread as working on a task.
struct InTask(bool);

impl InTask {
    fn begin() -> Self {
        InTask(IN_TASK.replace(true))
    }
}

impl Drop for InTask {
    fn drop(&mut self) {
        IN_TASK.set(self.0);
    }
}

/// Tells the desk that a worker is done.
struct Done<'d>(&'d Desk);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.done();
    }
}

impl<L: Lane, W: Fn(L, Pause<'_>) -> Option<L> + Sync> Crew<'_, L, W> {
    /// Waits for slots, works on one and hires helpers for the others, until all is done.
    fn lead<'s>(&'s self, scope: &Scope<'s>) {
        loop {
            let granted = self.desk.wait(|| self.is_left());
            if granted == 0 {
                return;
            }
            self.hire(scope, granted - 1);
            self.serve(scope);
        }
    }

    /// Works through everything on this thread, which some run or rayon has given already; hires helpers for slots granted meanwhile.
    fn work_in_place<'s>(&'s self, scope: &Scope<'s>) {
        let _in_task = InTask::begin();
        while let Some(lane) = self.claim() {
            self.hire(scope, self.desk.take());
            (self.work)(lane, &|_| false);
        }
        self.engine.slots.exhausted(self.number);
    }

    fn hire<'s>(&'s self, scope: &Scope<'s>, helpers: usize) {
        for _ in 0..helpers {
            scope.spawn(move |scope| self.serve(scope));
        }
    }

    /// Holds one slot, and works until nothing is left or another run is more urgent.
    fn serve<'s>(&'s self, scope: &Scope<'s>) {
        let _done = Done(&self.desk);
        let slot = Slot(self.engine);
        let _in_task = InTask::begin();
        while let Some(lane) = self.claim() {
            self.hire(scope, self.desk.take());
            if let Some(rest) = (self.work)(lane, &|rank| self.should_yield(rank)) {
                let rank = rest.rank();
                self.leave(rest);
                std::mem::forget(slot);
                return self.engine.slots.give_way(self.number, rank, &self.desk);
            }
        }
        self.engine.slots.exhausted(self.number);
    }

    /// A run in place has nobody waiting at its desk who could take a paused lane up again.
    fn should_yield(&self, rank: u64) -> bool {
        !self.in_place && self.engine.slots.should_yield(self.number, rank)
    }

    /// A lane that was left, the least first, or else the next of the queue.
    fn claim(&self) -> Option<L> {
        if self.left.load(Ordering::Relaxed) > 0 {
            let mut paused = self.paused();
            if let Some((least, _)) = paused.iter().enumerate().min_by_key(|(_, lane)| lane.rank()) {
                self.left.fetch_sub(1, Ordering::Relaxed);
                return Some(paused.swap_remove(least));
            }
        }
        self.queue.try_recv().ok()
    }

    /// Leaves the rest of a lane to whoever works next.
    fn leave(&self, lane: L) {
        self.paused().push(lane);
        self.left.fetch_add(1, Ordering::Relaxed);
    }

    fn is_left(&self) -> bool {
        !self.queue.is_empty() || !self.paused().is_empty()
    }

    fn paused(&self) -> MutexGuard<'_, Vec<L>> {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
