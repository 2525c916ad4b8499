//! What users chain.

mod batches;
mod cutting;
mod deliver;
mod drive;
#[cfg(feature = "checkpoint")]
mod durable;
mod ending;
mod failing;
#[cfg(all(test, feature = "checkpoint"))]
mod faults;
#[cfg(feature = "checkpoint")]
mod forming;
mod handle;
mod hot_keys;
#[cfg(feature = "checkpoint")]
mod identity;
mod input;
mod iter;
#[cfg(feature = "checkpoint")]
mod keeper;
#[cfg(feature = "checkpoint")]
mod places;
mod records;
mod run;
#[cfg(feature = "checkpoint")]
mod saved;
mod settings;
mod shape;
mod spring;
mod stage;
mod stateful;
mod stream;
mod windowed;
mod windows;

pub use batches::Fresh;
pub use deliver::Delivers;
pub use drive::Failure;
#[cfg(feature = "checkpoint")]
pub use durable::{Durable, Places};
pub use ending::{Ending, Held, Job, Ordered};
pub use failing::{Absorbs, CannotFail, Fails, Fallibility, Handled, Handles, Joins, Meets, Never, Onward, Stoppable};
pub use handle::StreamHandle;
pub use input::{After, Cut, Cuts, Feed, Input, NoCheckpoint, Over, Shared, Stream};
pub use iter::{Iter, TryIter};
#[cfg(feature = "checkpoint")]
pub use places::Noting;
pub use records::{Next, Open, Timeless};
pub use run::Returns;
pub use shape::Shape;
pub use spring::{Current, Once, Pumped, Spring};
pub use stage::{Moment, Running, Stage};
pub use windowed::{Warm, Windowing};

use crate::data::NoTime;
use crate::engine::{Pacing, Settings};
use crate::integrate::Each;
use crate::keyed::NoKey;
use crate::process::Whole;
use crate::stage::{Bounded, NoWindow, Source};
use std::fmt;
use std::marker::PhantomData;

/// A chain of steps over data, which does nothing until a terminal verb: [`run`](Self::run), [`try_run`](Self::try_run),
/// [`run_with_stats`](Self::run_with_stats), [`try_run_with_stats`](Self::try_run_with_stats).
///
/// Steps by record come in any order before the integrator; a step over whole batches comes first. Settings go anywhere.
///
/// Users never write a type parameter: `M` is where batches come from, `T` the record now, `C` the steps, `X` how they can fail, `Ky` the
/// key, `At` the event time, `Wi` the windows, `I` the integrator. A function returns a pipeline as `impl Returns<Output = ..>`: see [`Returns`].
///
/// ```
/// use microbatch::prelude::*;
///
/// let numbers: Vec<u64> = (1..=10).collect();
/// let total: u64 = Pipeline::over(&numbers)
///     .partitioner(Chunks::of(3))
///     .scheduler(Fcfs)
///     .process(|batch| batch.iter().sum::<u64>())
///     .integrator(Sum)
///     .run();
/// assert_eq!(total, 55);
/// ```
#[must_use = "a pipeline is lazy: end it with `.run()`, `.try_run()` or another terminal verb"]
pub struct Pipeline<'a, M, T, C = Whole, X = Never, Ky = NoKey, At = NoTime, Wi = NoWindow, I = Each> {
    input: M,
    chain: C,
    failing: X,
    windows: Wi,
    integrator: I,
    settings: Settings<'a>,
    pacing: Pacing<'a>,
    flow: PhantomData<fn() -> (T, Ky, At)>,
}

