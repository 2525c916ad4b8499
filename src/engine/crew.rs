//! The workers of one run.
//!
//! The calling thread leads: it waits at the run's desk for slots, works on one itself, and spawns a job into a rayon scope of its own for
//! each further one. So batches and closures may be borrowed from its stack, and there are never more jobs in the pool than slots.

use super::Inner;
use super::desk::Desk;
use super::limit::Limit;
use crossbeam_channel::{Receiver, Sender, bounded};
use rayon::Scope;
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

thread_local! {
    /// Whether this thread works on a task of some run.
    static IN_TASK: Cell<bool> = const { Cell::new(false) };
}

/// Records of small batches that may be run as one while others might come to want the worker.
const PIECE: usize = 4096;

/// Asked by a worker before each task.
pub(super) struct Turn {
    /// The rank of the task.
    pub(super) rank: u64,
    /// How many records of the lane are done.
    pub(super) done: usize,
}

/// Says how many records may be run before this is asked again, a batch at least; nothing where the worker is to leave its lane.
pub(super) type Ask<'a> = &'a dyn Fn(Turn) -> Option<usize>;

/// What became of a lane in a worker's hands.
pub(super) enum Worked {
    Done,
    /// It was to be left, before a task of this rank.
    Paused(u64),
}

/// How far the calling thread has come with a lane by itself.
pub(super) enum Alone<'e> {
    Done,
    /// Others are to help: with the slot that is still held, if any.
    Share(Option<Slot<'e>>),
}

/// Works on a lane on the calling thread and wakes nobody, for as long as `go_on` says so and no other run wants workers.
pub(super) fn alone<'e>(engine: &'e Inner, go_on: impl Fn(Turn) -> Option<usize>, work: impl FnOnce(Ask<'_>) -> Worked) -> Alone<'e> {
    let in_place = is_in_place();
    if !in_place && !engine.slots.try_take() {
        return Alone::Share(None);
    }
    let slot = (!in_place).then(|| Slot(engine));
    let _in_task = InTask::begin();
    match work(&|turn| if in_place || !engine.slots.is_shared() { go_on(turn) } else { None }) {
        Worked::Done => Alone::Done,
        Worked::Paused(_) => Alone::Share(slot),
    }
}

/// Works on a lane on the calling thread and nowhere else, as soon as a slot is granted.
pub(super) fn wait_alone(engine: &Inner, rank: u64, limit: &Limit, work: impl FnOnce(Ask<'_>)) {
    let desk = Arc::new(Desk::default());
    let number = engine.slots.enter(rank, 1, &desk);
    // None is granted where the run is stopped while it waits, which its lane finds out by itself.
    let slot = (desk.wait(|| true, limit) > 0).then(|| Slot(engine));
    let in_task = InTask::begin();
    work(&|_| Some(usize::MAX));
    drop(in_task);
    drop(slot);
    engine.slots.exit(number, &desk);
}

/// Whether the calling thread works for some run or for rayon already.
fn is_in_place() -> bool {
    IN_TASK.get() || rayon::current_thread_index().is_some()
}

/// Works off all lanes, in their order; returns them in whatever order they were done. `rank` is that of the very first task; a slot that is held
/// goes to whichever run is the most urgent, this one among them.
pub(super) fn run<L: Send>(
    engine: &Inner,
    rank: u64,
    limit: &Limit,
    lanes: Vec<L>,
    slot: Option<Slot<'_>>,
    work: impl Fn(&mut L, Ask<'_>) -> Worked + Sync,
) -> Vec<L> {
    let in_place = is_in_place();
    let (sender, queue) = bounded(lanes.len());
    let (done, results) = bounded(lanes.len());
    let desk = Arc::new(Desk::default());
    let number = engine.slots.enter(rank, lanes.len(), &desk);
    drop(slot);
    for lane in lanes {
        // There is room for all of them, and the receiver lives.
        let _ = sender.send(lane);
    }
    let crew = Crew { engine, number, desk, queue, paused: Mutex::new(Vec::new()), left: AtomicUsize::new(0), work, done, in_place, limit };
    engine.pool.in_place_scope(|scope| if in_place { crew.work_in_place(scope) } else { crew.lead(scope) });
    drop(crew);
    results.try_iter().collect()
}

struct Crew<'e, L, W> {
    engine: &'e Inner,
    /// Of the run, among those of the engine.
    number: u64,
    desk: Arc<Desk>,
    queue: Receiver<L>,
    /// Lanes that were begun and left to another run, with the ranks of their next tasks.
    paused: Mutex<Vec<(u64, L)>>,
    /// How many, to look at without the lock.
    left: AtomicUsize,
    work: W,
    done: Sender<L>,
    in_place: bool,
    limit: &'e Limit,
}

/// Dropped when the run is over, whatever happened in it.
impl<L, W> Drop for Crew<'_, L, W> {
    fn drop(&mut self) {
        self.engine.slots.exit(self.number, &self.desk);
    }
}

/// A worker's slot, given back when it is dropped.
pub(super) struct Slot<'e>(&'e Inner);

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
struct Left<'d>(&'d Desk);

