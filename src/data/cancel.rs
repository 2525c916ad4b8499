use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Stops the runs it was given to. Clones share one flag.
///
/// A run looks at its token between batches and, inside a batch, at least every 1,024 records: see
/// [`Pipeline::cancel`](crate::Pipeline::cancel).
///
/// ```
/// use microbatch::prelude::*;
///
/// let token = CancelToken::new();
/// token.cancel();
/// let stopped = Pipeline::over(&[1u64, 2]).cancel(&token).integrator(Sum).try_run();
/// assert!(matches!(stopped, Err(RunError::Cancelled { batch: 0 })));
/// ```
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// A token that is not cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops every run that has this token, now and later: a token cannot be reset.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether [`cancel`](Self::cancel) was called on this token or a clone of it.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
