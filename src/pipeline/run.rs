use super::Pipeline;
use super::failing::{Absorbs, CannotFail, Fallibility, Meets};
use super::input::{Feed, Shared, Stage};
use crate::data::{RunStats, Stopwatch};
use crate::engine::{Broken, Cause, Engine, Limit, forget};
use crate::error::RunError;
use crate::integrate::Gather;
use crate::process::Operator;
use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::time::Instant;

/// A pipeline whose results make one value, of type `Output`. Not to be implemented outside the crate; named to return a pipeline from a function.
///
/// ```
/// use microbatch::Returns;
/// use microbatch::prelude::*;
/// use std::convert::Infallible;
///
/// fn lengths<'w>(words: &'w [&'w str]) -> impl Returns<Output = Groups<usize, u64>, Error = Infallible> {
///     Pipeline::over(words).key_by(|w| w.len()).integrator(Count)
/// }
///
/// let by_length = lengths(&["to", "be", "not"]).try_run().unwrap();
/// assert_eq!(by_length.get(&2), Some(&2));
/// ```
#[diagnostic::on_unimplemented(
    message = "this pipeline does not fit together",
    label = "cannot be run",
    note = "the batches of the partitioner must be what the first step takes"
)]
pub trait Returns: Sized {
    /// The result.
    type Output;
    /// What its closures and processors fail with.
    type Error;
    /// How it can fail.
    type Failing: Fallibility<Error = Self::Error>;

    #[doc(hidden)]
    fn execute(self, measure: bool) -> Result<(Self::Output, RunStats), Broken<Self::Error>>;

    /// Runs to the end of the data: [`Pipeline::run`].
    fn run(self) -> Self::Output
    where
        Self::Failing: CannotFail,
    {
        unbroken::<Self>(self.execute(false)).0
    }

    /// Runs to the end of the data, or to the first failure: [`Pipeline::try_run`].
    ///
    /// # Errors
    /// Those of [`RunError`].
    fn try_run(self) -> Result<Self::Output, RunError<Self::Error>> {
        self.execute(false).map(|(output, _)| output).map_err(RunError::from)
    }
}

impl<'a, M, T, C, X, Ky, I> Returns for Pipeline<'a, M, T, C, X, Ky, I>
where
    M: Feed,
    X: Meets<M::Batch> + Absorbs<M::X>,
    X::Error: Send,
    C: Operator<M::Batch, X::Error, Key = Ky, Value = T> + Sync,
    I: Gather<T, Ky> + Sync,
{
    type Output = I::Output;
    type Error = X::Error;
    type Failing = X;

    fn execute(self, measure: bool) -> Result<(I::Output, RunStats), Broken<X::Error>> {
        let Pipeline { input, chain, failing, integrator, settings, .. } = self;
        let measure = measure || !settings.observers.is_empty();
        let watch = Stopwatch::start(measure);
        // A deadline beyond what the clock can tell is none.
        let deadline = settings.deadline.and_then(|within| Instant::now().checked_add(within));
        let limit = Limit { cancel: settings.cancel.clone(), deadline };
        let engine = settings.engine.as_ref().unwrap_or_else(|| Engine::shared());
        let shared = Shared { engine, limit, measure, settings: &settings };
        let stage = Stage { input, chain, failing, integrator, flow: PhantomData };
        let mut stats = RunStats::default();
        let output = stage.run(&shared, &mut stats)?;
        stats.elapsed = watch.elapsed();
        Ok((output, stats))
    }
}

/// The result of a run that cannot fail; a panic in it goes on here.
fn unbroken<P: Returns<Failing: CannotFail>>(done: Result<(P::Output, RunStats), Broken<P::Error>>) -> (P::Output, RunStats) {
    done.unwrap_or_else(|broken| match broken.cause {
        Cause::Panic(payload) => resume_unwind(payload),
        Cause::Error(error) => match P::Failing::never(error) {},
        Cause::Stopped | Cause::Cancelled | Cause::Expired => unreachable!("a run without token and deadline was stopped"),
    })
}

/// Terminal verbs.
impl<'a, M, T, C, X, Ky, I> Pipeline<'a, M, T, C, X, Ky, I> {
    /// Runs to the end of the data. For pipelines that cannot fail.
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// let squares: Vec<u32> = Pipeline::over(1..=3u32).map(|n| n * n).run();
    /// assert_eq!(squares, [1, 4, 9]);
    /// ```
    ///
    /// # Panics
    /// A panic in a closure or a part is raised here, after the batches that run have ended. So is it where the threads of the shared engine
    /// cannot be started.
    pub fn run<R>(self) -> R
    where
        X: CannotFail,
        Self: Returns<Output = R, Failing = X>,
    {
        unbroken::<Self>(self.execute(false)).0
    }

    /// Runs to the end of the data, and says what was done and where time went.
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// let (sum, stats) = Pipeline::over(1..=10u64).partitioner(Chunks::of(3)).integrator(Sum).run_with_stats();
    /// assert_eq!((sum, stats.batches, stats.records), (55, 4, 10));
    /// ```
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub fn run_with_stats<R>(self) -> (R, RunStats)
    where
        X: CannotFail,
        Self: Returns<Output = R, Failing = X>,
    {
        unbroken::<Self>(self.execute(true))
    }

    /// Runs to the end of the data, or to the first failure that the failure policy does not bear.
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// let failed = Pipeline::over(&["1", "x", "y"]).try_map(|s| s.parse::<u8>()).integrator(Sum).try_run();
    /// assert!(matches!(failed, Err(RunError::Failed { batch: 0, record: 1, .. })));
    /// ```
    ///
    /// # Errors
    /// [`RunError`]: of several failures the one of the lowest record, whatever the threads did. A panic in a closure or part is an error
    /// too.
    pub fn try_run<R, E>(self) -> Result<R, RunError<E>>
    where
        Self: Returns<Output = R, Error = E>,
    {
        Returns::try_run(self)
    }

    /// As [`try_run`](Self::try_run); says what was done and where time went.
    ///
    /// # Errors
    /// As [`try_run`](Self::try_run).
    pub fn try_run_with_stats<R, E>(self) -> Result<(R, RunStats), RunError<E>>
    where
        Self: Returns<Output = R, Error = E>,
    {
        self.execute(true).map_err(RunError::from)
    }
}

impl<E> From<Broken<E>> for RunError<E> {
    fn from(Broken { batch, record, cause }: Broken<E>) -> Self {
        match cause {
            Cause::Error(error) => RunError::Failed { error, batch, record },
            Cause::Panic(payload) => RunError::Panicked { message: message(payload), batch },
            Cause::Cancelled => RunError::Cancelled { batch },
            Cause::Stopped | Cause::Expired => RunError::DeadlineExceeded { batch },
        }
    }
}

/// What a panic said.
fn message(payload: Box<dyn std::any::Any + Send>) -> String {
    let text = payload.downcast_ref::<&str>().map(|s| s.to_string()).or_else(|| payload.downcast_ref::<String>().cloned());
    forget(payload);
    text.unwrap_or_else(|| "a payload that is not text".to_string())
}
