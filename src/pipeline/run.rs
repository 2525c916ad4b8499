use super::Pipeline;
use super::drive::{Failure, limit};
use super::ending::Ending;
use super::failing::{Absorbs, CannotFail, Fallibility, Meets};
use super::input::{Feed, Shared};
use super::spring::Spring;
use super::stage::{Moment, Stage};
use crate::data::{Rope, RunStats, Stopwatch};
use crate::engine::{Broken, Cause, Control, Engine, Pacing, Settings};
use crate::error::{RunError, message};
use crate::process::Operator;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

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
    fn execute(self, measure: bool) -> Result<(Self::Output, RunStats), Failure<Self::Error>>;

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

impl<'a, M, T, C, X, Ky, At, Wi, I> Returns for Pipeline<'a, M, T, C, X, Ky, At, Wi, I>
where
    M: Feed,
    X: Meets<M::Batch> + Absorbs<M::X>,
    X::Error: Send,
    C: Operator<M::Batch, X::Error, At = At, Key = Ky, Value = T> + Sync,
    I: Ending<T, Ky, At, Wi>,
{
    type Output = I::Output;
    type Error = X::Error;
    type Failing = X;

    fn execute(self, measure: bool) -> Result<(I::Output, RunStats), Failure<X::Error>> {
        let (stage, settings, pacing) = self.into_stage();
        if <M::Spring as Spring>::WHOLE { stage.run_whole(&settings, measure) } else { stage.run_stream(&settings, pacing, measure) }
    }
}

impl<M, T, C, X, Ky, At, Wi, I> Stage<M, T, C, X, Ky, At, Wi, I>
where
    M: Feed,
    X: Meets<M::Batch> + Absorbs<M::X>,
    X::Error: Send,
    C: Operator<M::Batch, X::Error, At = At, Key = Ky, Value = T> + Sync,
    I: Ending<T, Ky, At, Wi>,
{
    /// Runs bounded data, all at once. Always inlined: a small run costs little more than it would to move the stage here and the stats back.
    #[inline(always)]
    fn run_whole(mut self, settings: &Settings<'_>, measure: bool) -> Result<(I::Output, RunStats), Failure<X::Error>> {
        let measure = measure || !settings.observers.is_empty();
        let watch = Stopwatch::start(measure);
        let limit = limit(settings);
        let engine = settings.engine.as_ref().unwrap_or_else(|| Engine::shared());
        let shared = Shared { engine, limit: &limit, measure, settings };
        let mut moment = Moment::new(&shared, None);
        moment.is_last = true;
        let drawn = self.input.spring().whole();
        let mut running = self.unopened();
        let output = self.output(&mut running, drawn, &mut moment);
        let ended = running.end();
        let output = output.and_then(|output| ended.map(|()| output)).map_err(Failure::Broken)?;
        let mut stats = moment.stats;
        stats.hottest_keys = settings.hot_keys.as_ref().map(|keys| keys.hottest()).unwrap_or_default();
        stats.elapsed = watch.elapsed();
        Ok((output, stats))
    }

    /// Runs a stream to its end, and makes the result of all that has left it.
    fn run_stream(self, settings: &Settings<'_>, pacing: Pacing<'_>, measure: bool) -> Result<(I::Output, RunStats), Failure<X::Error>> {
        let mut all = Rope::default();
        let (stats, stage) = self.drive(settings, pacing, measure, &Control::default(), |emitted| {
            all.append(emitted);
            Ok(())
        })?;
        let last = stats.batches.saturating_sub(1);
        let output = catch_unwind(AssertUnwindSafe(|| stage.integrator.shape(&stage.windows, all)));
        let output = output.map_err(|payload| Failure::Broken(Broken::panic(last, payload)))?;
        Ok((output, stats))
    }
}

/// The result of a run that cannot fail; a panic in it goes on here.
fn unbroken<P: Returns<Failing: CannotFail>>(done: Result<(P::Output, RunStats), Failure<P::Error>>) -> (P::Output, RunStats) {
    done.unwrap_or_else(|failure| match failure {
        Failure::Source(cause) | Failure::Sink(cause) | Failure::Store(cause) => panic!("the source: {cause}"),
        Failure::Broken(broken) => match broken.cause {
            Cause::Panic(payload) => resume_unwind(payload),
            Cause::Error(error) => match P::Failing::never(error) {},
            Cause::Stopped | Cause::Cancelled | Cause::Expired | Cause::TooLate(_) => {
                unreachable!("a run that nothing can stop was stopped")
            }
        },
    })
}

/// Terminal verbs.
impl<'a, M, T, C, X, Ky, At, Wi, I> Pipeline<'a, M, T, C, X, Ky, At, Wi, I> {
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
            Cause::TooLate(records) => RunError::TooLate { batch, records },
            Cause::Stopped | Cause::Expired => RunError::DeadlineExceeded { batch },
        }
    }
}
