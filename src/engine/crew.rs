//! The workers of one run.
//!
//! The calling thread leads: it waits at the run's desk for slots, works on one itself, and spawns a job into a rayon scope of its own for
//! each further one. So batches and closures may be borrowed from its stack, and there are never more jobs in the pool than slots.

use super::Inner;
use super::arbiter::{Arbiter, Claim, Head};
use super::broken::forget;
use super::desk::Desk;
use super::limit::Limit;
use super::sync::{Arc, AtomicUsize, Instant, Mutex, MutexGuard, Ordering, PoisonError, Scope, current_thread_index, thread_local};
use crate::data::Task;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

thread_local! {
    /// Whether this thread works on a task of some run.
    static IN_TASK: Cell<bool> = const { Cell::new(false) };
}

/// Records of small batches that may be run as one while others might come to want the worker.
const PIECE: usize = 4096;

/// A run's own thread does not stay in tasks that take longer, where slots may come free meanwhile that nobody else can take for the run. To wake
/// another in its place takes a twentieth of that.
const LONG: Duration = Duration::from_millis(1);

/// Asked by a worker before each task.
pub(super) struct Turn<'t> {
    /// The task, for a policy that wants to see it.
    pub(super) task: &'t dyn Fn() -> Task,
    /// How many records of the lane are done.
    pub(super) done: usize,
}

/// What a worker is told.
pub(super) enum Answer {
    /// To run so many records before it asks again, a batch at least.
    Run(usize),
    /// To leave its lane.
    Leave,
    /// That the engine's policy panicked.
    Panicked(Box<dyn Any + Send>),
}

pub(super) type Ask<'a> = &'a dyn Fn(Turn<'_>) -> Answer;

/// What became of a lane in a worker's hands.
pub(super) enum Worked {
    Done,
    /// It was to be left.
    Paused,
}

/// How far the calling thread has come with a lane by itself.
pub(super) enum Alone<'e> {
    Done,
    /// Others are to help: with the slot that is still held, if any.
    Share(Option<Slot<'e>>),
}

/// Works on a lane on the calling thread and wakes nobody, for as long as `go_on` says so and no other run wants workers.
pub(super) fn alone<'e>(engine: &'e Inner, go_on: impl Fn(usize) -> Option<usize>, work: impl FnOnce(Ask<'_>) -> Worked) -> Alone<'e> {
    let in_place = is_in_place();
    if !in_place && !engine.slots.try_take() {
        return Alone::Share(None);
    }
    let slot = (!in_place).then(|| Slot(engine));
    let _in_task = InTask::begin();
    let may_go_on = |done| if in_place || !engine.slots.is_shared() { go_on(done) } else { None };
    match work(&|turn| may_go_on(turn.done).map_or(Answer::Leave, Answer::Run)) {
        Worked::Done => Alone::Done,
        Worked::Paused => Alone::Share(slot),
    }
}

/// Works on a lane on the calling thread and nowhere else, as soon as a slot is granted.
pub(super) fn wait_alone(engine: &Inner, first: Head, limit: &Limit, work: impl FnOnce(Ask<'_>)) {
    let desk = Arc::new(Desk::default());
    let number = engine.slots.enter(first, 1, &desk);
    // None is granted where the run is stopped while it waits, which its lane finds out by itself.
    let slot = (desk.wait(|| true, limit) > 0).then(|| Slot(engine));
    let in_task = InTask::begin();
    work(&|_| Answer::Run(usize::MAX));
    drop(in_task);
    drop(slot);
    engine.slots.exit(number, &desk);
}

/// Whether the calling thread works for some run or for rayon already.
fn is_in_place() -> bool {
    IN_TASK.with(Cell::get) || current_thread_index().is_some()
}

/// Works off all lanes, in their order; returns them in whatever order they were done. `first` is the very first task; a slot that is held
/// goes to whichever run is the most urgent, this one among them.
pub(super) fn run<L: Send>(
    engine: &Inner,
    first: Head,
    limit: &Limit,
    lanes: Vec<L>,
    slot: Option<Slot<'_>>,
    work: impl Fn(&mut L, Ask<'_>) -> Worked + Sync,
) -> Vec<L> {
    let in_place = is_in_place();
    let (sender, queue) = bounded(lanes.len());
    let (done, results) = bounded(lanes.len());
    let desk = Arc::new(Desk::default());
    let number = engine.slots.enter(first.clone(), lanes.len(), &desk);
    drop(slot);
    for lane in (0..).zip(lanes) {
        // There is room for all of them, and the receiver lives.
        let _ = sender.send(lane);
    }
    let (paused, left) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    let crew = Crew { engine, number, first, desk, queue, paused, left, work, done, in_place, limit };
    engine.pool.in_place_scope(|scope| if in_place { crew.work_in_place(scope) } else { crew.lead(scope) });
    drop(crew);
    results.try_iter().collect()
}

struct Crew<'e, L, W> {
    engine: &'e Inner,
    /// Of the run, among those of the engine.
    number: u64,
    /// What stands for every task where the engine has no policy of its own.
    first: Head,
    desk: Arc<Desk>,
    /// Lanes with their places among the others.
    queue: Receiver<(usize, L)>,
    /// Those that were begun and left to another run.
    paused: Mutex<Vec<(usize, L)>>,
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

/// What a worker knows of its place.
struct Worker<'e> {
    /// Whether its slot was just granted: that is for one task at least, whoever has come since.
    granted: Cell<bool>,
    /// The task it claimed last, where other runs competed for it.
    claim: Cell<Option<Claim<'e>>>,
    /// The task it left to make way, where the engine has a policy of its own.
    left: Cell<Option<Head>>,
    /// Of the run's own thread: when it began its last task, if there was use for more workers then.
    began: Option<Cell<Option<Instant>>>,
    /// Whether it left its lane to a helper, and the slot with it.
    hands_over: Cell<bool>,
}

impl Worker<'_> {
    fn new() -> Self {
        Worker { granted: Cell::new(true), claim: Cell::new(None), left: Cell::new(None), began: None, hands_over: Cell::new(false) }
    }

    /// The run's own thread.
    fn leading() -> Self {
        Worker { began: Some(Cell::new(None)), ..Self::new() }
    }
}

/// A worker's slot, given back when it is dropped.
pub(super) struct Slot<'e>(pub(super) &'e Inner);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.slots.give_back();
    }
}

