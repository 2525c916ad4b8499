use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Where a run is told of slots granted to it, and of workers that are done. The run's own thread waits here.
#[derive(Debug, Default)]
pub(super) struct Desk {
    /// A copy of `State::granted`, for workers to look at between tasks without the lock.
    granted: AtomicUsize,
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

    /// Waits for slots; each is a worker from now on. 0 when nobody works and nothing is left to do.
    pub(super) fn wait(&self, left: impl Fn() -> bool) -> usize {
        let mut state = self.lock();
        while state.granted == 0 && (state.working > 0 || left()) {
            state = self.bell.wait(state).unwrap_or_else(PoisonError::into_inner);
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
