//! The coordination of runs under many orders of events: the sources themselves, over locks and threads whose order is chosen at random.
//!
//! Each scenario is tried some hundred times; `MICROBATCH_TIMES=1000` tries it a thousand times as often.

// The parts of the engine are compiled here for what is tried of them.
#![allow(dead_code)]

#[path = "../src/engine/arbiter.rs"]
mod arbiter;
#[path = "../src/engine/crew.rs"]
mod crew;
#[path = "../src/engine/desk.rs"]
mod desk;
#[path = "../src/schedule/fair.rs"]
mod fair;
#[path = "../src/stage/scheduler.rs"]
mod scheduler;
#[path = "../src/engine/slots.rs"]
mod slots;
#[path = "interleavings/sync.rs"]
mod sync;
#[path = "../src/data/task.rs"]
mod task;

mod data {
    pub use crate::task::Task;
    pub(crate) use crate::task::nanos;
}

mod stage {
    pub use crate::scheduler::Scheduler;
}

mod broken {
    pub fn forget<T>(left: T) {
        drop(left);
    }
}

mod limit {
    /// Nothing stops a run here.
    pub struct Limit;

    impl Limit {
        pub fn reached(&self) -> bool {
            false
        }

        pub fn is_some(&self) -> bool {
            false
        }
    }
}

use arbiter::{Arbiter, Head};
use crew::{Alone, Answer, Ask, Turn, Worked};
use data::Task;
use fair::Fair;
use limit::Limit;
use slots::Slots;
use stage::Scheduler;
use std::sync::Arc;
use std::time::Duration;
use sync::{AtomicUsize, Mutex, Ordering, Pool};

/// What an engine is made of, as far as it coordinates.
struct Inner {
    pool: Pool,
    slots: Slots,
    arbiter: Option<Arbiter>,
}

impl Inner {
    fn new(threads: usize, policy: Option<Box<dyn Scheduler>>) -> Arc<Self> {
        Arc::new(Inner { pool: Pool(threads), slots: Slots::new(threads), arbiter: policy.map(Arbiter::new) })
    }

    fn head(&self, task: Task) -> Head {
        let rank = 255 - u64::from(task.priority);
        match &self.arbiter {
            Some(arbiter) => arbiter.head(task, desk::Served::default()),
            None => Head { now: rank, settled: rank, next: rank, task },
        }
    }
}

/// Consecutive tasks: how many are left of how many.
struct Lane {
    left: usize,
    done: usize,
    panicked: bool,
}

fn task(priority: u8) -> Task {
    Task { priority, cost: Duration::from_nanos(700), ..Task::default() }
}

/// Works a lane off as the engine does; each task does `what`.
fn work(lane: &mut Lane, ask: Ask<'_>, priority: u8, what: &impl Fn()) -> Worked {
    while lane.left > 0 {
        match ask(Turn { task: &|| task(priority), done: lane.done }) {
            Answer::Run(_) => {}
            Answer::Leave => return Worked::Paused,
            Answer::Panicked(_) => {
                lane.panicked = true;
                return Worked::Done;
            }
        }
        what();
        (lane.left, lane.done) = (lane.left - 1, lane.done + 1);
    }
    Worked::Done
}

/// A run of so many lanes of so many tasks; what became of the lanes. One lane begins on the calling thread alone.
fn run(engine: &Inner, lanes: usize, tasks: usize, priority: u8, what: impl Fn() + Sync) -> Vec<Lane> {
    let fresh = || Lane { left: tasks, done: 0, panicked: false };
    let slot = if lanes == 1 {
        let mut lane = fresh();
        match crew::alone(engine, |_| Some(1), |ask| work(&mut lane, ask, priority, &what)) {
            Alone::Done => return vec![lane],
            Alone::Share(slot) => slot,
        }
    } else {
        None
    };
    let first = engine.head(task(priority));
    let all = (0..lanes).map(|_| fresh()).collect();
    crew::run(engine, first, &Limit, all, slot, |lane: &mut Lane, ask| work(lane, ask, priority, &what))
}

/// A run that must be done to its end.
fn runs_through(engine: &Inner, lanes: usize, tasks: usize, priority: u8, what: impl Fn() + Sync) {
    let ended = run(engine, lanes, tasks, priority, what);
    assert_eq!(ended.len(), lanes, "no lane is lost");
    assert!(ended.iter().all(|lane| lane.left == 0 && !lane.panicked), "each is done");
}

/// Tries many orders of events. After each all slots are free and nobody waits.
fn tries(
    threads: usize,
    policy: impl Fn() -> Option<Box<dyn Scheduler>> + Send + Sync + 'static,
    scenario: impl Fn(&Arc<Inner>) + Send + Sync + 'static,
) {
    let times = std::env::var("MICROBATCH_TIMES").ok().and_then(|times| times.parse().ok()).unwrap_or(1);
    let one = Arc::new(move || {
        let engine = Inner::new(threads, policy());
        scenario(&engine);
        assert_eq!(engine.slots.waiting(), 0);
        for slot in 0..threads {
            assert!(engine.slots.try_take(), "slot {slot} is lost");
        }
        assert!(!engine.slots.try_take(), "more slots than threads");
    });
    let again = one.clone();
    shuttle::check_random(move || again(), 100 * times);
    shuttle::check_pct(move || one(), 100 * times, 5);
}

