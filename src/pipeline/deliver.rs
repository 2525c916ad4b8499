use super::Pipeline;
use super::drive::Failure;
use super::ending::Ordered;
use super::failing::{Absorbs, Fallibility, Meets};
use super::input::Feed;
use crate::data::{Rope, StreamProgress};
use crate::engine::{Broken, Control};
use crate::error::{BoxError, RunError};
use crate::process::Operator;
use crate::stage::Sink;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A pipeline whose results leave one after another: after `.key_by(..)` keys must be `Ord`. Not to be implemented outside the crate.
#[diagnostic::on_unimplemented(
    message = "the results of this pipeline cannot be delivered one by one",
    label = "cannot be delivered",
    note = "the batches of the partitioner must be what the first step takes, and keys must be `Ord`, as panes leave in the order of their keys"
)]
pub trait Delivers: Sized {
    /// One result: a record, or a pane after an integrator.
    type Emit;
    /// What its closures and processors fail with.
    type Error;
    /// How it can fail.
    type Failing: Fallibility<Error = Self::Error>;

    #[doc(hidden)]
    fn deliver(
        self,
        control: &Control,
        write: impl FnMut(Rope<Self::Emit>) -> Result<(), BoxError>,
    ) -> Result<StreamProgress, RunError<Self::Error>>;
}

impl<'a, M, T, C, X, Ky, At, Wi, I> Delivers for Pipeline<'a, M, T, C, X, Ky, At, Wi, I>
where
    M: Feed,
    X: Meets<M::Batch> + Absorbs<M::X>,
    X::Error: Send,
    C: Operator<M::Batch, X::Error, At = At, Key = Ky, Value = T> + Sync,
    I: Ordered<T, Ky, At, Wi>,
{
    type Emit = I::Emit;
    type Error = X::Error;
    type Failing = X;

    fn deliver(
        self,
        control: &Control,
        mut write: impl FnMut(Rope<I::Emit>) -> Result<(), BoxError>,
    ) -> Result<StreamProgress, RunError<X::Error>> {
        let (stage, settings, pacing) = self.into_stage();
        let run = stage.drive(&settings, pacing, false, control, |mut emitted| {
            // Keys compare as their type says.
            let ordered = catch_unwind(AssertUnwindSafe(|| I::order(&mut emitted)));
            ordered.map_err(|payload| Failure::Broken(Broken::panic(control.progress().batches.saturating_sub(1), payload)))?;
            write(emitted).map_err(Failure::Sink)
        });
        run?;
        Ok(control.snapshot())
    }
}

/// Terminal verbs of streams. Results come in the order of the source; panes of one micro-batch by window, then key.
impl<'a, M, T, C, X, Ky, At, Wi, I> Pipeline<'a, M, T, C, X, Ky, At, Wi, I> {
    /// Runs until the source ends, and calls `f` with each result, on this thread: neither `f` nor what it uses need be `Send`, and all may
    /// borrow.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let mut seen = Vec::new();
    /// let report = Pipeline::stream([1, 2, 3].iter()).filter(|n| **n != 2).for_each(|n| seen.push(*n))?;
    /// assert_eq!((seen, report.records_in, report.records_out), (vec![1, 3], 3, 2));
    /// # Ok::<(), RunError<std::convert::Infallible>>(())
    /// ```
    ///
    /// # Errors
    /// [`RunError`]. What came before the failing record has been given to `f`.
    ///
    /// # Panics
    /// If `f` does.
    pub fn for_each<R, E, F>(self, mut f: F) -> Result<StreamProgress, RunError<E>>
    where
        Self: Delivers<Emit = R, Error = E>,
        F: FnMut(R),
    {
        self.deliver(&Control::default(), |results| {
            results.into_pieces().into_iter().flatten().for_each(&mut f);
            Ok(())
        })
    }

    /// Runs until the source ends, into a sink.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let mut all = Vec::new();
    /// Pipeline::stream(0..3).run_into(&mut all)?;
    /// assert_eq!(all, [0, 1, 2]);
    /// # Ok::<(), RunError<std::convert::Infallible>>(())
    /// ```
    ///
    /// # Errors
    /// [`RunError`], and where the sink fails.
    pub fn run_into<R, E, S>(self, mut sink: S) -> Result<StreamProgress, RunError<E>>
    where
        Self: Delivers<Emit = R, Error = E>,
        S: Sink<R>,
    {
        into_sink(self, &mut sink, &Control::default())
    }
}

/// Runs into a sink, and finishes it.
fn into_sink<P: Delivers>(pipeline: P, sink: &mut impl Sink<P::Emit>, control: &Control) -> Result<StreamProgress, RunError<P::Error>> {
    let progress = pipeline.deliver(control, |results| if results.is_empty() { Ok(()) } else { sink.write(results.into_vec()) })?;
    sink.finish().map_err(|cause| RunError::Sink { cause })?;
    Ok(progress)
}
