use std::io;
use std::thread::{Builder, JoinHandle};

/// The thread that makes a stream's micro-batches.
pub(crate) type Driver<R> = JoinHandle<R>;

/// Starts a stream on a thread of its own, which makes its micro-batches.
pub(crate) fn start<R: Send + 'static>(drive: impl FnOnce() -> R + Send + 'static) -> io::Result<Driver<R>> {
    Builder::new().name("microbatch-driver".into()).spawn(drive)
}