impl Drop for Left<'_> {
    fn drop(&mut self) {
        self.0.done();
    }
}

impl<L: Send, W: Fn(&mut L, Ask<'_>) -> Worked + Sync> Crew<'_, L, W> {
    /// Waits for slots, works on one and hires helpers for the others, until all is done.
    fn lead<'s>(&'s self, scope: &Scope<'s>) {
        loop {
            let granted = self.desk.wait(|| self.is_left(), self.limit);
            if granted == 0 {
                // Where the run was stopped while it waited, its lanes say so, each by itself.
                return while let Some(lane) = self.claim() {
                    self.work(lane, scope, &Cell::new(true));
                };
            }
            self.hire(scope, granted - 1);
            self.serve(scope);
        }
    }

    /// Works through everything on this thread, which some run or rayon has given already; hires helpers for slots granted meanwhile.
    fn work_in_place<'s>(&'s self, scope: &Scope<'s>) {
        let _in_task = InTask::begin();
        while let Some(lane) = self.claim() {
            self.work(lane, scope, &Cell::new(true));
        }
        self.engine.slots.exhausted(self.number, || self.is_left());
    }

    fn hire<'s>(&'s self, scope: &Scope<'s>, helpers: usize) {
        for _ in 0..helpers {
            scope.spawn(move |scope| self.serve(scope));
        }
    }

    /// Holds one slot, and works until nothing is left or another run is more urgent.
    fn serve<'s>(&'s self, scope: &Scope<'s>) {
        let _left = Left(&self.desk);
        let slot = Slot(self.engine);
        let _in_task = InTask::begin();
        // A slot that was just granted is for one task at least, whoever has come since.
        let granted = Cell::new(true);
        while let Some(lane) = self.claim() {
            if let Some((rank, rest)) = self.work(lane, scope, &granted) {
                self.paused().push((rank, rest));
                self.left.fetch_add(1, Ordering::Relaxed);
                std::mem::forget(slot);
                return self.engine.slots.give_way(self.number, rank, &self.desk);
            }
        }
        self.engine.slots.exhausted(self.number, || self.is_left());
    }

    /// Works on a lane; what is left of it where another run is more urgent. A run in place has nobody waiting at its desk who could take
    /// such a rest up again. Between tasks helpers are hired for slots that were granted meanwhile.
    fn work<'s>(&'s self, mut lane: L, scope: &Scope<'s>, granted: &Cell<bool>) -> Option<(u64, L)> {
        let go_on = |turn: Turn| {
            self.hire(scope, self.desk.take());
            let leave = !self.in_place && !granted.replace(false) && self.engine.slots.should_yield(self.number, turn.rank);
            (!leave).then_some(PIECE)
        };
        match (self.work)(&mut lane, &go_on) {
            Worked::Paused(rank) => Some((rank, lane)),
            Worked::Done => {
                // There is room for all of them, and the receiver lives.
                let _ = self.done.send(lane);
                None
            }
        }
    }

    /// A lane that was left, the least first, or else the next of the queue.
    fn claim(&self) -> Option<L> {
        if self.left.load(Ordering::Relaxed) > 0 {
            let mut paused = self.paused();
            if let Some((least, _)) = paused.iter().enumerate().min_by_key(|(_, (rank, _))| *rank) {
                self.left.fetch_sub(1, Ordering::Relaxed);
                return Some(paused.swap_remove(least).1);
            }
        }
        self.queue.try_recv().ok()
    }

    fn is_left(&self) -> bool {
        !self.queue.is_empty() || !self.paused().is_empty()
    }

    fn paused(&self) -> MutexGuard<'_, Vec<(u64, L)>> {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