/// Marks the thread as working on a task.
pub(super) struct InTask(bool);

impl InTask {
    pub(super) fn begin() -> Self {
        InTask(IN_TASK.with(|in_task| in_task.replace(true)))
    }
}

impl Drop for InTask {
    fn drop(&mut self) {
        IN_TASK.with(|in_task| in_task.set(self.0));
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
    /// Waits for slots, works on one and hires helpers for the others, until all is done. Where tasks are long it hires helpers for all of them,
    /// to be there when a slot comes free.
    fn lead<'s>(&'s self, scope: &Scope<'s>) {
        let mut waits = false;
        loop {
            let granted = self.desk.wait(|| self.is_left(), self.limit);
            if granted == 0 {
                // Where the run was stopped while it waited, its lanes say so, each by itself.
                return while let Some(lane) = self.claim() {
                    self.work(lane, scope, &Worker::new());
                };
            }
            if waits {
                self.hire(scope, granted);
            } else {
                self.hire(scope, granted - 1);
                waits = self.serve(scope, &Worker::leading());
            }
        }
    }

    /// Works through everything on this thread, which some run or rayon has given already; hires helpers for slots granted meanwhile.
    fn work_in_place<'s>(&'s self, scope: &Scope<'s>) {
        let _in_task = InTask::begin();
        while let Some(lane) = self.claim() {
            self.work(lane, scope, &Worker::new());
        }
        self.engine.slots.exhausted(self.number, || self.is_left());
    }

    fn hire<'s>(&'s self, scope: &Scope<'s>, helpers: usize) {
        for _ in 0..helpers {
            scope.spawn(move |scope| _ = self.serve(scope, &Worker::new()));
        }
    }

    /// Holds one slot, and works until nothing is left or another run is more urgent; or hands over to a helper, which it says.
    fn serve<'s>(&'s self, scope: &Scope<'s>, worker: &Worker<'s>) -> bool {
        let (left, slot) = (Left(&self.desk), Slot(self.engine));
        let _in_task = InTask::begin();
        while let Some(lane) = self.claim() {
            if let Some(rest) = self.work(lane, scope, worker) {
                self.paused().push(rest);
                self.left.fetch_add(1, Ordering::Relaxed);
                std::mem::forget(slot);
                if worker.hands_over.get() {
                    std::mem::forget(left);
                    self.hire(scope, 1);
                    return true;
                }
                let head = worker.left.take().unwrap_or_else(|| self.first.clone());
                self.engine.slots.give_way(self.number, head, &self.desk);
                return false;
            }
        }
        self.engine.slots.exhausted(self.number, || self.is_left());
        false
    }

    /// Works on a lane; what is left of it where another run is more urgent. A run in place has nobody waiting at its desk who could take
    /// such a rest up again. Between tasks helpers are hired for slots that were granted meanwhile.
    fn work<'s>(&'s self, (place, mut lane): (usize, L), scope: &Scope<'s>, worker: &Worker<'s>) -> Option<(usize, L)> {
        let go_on = |turn: Turn<'_>| {
            self.hire(scope, self.desk.take());
            if self.in_place || !self.engine.slots.is_contested() {
                worker.granted.set(false);
                worker.claim.set(None);
                return if self.hands_over(worker) { Answer::Leave } else { Answer::Run(PIECE) };
            }
            self.compete(worker, turn)
        };
        match (self.work)(&mut lane, &go_on) {
            Worked::Paused => Some((place, lane)),
            Worked::Done => {
                // There is room for all of them, and the receiver lives.
                let _ = self.done.send(lane);
                None
            }
        }
    }

    /// Whether a worker goes on, where other runs want its slot.
    fn compete<'s>(&'s self, worker: &Worker<'s>, turn: Turn<'_>) -> Answer {
        let is_granted = worker.granted.replace(false);
        let Some(arbiter) = &self.engine.arbiter else {
            let goes_on = self.engine.slots.may_go_on(self.number, &self.first, is_granted) && !self.hands_over(worker);
            return if goes_on { Answer::Run(PIECE) } else { Answer::Leave };
        };
        // What it has done counts by now.
        worker.claim.set(None);
        let head = match self.ask(arbiter, turn) {
            Ok(head) => head,
            Err(payload) => return Answer::Panicked(payload),
        };
        if !self.engine.slots.may_go_on(self.number, &head, is_granted) {
            worker.left.set(Some(head));
            return Answer::Leave;
        }
        if self.hands_over(worker) {
            return Answer::Leave;
        }
        worker.claim.set(Some(arbiter.claim(&self.desk, &head)));
        Answer::Run(PIECE)
    }

    /// Whether the run's own thread leaves its next task to a helper, as its last one was long and it is to take slots that come free.
    #[inline]
    fn hands_over(&self, worker: &Worker<'_>) -> bool {
        // As a rule all slots are taken, and nothing else need be known.
        self.desk.working() < self.engine.slots.all() && self.is_late(worker)
    }

    /// Whether it is long since it was seen that there is use for more workers.
    #[cold]
    fn is_late(&self, worker: &Worker<'_>) -> bool {
        let Some(began) = &worker.began else { return false };
        let has_use = !self.queue.is_empty();
        let before = began.replace(has_use.then(Instant::now));
        let is_late = has_use && before.is_some_and(|began| began.elapsed() >= LONG);
        worker.hands_over.set(is_late);
        is_late
    }

    /// Asks for the rank of the next task; and of one of those that wait, as it may be another by now. Where the policy panics there, that run
    /// keeps the rank it has, and hears of it when it asks by itself.
    fn ask(&self, arbiter: &Arbiter, turn: Turn<'_>) -> Result<Head, Box<dyn Any + Send>> {
        if let Some((run, task, served)) = self.engine.slots.rival(self.number) {
            match catch_unwind(AssertUnwindSafe(|| arbiter.head(task, served))) {
                Ok(head) => self.engine.slots.rerank(run, head),
                Err(payload) => forget(payload),
            }
        }
        catch_unwind(AssertUnwindSafe(|| arbiter.head((turn.task)(), self.desk.served())))
    }

    /// A lane that was left, the first of them, or else the next of the queue.
    fn claim(&self) -> Option<(usize, L)> {
        if self.left.load(Ordering::Relaxed) > 0 {
            let mut paused = self.paused();
            if let Some((first, _)) = paused.iter().enumerate().min_by_key(|(_, (place, _))| *place) {
                self.left.fetch_sub(1, Ordering::Relaxed);
                return Some(paused.swap_remove(first));
            }
        }
        self.queue.try_recv().ok()
    }

    fn is_left(&self) -> bool {
        !self.queue.is_empty() || !self.paused().is_empty()
    }

    fn paused(&self) -> MutexGuard<'_, Vec<(usize, L)>> {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