impl<'a> Pipeline<'a, (), ()> {
    /// Over bounded data: a borrowed slice, a `Vec`, a range, text. What the pipeline sees is what `into_iter()` on the data gives.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let names = vec!["Ishmael".to_string(), "Ahab".to_string()];
    /// let lengths: Vec<usize> = Pipeline::over(&names).map(|name: &String| name.len()).run();
    /// assert_eq!(lengths, [7, 4]);
    /// ```
    #[track_caller]
    pub fn over<D: Bounded>(data: D) -> Pipeline<'a, Over<D::Data, D::Item>, D::Item> {
        Pipeline::begin(Over::new(data.into_data()))
    }

    /// Over a source, bounded or not: an iterator, the receiving half of a [`channel`](crate::channel), a [`Source`] of one's own. The source
    /// is read on a thread of its own, and its records are processed in micro-batches.
    ///
    /// The same verbs as with [`over`](Self::over), and the same result where the source ends.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let mut seen = Vec::new();
    /// Pipeline::stream(1..=4u64).map(|n| n * n).for_each(|n| seen.push(n))?;
    /// assert_eq!(seen, [1, 4, 9, 16]);
    /// # Ok::<(), RunError<std::convert::Infallible>>(())
    /// ```
    #[track_caller]
    pub fn stream<S: Source>(source: S) -> Pipeline<'a, Stream<S>, S::Item> {
        Pipeline::begin(Stream::new(source))
    }
}

impl<'a, M, T> Pipeline<'a, M, T> {
    #[track_caller]
    fn begin(input: M) -> Self {
        let (settings, pacing) = (Settings::default(), Pacing::default());
        Pipeline { input, chain: Whole, failing: Never, windows: NoWindow, integrator: Each, settings, pacing, flow: PhantomData }
    }
}

impl<'a, M, T, C, X, Ky, At, Wi, I> Pipeline<'a, M, T, C, X, Ky, At, Wi, I> {
    /// The same pipeline with another input.
    fn with_input<M2>(self, f: impl FnOnce(M) -> M2) -> Pipeline<'a, M2, T, C, X, Ky, At, Wi, I> {
        let Pipeline { input, chain, failing, windows, integrator, settings, pacing, .. } = self;
        Pipeline { input: f(input), chain, failing, windows, integrator, settings, pacing, flow: PhantomData }
    }

    /// The same pipeline with another way to fail.
    fn with_failing<X2>(self, f: impl FnOnce(X) -> X2) -> Pipeline<'a, M, T, C, X2, Ky, At, Wi, I> {
        let Pipeline { input, chain, failing, windows, integrator, settings, pacing, .. } = self;
        Pipeline { input, chain, failing: f(failing), windows, integrator, settings, pacing, flow: PhantomData }
    }

    /// The same pipeline with one more step.
    fn with_step<T2, C2, Ky2, At2>(self, f: impl FnOnce(C) -> C2) -> Pipeline<'a, M, T2, C2, X, Ky2, At2, Wi, I> {
        let Pipeline { input, chain, failing, windows, integrator, settings, pacing, .. } = self;
        Pipeline { input, chain: f(chain), failing, windows, integrator, settings, pacing, flow: PhantomData }
    }

    /// The same pipeline with other windows.
    fn with_windows<Wi2>(self, f: impl FnOnce(Wi) -> Wi2) -> Pipeline<'a, M, T, C, X, Ky, At, Wi2, I> {
        let Pipeline { input, chain, failing, windows, integrator, settings, pacing, .. } = self;
        Pipeline { input, chain, failing, windows: f(windows), integrator, settings, pacing, flow: PhantomData }
    }

    /// What is run, and its settings.
    fn into_stage(self) -> (Stage<M, T, C, X, Ky, At, Wi, I>, Settings<'a>, Pacing<'a>) {
        let Pipeline { input, chain, failing, windows, integrator, settings, pacing, .. } = self;
        (Stage { input, chain, failing, windows, integrator, flow: PhantomData }, settings, pacing)
    }
}

impl<M, T, C: fmt::Debug, X, Ky, At, Wi, I> fmt::Debug for Pipeline<'_, M, T, C, X, Ky, At, Wi, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline").field("steps", &self.chain).field("settings", &self.settings).finish_non_exhaustive()
    }
}
