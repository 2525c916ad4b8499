//! Fails a test that hangs, instead of waiting for it for ever.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Runs `work` on a thread of its own; panics when it has not come back in time, and with what it panics.
pub fn within<R: Send + 'static>(limit: Duration, work: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, waiting) = channel();
    let worker = std::thread::spawn(move || {
        let result = work();
        let _ = done.send(());
        result
    });
    if let Err(RecvTimeoutError::Timeout) = waiting.recv_timeout(limit) {
        panic!("hangs: not done after {limit:?}");
    }
    worker.join().unwrap_or_else(|payload| std::panic::resume_unwind(payload))
}
