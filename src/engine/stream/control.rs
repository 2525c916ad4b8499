use crate::data::{HotKeys, StreamProgress};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// What a stream and those who hold on to it tell each other.
#[derive(Debug, Default)]
pub struct Control {
    stop: AtomicBool,
    drain: AtomicBool,
    broken: AtomicBool,
    progress: Mutex<StreamProgress>,
    hot_keys: OnceLock<Arc<HotKeys>>,
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

    /// Where the stream's hottest keys are looked for, if they are.
    pub(crate) fn watch(&self, keys: Option<Arc<HotKeys>>) {
        // A stream is driven once, so there is none before.
        keys.into_iter().for_each(|keys| _ = self.hot_keys.set(keys));
    }

    /// How far the stream has come, with its hottest keys.
    pub(crate) fn snapshot(&self) -> StreamProgress {
        let progress = self.progress().clone();
        StreamProgress { hottest_keys: self.hot_keys.get().map(|keys| keys.hottest()).unwrap_or_default(), ..progress }
    }

    pub(crate) fn progress(&self) -> MutexGuard<'_, StreamProgress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
