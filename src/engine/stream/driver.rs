use std::io;
use std::thread::{Builder, JoinHandle};

/// Starts a stream on a thread of its own, which makes its micro-batches.
pub(crate) fn spawn<R: Send + 'static>(drive: impl FnOnce() -> R + Send + 'static) -> io::Result<JoinHandle<R>> {
    Builder::new().name("microbatch-driver".into()).spawn(drive)
}
