use crate::data::StreamProgress;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a stream and those who hold on to it tell each other.
#[derive(Debug, Default)]
pub struct Control {
    stop: AtomicBool,
    drain: AtomicBool,
    broken: AtomicBool,
    progress: Mutex<StreamProgress>,
}

impl Control {
    /// Ends the stream after the micro-batch that runs.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    /// Takes no more from the source; ends the stream after what was taken.
    pub(crate) fn drain(&self) {
        self.drain.store(true, Ordering::Release);
    }

    /// Says that what leaves now is the last before a failure.
    pub(crate) fn breaks(&self) {
        self.broken.store(true, Ordering::Release);
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Acquire)
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    pub(crate) fn is_drained(&self) -> bool {
        self.drain.load(Ordering::Acquire)
    }

    pub(crate) fn progress(&self) -> MutexGuard<'_, StreamProgress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
