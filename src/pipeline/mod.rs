//! What users chain.

mod batches;
mod failing;
mod input;
mod records;
mod run;
mod settings;

pub use batches::Fresh;
pub use failing::{Absorbs, CannotFail, Fails, Fallibility, Handled, Handles, Joins, Meets, Never, Onward, Stoppable};
pub use input::{After, Feed, Input, Over, Stage};
pub use records::{Next, Open};
pub use run::Returns;

use crate::engine::Settings;
use crate::integrate::Each;
use crate::keyed::NoKey;
use crate::partition::Chunks;
use crate::process::Whole;
use crate::stage::Bounded;
use std::fmt;
use std::marker::PhantomData;

/// A chain of steps over data, which does nothing until a terminal verb: [`run`](Self::run), [`try_run`](Self::try_run),
/// [`run_with_stats`](Self::run_with_stats), [`try_run_with_stats`](Self::try_run_with_stats).
///
/// Steps by record come in any order before the integrator; a step over whole batches comes first. Settings go anywhere.
///
/// Users never write a type parameter: `M` is where batches come from, `T` the record now, `C` the steps, `X` how they can fail, `Ky` the
/// key, `I` the integrator. A function returns a pipeline as `impl Returns<Output = ..>`: see [`Returns`].
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
pub struct Pipeline<'a, M, T, C = Whole, X = Never, Ky = NoKey, I = Each> {
    input: M,
    chain: C,
    failing: X,
    integrator: I,
    settings: Settings<'a>,
    flow: PhantomData<fn() -> (T, Ky)>,
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
        Pipeline {
            input: Over::new(data.into_data(), Chunks::default()),
            chain: Whole,
            failing: Never,
            integrator: Each,
            settings: Settings::default(),
            flow: PhantomData,
        }
    }
}

impl<'a, M, T, C, X, Ky, I> Pipeline<'a, M, T, C, X, Ky, I> {
    /// The same pipeline with another input.
    fn with_input<M2>(self, f: impl FnOnce(M) -> M2) -> Pipeline<'a, M2, T, C, X, Ky, I> {
        let Pipeline { input, chain, failing, integrator, settings, .. } = self;
        Pipeline { input: f(input), chain, failing, integrator, settings, flow: PhantomData }
    }

    /// The same pipeline with another way to fail.
    fn with_failing<X2>(self, f: impl FnOnce(X) -> X2) -> Pipeline<'a, M, T, C, X2, Ky, I> {
        let Pipeline { input, chain, failing, integrator, settings, .. } = self;
        Pipeline { input, chain, failing: f(failing), integrator, settings, flow: PhantomData }
    }

    /// The same pipeline with one more step.
    fn with_step<T2, C2, Ky2>(self, f: impl FnOnce(C) -> C2) -> Pipeline<'a, M, T2, C2, X, Ky2, I> {
        let Pipeline { input, chain, failing, integrator, settings, .. } = self;
        Pipeline { input, chain: f(chain), failing, integrator, settings, flow: PhantomData }
    }
}

impl<M, T, C: fmt::Debug, X, Ky, I> fmt::Debug for Pipeline<'_, M, T, C, X, Ky, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline").field("steps", &self.chain).field("settings", &self.settings).finish_non_exhaustive()
    }
}
