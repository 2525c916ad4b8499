//! What can go wrong.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A boxed cause out of a source or a sink.
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// An engine that cannot be built. Opaque: ask with the `is_` methods.
///
/// ```
/// let error = microbatch::Engine::builder().threads(0).build().unwrap_err();
/// assert!(error.is_setting());
/// assert_eq!(error.to_string(), "an engine with 0 threads cannot run anything: give at least 1, or leave the setting out for one a core");
/// ```
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct BuildError(#[from] BuildErrorKind);

#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildErrorKind {
    #[error("an engine with 0 threads cannot run anything: give at least 1, or leave the setting out for one a core")]
    NoThreads,
    #[error("the threads of an engine could not be started: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    #[error("the thread of a stream could not be started: {0}")]
    Driver(#[from] std::io::Error),
}

impl BuildError {
    /// Whether a setting is at fault, and another value would do.
    pub fn is_setting(&self) -> bool {
        matches!(self.0, BuildErrorKind::NoThreads)
    }

    /// Whether the operating system refused a thread.
    pub fn is_threads(&self) -> bool {
        matches!(self.0, BuildErrorKind::Threads(_) | BuildErrorKind::Driver(_))
    }
}

/// Why a run gave no result. `E` is the error of the pipeline's own closures and processors.
///
/// Batches and records are those of the stage it happened in: after `.then()`, records are panes.
///
/// An [`Error`] for any `E` that is `Debug` and `Display`, so that `?` works with `String` and `Box<dyn Error + Send + Sync>` too.
///
/// ```
/// use microbatch::prelude::*;
///
/// let failed = Pipeline::over(&["1", "x"]).try_map(|s| s.parse::<u8>()).integrator(Sum).try_run().unwrap_err();
/// assert_eq!(failed.to_string(), "batch 0, record 1: invalid digit found in string");
/// assert_eq!(failed.batch(), Some(0));
/// assert!(failed.into_error().is_some());
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError<E> {
    /// A closure or a processor returned `Err`; of several failures, the one of the lowest record.
    Failed {
        /// What it returned.
        error: E,
        /// The number of its batch, from 0, in the order of the data.
        batch: u64,
        /// The number of its record, from 0, counted through the batches in their order. With [`Chunks`](crate::Chunks) that is
        /// the place in the data. Of a step over whole batches, the first record of the batch.
        record: u64,
    },
    /// A closure or a part panicked.
    Panicked {
        /// What the panic said.
        message: String,
        /// The number of the batch it was in; 0 in a partitioner or scheduler, the last one while results were integrated.
        batch: u64,
    },
    /// The run's [`CancelToken`](crate::CancelToken) was cancelled.
    Cancelled {
        /// The first batch that was not run to its end.
        batch: u64,
    },
    /// Records, or what timers made, came too late for all of their windows, and were
    /// [to be refused](crate::Pipeline::refuse_late_records).
    TooLate {
        /// The last batch of the micro-batch that they came in, or after which the timers fired.
        batch: u64,
        /// How many of them there are.
        records: u64,
    },
    /// The source of a stream could not be read on.
    Source {
        /// Why.
        cause: BoxError,
    },
    /// The sink of a stream did not take what it was given.
    Sink {
        /// Why.
        cause: BoxError,
    },
    /// The checkpoint of a durable stream could not be read or written.
    Store {
        /// Why.
        cause: BoxError,
    },
    /// The run's deadline had passed.
    DeadlineExceeded {
        /// The first batch that was not run to its end.
        batch: u64,
    },
}

impl<E> RunError<E> {
    /// The closure's own error, where that is the reason.
    pub fn into_error(self) -> Option<E> {
        match self {
            RunError::Failed { error, .. } => Some(error),
            _ => None,
        }
    }

    /// The batch it is about; none where it is about a source or a sink.
    pub fn batch(&self) -> Option<u64> {
        match self {
            RunError::Failed { batch, .. }
            | RunError::Panicked { batch, .. }
            | RunError::Cancelled { batch }
            | RunError::TooLate { batch, .. }
            | RunError::DeadlineExceeded { batch } => Some(*batch),
            RunError::Source { .. } | RunError::Sink { .. } | RunError::Store { .. } => None,
        }
    }
}

impl<E: fmt::Display> fmt::Display for RunError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Failed { error, batch, record } => write!(f, "batch {batch}, record {record}: {error}"),
            RunError::Panicked { message, batch } => write!(f, "batch {batch} panicked: {message}"),
            RunError::TooLate { batch, records } => write!(
                f,
                "batch {batch}: {records} of its records came after all of their windows were gone: let windows wait longer by `.watermark(..)` or `.allowed_lateness(..)`, or take such records by `.late_records(..)`"
            ),
            RunError::Source { cause } => write!(f, "the source: {cause}"),
            RunError::Store { cause } => write!(f, "the checkpoint: {cause}"),
            RunError::Sink { cause } => write!(f, "the sink: {cause}"),
            RunError::Cancelled { batch } => write!(f, "cancelled before batch {batch} was done"),
            RunError::DeadlineExceeded { batch } => write!(f, "the deadline passed before batch {batch} was done"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> Error for RunError<E> {}

/// Drops what a failed run leaves. What a panic threw may throw again when it is dropped: that is of no interest any more.
pub(crate) fn forget<T>(left: T) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(left)));
}

/// What a panic said.
pub(crate) fn message(payload: Box<dyn Any + Send>) -> String {
    let text = payload.downcast_ref::<&str>().map(|s| s.to_string()).or_else(|| payload.downcast_ref::<String>().cloned());
    forget(payload);
    text.unwrap_or_else(|| "a payload that is not text".to_string())
}
