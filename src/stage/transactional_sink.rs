use super::Rows;
use crate::error::BoxError;

/// The name of one commit of one pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Epoch {
    /// The pipeline's name, as its checkpoint says.
    pub pipeline: String,
    /// The number of the commit, from 1.
    pub number: u64,
}

impl Epoch {
    pub(crate) fn new(pipeline: &str, number: u64) -> Self {
        Epoch { pipeline: pipeline.to_string(), number }
    }
}

/// A sink that takes an epoch whole, and the same epoch only once.
///
/// # Laws
/// * The results of an epoch become visible together, and only where `deliver` returns `Ok`, or may have.
/// * An epoch that it has already changes nothing: after a crash the last epoch is delivered again, with the same results.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
/// use microbatch::{BoxError, Epoch};
///
/// /// Keeps the number of the last epoch with the total: both change together.
/// #[derive(Default)]
/// struct Total { epoch: u64, total: u64 }
///
/// impl TransactionalSink<u64> for Total {
///     fn deliver(&mut self, epoch: &Epoch, results: Vec<u64>) -> Result<(), BoxError> {
///         if epoch.number > self.epoch {
///             (self.epoch, self.total) = (epoch.number, self.total + results.iter().sum::<u64>());
///         }
///         Ok(())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot take results of type `{T}` exactly once",
    label = "not a `TransactionalSink<{T}>`",
    note = "implement `TransactionalSink` for it: it makes the results of an epoch visible at once, and ignores an epoch that it already has"
)]
pub trait TransactionalSink<T>: Send {
    /// Takes the results of an epoch, if it does not have them.
    ///
    /// # Errors
    /// Whatever keeps it from taking them: the stream ends, and delivers the epoch again when it is run again.
    fn deliver(&mut self, epoch: &Epoch, results: Vec<T>) -> Result<(), BoxError>;

    /// The results as rows of a table that lies in the checkpoint's file: they are written with the commit, and not delivered.
    ///
    /// # Errors
    /// Where they cannot be made into bytes.
    #[doc(hidden)]
    fn rows(&mut self, _: &[T]) -> Result<Option<Rows>, BoxError> {
        Ok(None)
    }
}
