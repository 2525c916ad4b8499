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
    /// Nanoseconds that the run was served while others competed.
    served: AtomicU64,
    state: Mutex<State>,
    bell: Condvar,
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

    /// How long the run was served while others competed, with what is under way at its estimate.
    pub(super) fn served(&self) -> Duration {
        Duration::from_nanos(self.served.load(Ordering::Relaxed))
    }

    /// So many nanoseconds more, in place of what was charged before.
    pub(super) fn serve(&self, more: u64, charged: u64) {
        self.served.fetch_add(more.wrapping_sub(charged), Ordering::Relaxed);
    }

    /// A slot is granted.
    pub(super) fn grant(&self) {
        let mut state = self.lock();
        state.granted += 1;
        self.granted.store(state.granted, Ordering::Relaxed);
        self.bell.notify_one();
    }

    /// Takes what was granted, without waiting; each is a worker from now on.
    pub(super) fn take(&self) -> usize {
        if self.granted.load(Ordering::Relaxed) == 0 {
            return 0;
        }
        let mut state = self.lock();
        let granted = std::mem::take(&mut state.granted);
        self.granted.store(0, Ordering::Relaxed);
        state.working += granted;
        granted
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
        let granted = std::mem::take(&mut state.granted);
        self.granted.store(0, Ordering::Relaxed);
        state.working += granted;
        granted
    }

    /// A worker is done.
    pub(super) fn done(&self) {
        self.lock().working -= 1;
        self.bell.notify_one();
    }

    /// No more is granted; returns what was and is not used.
    pub(super) fn close(&self) -> usize {
        std::mem::take(&mut self.lock().granted)
    }
}
