//! What one run and the slots of its engine tell each other.

use super::limit::Limit;
use super::sync::{AtomicU64, AtomicUsize, Condvar, Mutex, MutexGuard, Ordering, PoisonError};
use std::time::Duration;

/// How long a run that can be stopped waits before it looks whether it is.
const LOOK: Duration = Duration::from_millis(2);

/// Where a run is told of slots granted to it, and of workers that are done. The run's own thread waits here.
#[derive(Debug, Default)]
pub(super) struct Desk {
    /// A copy of `State::granted`, for workers to look at between tasks without the lock.
    granted: AtomicUsize,
    /// The same of `State::working`.
    working: AtomicUsize,
    /// Nanoseconds that the run was served while others competed ..
    settled: AtomicU64,
    /// .. and that what is under way is expected to take.
    charged: AtomicU64,
    state: Mutex<State>,
    bell: Condvar,
}

/// How long a run was served while others competed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Served {
    /// By the clock.
    pub(super) settled: Duration,
    /// By the estimates of what is under way.
    pub(super) charged: Duration,
}

#[derive(Debug, Default)]
struct State {
    granted: usize,
    working: usize,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long the run was served while others competed.
    pub(super) fn served(&self) -> Served {
        let nanos = |count: &AtomicU64| Duration::from_nanos(count.load(Ordering::Relaxed));
        Served { settled: nanos(&self.settled), charged: nanos(&self.charged) }
    }

    /// A worker takes a task that is expected to take so many nanoseconds.
    pub(super) fn charge(&self, nanos: u64) {
        self.charged.fetch_add(nanos, Ordering::Relaxed);
    }

    /// A task took so many nanoseconds, that was charged at so many.
    pub(super) fn settle(&self, nanos: u64, charged: u64) {
        self.settled.fetch_add(nanos, Ordering::Relaxed);
        self.charged.fetch_sub(charged, Ordering::Relaxed);
    }

    /// A slot is granted.
    pub(super) fn grant(&self) {
        let mut state = self.lock();
        state.granted += 1;
        self.granted.store(state.granted, Ordering::Relaxed);
        self.bell.notify_one();
    }

    /// How many workers the run has.
    pub(super) fn working(&self) -> usize {
        self.working.load(Ordering::Relaxed)
    }

    /// Makes workers of what was granted.
    fn employ(&self, state: &mut State) -> usize {
        let granted = std::mem::take(&mut state.granted);
        state.working += granted;
        self.granted.store(0, Ordering::Relaxed);
        self.working.store(state.working, Ordering::Relaxed);
        granted
    }

    /// Takes what was granted, without waiting; each is a worker from now on.
    pub(super) fn take(&self) -> usize {
        if self.granted.load(Ordering::Relaxed) == 0 {
            return 0;
        }
        self.employ(&mut self.lock())
    }

    /// Waits for slots; each is a worker from now on. 0 when nobody works and nothing is left to do, or when the run is to stop.
    pub(super) fn wait(&self, left: impl Fn() -> bool, limit: &Limit) -> usize {
        let mut state = self.lock();
        while state.granted == 0 && (state.working > 0 || left() && !limit.reached()) {
            state = match limit.is_some() {
                true => self.bell.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner).0,
                false => self.bell.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
        self.employ(&mut state)
    }

    /// A worker is done.
    pub(super) fn done(&self) {
        let mut state = self.lock();
        state.working -= 1;
        self.working.store(state.working, Ordering::Relaxed);
        drop(state);
        self.bell.notify_one();
    }

    /// No more is granted; returns what was and is not used.
    pub(super) fn close(&self) -> usize {
        std::mem::take(&mut self.lock().granted)
    }
}
