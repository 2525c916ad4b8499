//! What becomes of records that fail.

use crate::stage::{FailurePolicy, Letter, Place, Verdict};
use std::fmt;
use std::time::Duration;

/// The first failure ends the run. The default.
///
/// ```
/// use microbatch::prelude::*;
///
/// let run = Pipeline::over(&["1", "x"]).try_map(|s| s.parse::<u8>()).on_failure(Stop).integrator(Sum).try_run();
/// assert!(matches!(run, Err(RunError::Failed { batch: 0, record: 1, .. })));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Stop;

impl<B, E> FailurePolicy<B, E> for Stop {
    fn keep(&self, _: &B) -> Option<B> {
        None
    }

    fn decide(&self, _: Option<&B>, _: usize, _: u32, error: E) -> Verdict<E> {
        Verdict::Stop(error)
    }
}

/// Failing records are left out, and counted in [`RunStats::failed`](crate::RunStats::failed).
///
/// What a `flat_map` had emitted for the record before the failure stays, and so does what a `scan` had changed.
///
/// ```
/// use microbatch::prelude::*;
///
/// let lines = ["1", "x", "2"];
/// let (sum, stats) = Pipeline::over(&lines).try_map(|s| s.parse::<u8>()).on_failure(Skip).integrator(Sum).try_run_with_stats()?;
/// assert_eq!((sum, stats.failed), (3, 1));
/// # Ok::<(), RunError<std::num::ParseIntError>>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Skip;

impl<B, E> FailurePolicy<B, E> for Skip {
    fn keep(&self, _: &B) -> Option<B> {
        None
    }

    fn decide(&self, _: Option<&B>, _: usize, _: u32, _: E) -> Verdict<E> {
        Verdict::Skip
    }
}

/// A batch with a failure runs again, from a copy of it, a number of times; then the failure ends the run.
///
/// Each attempt starts from nothing, but for the state of a keyed `scan`, which keeps what the failed attempt did to it.
///
/// ```
/// use microbatch::prelude::*;
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use std::time::Duration;
///
/// let tries = AtomicU32::new(0);
/// let sum = Pipeline::over(&[1u32, 2])
///     .try_map(|n| if tries.fetch_add(1, Ordering::Relaxed) == 0 { Err("busy".to_string()) } else { Ok(*n) })
///     .on_failure(Retry::times(3).backoff(Duration::from_millis(1)))
///     .integrator(Sum)
///     .try_run()?;
/// assert_eq!(sum, 3);
/// # Ok::<(), RunError<String>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    times: u32,
    backoff: Duration,
}

impl Retry {
    /// Up to `times` more attempts after the first. With 0 the first failure ends the run.
    pub fn times(times: u32) -> Self {
        Retry { times, backoff: Duration::ZERO }
    }

    /// How long to wait before each further attempt. Default: not at all.
    pub fn backoff(self, backoff: Duration) -> Self {
        Retry { backoff, ..self }
    }
}

#[diagnostic::do_not_recommend]
impl<B: Clone, E> FailurePolicy<B, E> for Retry {
    fn keep(&self, batch: &B) -> Option<B> {
        (self.times > 0).then(|| batch.clone())
    }

    fn decide(&self, _: Option<&B>, _: usize, attempt: u32, error: E) -> Verdict<E> {
        if attempt < self.times { Verdict::Retry(error) } else { Verdict::Stop(error) }
    }

    fn backoff(&self, _: u32) -> Duration {
        self.backoff
    }
}

/// Failing records go to a closure, with their error. Made by the verb `.dead_letter(..)`.
pub struct DeadLetter<F> {
    take: F,
}

impl<F> DeadLetter<F> {
    pub(crate) fn new(take: F) -> Self {
        DeadLetter { take }
    }
}

impl<F> fmt::Debug for DeadLetter<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeadLetter")
    }
}

#[diagnostic::do_not_recommend]
impl<B, E, F> FailurePolicy<B, E> for DeadLetter<F>
where
    B: Clone + IntoIterator,
    F: Fn(Letter<B::Item, E>) + Send + Sync,
{
    fn keep(&self, batch: &B) -> Option<B> {
        Some(batch.clone())
    }

    fn decide(&self, kept: Option<&B>, position: usize, attempt: u32, error: E) -> Verdict<E> {
        self.judge(kept, attempt)(&Place { position, records: 1, ..Place::default() }, error)
    }

    /// Walks through one copy of the batch, however many of its records fail.
    fn judge<'k>(&'k self, kept: Option<&'k B>, _: u32) -> Box<dyn FnMut(&Place, E) -> Verdict<E> + 'k>
    where
        E: 'k,
    {
        let again = move || kept.map(|batch| batch.clone().into_iter());
        let mut records = again();
        let mut next = 0;
        Box::new(move |place, error| {
            if place.position < next {
                // A value made of many records fails at the first of them.
                (records, next) = (again(), 0);
            }
            let Some(record) = records.as_mut().and_then(|records| records.nth(place.position - next)) else {
                return Verdict::Stop(error);
            };
            next = place.position + 1;
            let position = place.first + place.position as u64;
            (self.take)(Letter { record, error, batch: place.batch, position, records: place.records });
            Verdict::Skip
        })
    }
}
