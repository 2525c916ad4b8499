use super::Pipeline;
use super::failing::Joins;
use super::input::Input;
use crate::keyed::NoKey;
use crate::process::{EachPane, Harmless, PerBatch, Process, TryPerBatch, TryProcess, Whole};
use crate::stage::Processor;

/// What a step over whole batches asks for.
#[diagnostic::on_unimplemented(
    message = "a step over whole batches comes first",
    label = "comes after a step by record",
    note = "`.process(..)` gets a batch as the partitioner cut it: put it before `.map(..)` and the like, or do their work inside it"
)]
pub trait Fresh {}

impl Fresh for Whole {}
impl Fresh for EachPane {}

/// Steps over whole batches: before any other, and after the partitioner.
impl<'a, M: Input, T, C, X, At> Pipeline<'a, M, T, C, X, NoKey, At> {
    /// One value a batch. The batch is what the partitioner makes: `&[T]` of borrowed slices, `Vec<T>` of owned data, a range of a range.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let sums = Pipeline::over(1..=10u64).partitioner(Chunks::of(3)).process(|batch| batch.sum::<u64>()).run();
    /// assert_eq!(sums, [6, 15, 24, 10]);
    /// ```
    pub fn process<R, F>(self, f: F) -> Pipeline<'a, M, R, PerBatch<F>, X>
    where
        C: Fresh,
        F: Fn(M::Batch) -> R + Send + Sync,
    {
        self.with_step(|_| PerBatch(f))
    }

    /// One value a batch, or a failure of the batch.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let run = Pipeline::over(&["1 2", "x"]).partitioner(Chunks::of(1))
    ///     .try_process(|batch| batch[0].split(' ').map(str::parse::<u64>).sum::<Result<u64, _>>())
    ///     .try_run();
    /// assert!(matches!(run, Err(RunError::Failed { batch: 1, .. })));
    /// ```
    pub fn try_process<R, E, F>(self, f: F) -> Pipeline<'a, M, R, TryPerBatch<F>, X::Out>
    where
        C: Fresh,
        F: Fn(M::Batch) -> Result<R, E> + Send + Sync,
        X: Joins<E>,
    {
        self.with_step(|_| TryPerBatch(f)).with_failing(X::join)
    }

    /// One value a batch, by a [`Processor`] that cannot fail: see there for one.
    pub fn processor<R>(self, processor: R) -> Pipeline<'a, M, R::Output, Process<R>, X>
    where
        C: Fresh,
        R: Processor<M::Batch, Error: Harmless> + Sync,
    {
        self.with_step(|_| Process(processor))
    }

    /// One value a batch, by a [`Processor`] that can fail.
    pub fn try_processor<R>(self, processor: R) -> Pipeline<'a, M, R::Output, TryProcess<R>, X::Out>
    where
        C: Fresh,
        R: Processor<M::Batch> + Sync,
        X: Joins<R::Error>,
    {
        self.with_step(|_| TryProcess(processor)).with_failing(X::join)
    }
}