/// Several runs at once: lanes, tasks in each, and priority of each. Never more tasks at a time than slots.
fn at_once(threads: usize, policy: fn() -> Option<Box<dyn Scheduler>>, runs: &'static [(usize, usize, u8)]) {
    tries(threads, policy, move |engine| {
        let running = Arc::new(AtomicUsize::new(0));
        let start = |(lanes, tasks, priority): (usize, usize, u8)| {
            let (engine, running) = (engine.clone(), running.clone());
            shuttle::thread::spawn(move || {
                runs_through(&engine, lanes, tasks, priority, || {
                    assert!(running.fetch_add(1, Ordering::Relaxed) < threads, "more tasks at once than slots");
                    shuttle::thread::yield_now();
                    running.fetch_sub(1, Ordering::Relaxed);
                });
            })
        };
        let started: Vec<_> = runs.iter().copied().map(start).collect();
        started.into_iter().for_each(|run| run.join().unwrap());
    });
}

fn fair() -> Option<Box<dyn Scheduler>> {
    Some(Box::new(Fair::new()))
}

/// Another rank at each call.
struct Fickle(Mutex<u64>);

impl Scheduler for Fickle {
    fn rank(&self, _: &Task) -> u64 {
        let mut last = self.0.lock().unwrap();
        *last = last.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *last >> 60
    }
}

fn fickle() -> Option<Box<dyn Scheduler>> {
    Some(Box::new(Fickle(Mutex::new(1))))
}

#[test]
fn runs_of_one_rank_share_slots() {
    at_once(1, || None, &[(2, 2, 0), (2, 1, 0)]);
    at_once(2, || None, &[(3, 2, 0), (2, 2, 0), (1, 3, 0)]);
}

#[test]
fn an_urgent_run_overtakes() {
    at_once(1, || None, &[(2, 3, 0), (1, 2, 9)]);
    at_once(2, || None, &[(3, 2, 0), (2, 2, 9), (1, 1, 5)]);
}

#[test]
fn fair_runs_take_turns() {
    at_once(1, fair, &[(2, 3, 0), (2, 3, 1)]);
    at_once(2, fair, &[(3, 2, 0), (3, 2, 0), (1, 2, 3)]);
}

#[test]
fn ranks_may_change_at_any_time() {
    at_once(1, fickle, &[(2, 2, 0), (2, 2, 0), (1, 2, 0)]);
    at_once(2, fickle, &[(3, 2, 0), (3, 2, 0), (3, 1, 0)]);
}

#[test]
fn a_run_inside_a_task_never_waits_for_a_slot() {
    for (threads, policy) in [(1, (|| None) as fn() -> Option<Box<dyn Scheduler>>), (1, fair), (2, || None), (2, fair)] {
        tries(threads, policy, |engine| {
            let start = |inner: usize| {
                let engine = engine.clone();
                shuttle::thread::spawn(move || runs_through(&engine, 2, 1, 0, || runs_through(&engine, inner, 1, 0, || ())))
            };
            let started = [start(1), start(2)];
            started.into_iter().for_each(|run| run.join().unwrap());
        });
    }
}

/// Panics at every third call.
struct Brittle(Mutex<u64>);

impl Scheduler for Brittle {
    fn rank(&self, _: &Task) -> u64 {
        let call = {
            let mut calls = self.0.lock().unwrap();
            *calls += 1;
            *calls
        };
        // Without the message on standard error that `panic!` would print each time.
        if call > 4 && call.is_multiple_of(3) {
            std::panic::resume_unwind(Box::new("no rank"));
        }
        call
    }
}

#[test]
fn a_policy_that_panics_loses_no_slot_and_no_lane() {
    tries(
        2,
        || Some(Box::new(Brittle(Mutex::new(0)))),
        |engine| {
            let start = |_| {
                let engine = engine.clone();
                shuttle::thread::spawn(move || {
                    if let Ok(ended) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| engine.head(task(0)))) {
                        let first = |_: &Inner| ended.clone();
                        let lanes = (0..2).map(|_| Lane { left: 2, done: 0, panicked: false }).collect();
                        let all =
                            crew::run(&engine, first(&engine), &Limit, lanes, None, |lane: &mut Lane, ask| work(lane, ask, 0, &|| ()));
                        assert!(all.len() == 2 && all.iter().all(|lane| lane.left == 0 || lane.panicked));
                    }
                })
            };
            let started: Vec<_> = (0..2).map(start).collect();
            started.into_iter().for_each(|run| run.join().unwrap());
        },
    );
}
