//! In place of `src/engine/sync.rs`: threads and locks whose order of events is chosen by the test.

pub use shuttle::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
pub use shuttle::sync::{Arc, Condvar, Mutex, MutexGuard};
pub use shuttle::thread_local;
pub use std::sync::PoisonError;

use std::collections::VecDeque;
use std::time::Duration;

/// A clock on which no time passes, so that an order of events can be had again.
#[derive(Clone, Copy)]
pub struct Instant;

impl Instant {
    pub fn now() -> Self {
        Instant
    }

    pub fn elapsed(&self) -> Duration {
        // Long enough for a run's own thread to hand its work over.
        Duration::from_millis(1)
    }
}

/// There is no rayon job here.
pub fn current_thread_index() -> Option<usize> {
    None
}

type Job<'s> = Box<dyn FnOnce(&Scope<'s>) + Send + 's>;

/// The like of rayon's scope: jobs that borrow from the caller, on threads of their own.
pub struct Scope<'s> {
    state: Mutex<State<'s>>,
    bell: Condvar,
}

struct State<'s> {
    jobs: VecDeque<Job<'s>>,
    /// Jobs that were spawned and have not ended; one more while the scope is open.
    open: usize,
}

impl<'s> Scope<'s> {
    pub fn spawn(&self, job: impl FnOnce(&Scope<'s>) + Send + 's) {
        let mut state = self.state.lock().unwrap();
        state.jobs.push_back(Box::new(job));
        state.open += 1;
        self.bell.notify_all();
    }

    /// Runs the jobs that come, until all have ended.
    fn work(&self) {
        let mut state = self.state.lock().unwrap();
        while state.open > 0 {
            match state.jobs.pop_front() {
                Some(job) => {
                    drop(state);
                    job(self);
                    self.end();
                    state = self.state.lock().unwrap();
                }
                None => state = self.bell.wait(state).unwrap(),
            }
        }
    }

    fn end(&self) {
        self.state.lock().unwrap().open -= 1;
        self.bell.notify_all();
    }
}

/// So many threads, for each scope anew.
pub struct Pool(pub usize);

impl Pool {
    pub fn in_place_scope<'s, R>(&self, work: impl FnOnce(&Scope<'s>) -> R) -> R {
        let scope = Scope { state: Mutex::new(State { jobs: VecDeque::new(), open: 1 }), bell: Condvar::new() };
        shuttle::thread::scope(|threads| {
            (0..self.0).for_each(|_| _ = threads.spawn(|| scope.work()));
            let result = work(&scope);
            scope.end();
            result
        })
    }
}
