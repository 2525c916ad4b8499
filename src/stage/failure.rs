use std::sync::Arc;
use std::time::Duration;

/// Where something failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The number of the batch, from 0, in the order of the data.
    pub batch: u64,
    /// The number of the batch's first record, counted through the batches in their order, as far as their sizes are known
    /// beforehand: [`TextFile`](crate::TextFile) knows none, and counts from 0 in each batch.
    pub first: u64,
    /// The number of the failing record in its batch, from 0.
    pub position: usize,
    /// How many records the failure concerns: 1, or the whole batch where a step over whole batches failed.
    pub records: usize,
}

/// A failing record with its error, as a dead-letter sink gets it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Letter<T, E> {
    /// The record as it came out of its batch; the first of the batch where a step over whole batches failed.
    pub record: T,
    /// What the step returned.
    pub error: E,
    /// The number of the batch, from 0.
    pub batch: u64,
    /// The number of the record, from 0, counted through the batches: [`Place::first`] and [`Place::position`] together.
    pub position: u64,
    /// How many records it stands for: 1, or the whole batch.
    pub records: usize,
}

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict<E> {
    /// End the run with this error.
    Stop(E),
    /// Leave the record out, and count it.
    Skip,
    /// Run the whole batch again; what it had done so far is forgotten.
    Retry(E),
}

/// Decides what becomes of a record whose step returned `Err`, in batches of type `B`.
///
/// Built in: [`Stop`](crate::Stop) (the default), [`Skip`](crate::Skip), [`Retry`](crate::Retry), and the verb `.dead_letter(..)`.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
///
/// /// Bears with a few failures a batch, by their place in it.
/// struct FirstTen;
///
/// impl<B, E> FailurePolicy<B, E> for FirstTen {
///     fn keep(&self, _batch: &B) -> Option<B> { None }
///     fn decide(&self, _kept: Option<&B>, position: usize, _attempt: u32, error: E) -> Verdict<E> {
///         if position < 10 { Verdict::Skip } else { Verdict::Stop(error) }
///     }
/// }
///
/// let sum = Pipeline::over(&["1", "x", "2"]).try_map(|s| s.parse::<u8>()).on_failure(FirstTen).integrator(Sum).try_run()?;
/// assert_eq!(sum, 3);
/// # Ok::<(), RunError<std::num::ParseIntError>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot handle failures `{E}` of batches `{B}`",
    label = "not a failure policy here",
    note = "put it after the last step that can fail; `Retry` and `DeadLetter` keep records, so they must be `Clone`"
)]
pub trait FailurePolicy<B, E>: Send + Sync {
    /// A copy of the batch, made before it is run, for policies that look records up in it or run it again. Asked for once an
    /// attempt; `None` makes [`Verdict::Retry`] a stop.
    fn keep(&self, batch: &B) -> Option<B>;

    /// What to do about the record at `position` of its batch, in this `attempt`, from 0.
    fn decide(&self, kept: Option<&B>, position: usize, attempt: u32, error: E) -> Verdict<E>;

    /// Decides the failures of one attempt at one batch, in ascending order of their positions (but that values made by a `reduce` follow, at
    /// position 0). This is what the engine asks,
    /// from the batch's first failure on; by default it hands each to [`decide`](Self::decide). For policies that want to know
    /// more of the place, or to remember something from one failure of a batch to the next.
    fn judge<'k>(&'k self, kept: Option<&'k B>, attempt: u32) -> Box<dyn FnMut(&Place, E) -> Verdict<E> + 'k>
    where
        E: 'k,
    {
        Box::new(move |place, error| self.decide(kept, place.position, attempt, error))
    }

    /// How long to wait before a batch is run for the `attempt`-th time again, from 0. Default: not at all. The wait ends early
    /// when the run is cancelled.
    fn backoff(&self, _attempt: u32) -> Duration {
        Duration::ZERO
    }
}

macro_rules! pointers {
    ($($pointer:ty),*) => { $(
        impl<B, E, P: FailurePolicy<B, E> + ?Sized> FailurePolicy<B, E> for $pointer {
            fn keep(&self, batch: &B) -> Option<B> {
                (**self).keep(batch)
            }
            fn decide(&self, kept: Option<&B>, position: usize, attempt: u32, error: E) -> Verdict<E> {
                (**self).decide(kept, position, attempt, error)
            }
            fn judge<'k>(&'k self, kept: Option<&'k B>, attempt: u32) -> Box<dyn FnMut(&Place, E) -> Verdict<E> + 'k>
            where
                E: 'k,
            {
                (**self).judge(kept, attempt)
            }
            fn backoff(&self, attempt: u32) -> Duration {
                (**self).backoff(attempt)
            }
        }
    )* };
}

pointers!(&P, Box<P>, Arc<P>);
