//! Streams that go on where they were, exactly once.

use super::Pipeline;
use super::drive::{Failure, Start, pace};
use super::ending::{Ending, Ordered};
use super::failing::{Absorbs, Fallibility, Meets};
use super::forming::{Formed, Forming, load};
use super::identity::{form, steps};
use super::input::{After, Feed, NoCheckpoint, Stream};
use super::keeper::Keeper;
use super::places::{Aligned, Noting, SharedPlaces};
use super::spring::{Pumped, Spring};
use super::stage::Stage;
use crate::data::{Pane, StreamProgress};
use crate::engine::{Admission, Broken, Control, WhenFull, aside};
use crate::error::{BoxError, RunError};
use crate::integrate::Integrated;
use crate::keyed::KeyState;
use crate::process::Operator;
use crate::saved::{Replay, Saved};
use crate::stage::{Integrator, Partitioner, TransactionalSink};
use crate::store::Checkpoint;
use crate::watermark::Tracker;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What `.run_exactly_once(..)` needs of where records come from. Not to be implemented outside the crate.
#[diagnostic::on_unimplemented(
    message = "exactly once needs a source that can be read again and a checkpoint",
    label = "`{Self}` cannot be resumed",
    note = "use a source that implements `Replay`, and say where its state is kept: `.checkpoint(Checkpoint::at(\"state.redb\")?)`"
)]
pub trait Durable: Feed {
    /// The spring, which notes the places that it comes to.
    type Noting: Spring<Drawn = <Self::Spring as Spring>::Drawn>;
    #[doc(hidden)]
    fn kept(&self) -> &Checkpoint;
    /// The stages before, by which a plan is told from others.
    #[doc(hidden)]
    fn stages(&self) -> String;
    #[doc(hidden)]
    fn resume(&mut self, place: Option<&[u8]>, places: &Places) -> Result<Self::Noting, BoxError>;
}

/// The places that a source has come to.
#[derive(Debug)]
pub struct Places(SharedPlaces);

impl<S: Replay, P: Partitioner<Vec<S::Item>>> Durable for Stream<S, P, Checkpoint> {
    type Noting = Pumped<Noting<S>>;

    fn kept(&self) -> &Checkpoint {
        &self.checkpoint
    }

    fn stages(&self) -> String {
        String::new()
    }

    fn resume(&mut self, place: Option<&[u8]>, places: &Places) -> Result<Self::Noting, BoxError> {
        let source = self.source.take().map(|source| Noting::new(source, place, places.0.clone()));
        Ok(Pumped(source.transpose()?))
    }
}

impl<M, T, C, X, Ky, At, Wi, I, P> Durable for After<Stage<M, T, C, X, Ky, At, Wi, I>, P>
where
    M: Durable,
    C: fmt::Debug,
    Wi: fmt::Debug,
    Self: Feed<Spring = M::Spring>,
{
    type Noting = M::Noting;

    fn kept(&self) -> &Checkpoint {
        self.stage.input.kept()
    }

    fn stages(&self) -> String {
        format!("{} then ", steps::<M, C, Ky, Wi, I>(&self.stage.input, &self.stage.chain, &self.stage.windows))
    }

    fn resume(&mut self, place: Option<&[u8]>, places: &Places) -> Result<M::Noting, BoxError> {
        self.stage.input.resume(place, places)
    }
}

impl<'a, S, P, T, C, X, Ky, At, Wi, I> Pipeline<'a, Stream<S, P, NoCheckpoint>, T, C, X, Ky, At, Wi, I> {
    /// Where the stream's state is kept, so that it goes on there when it is run again: see
    /// [`run_exactly_once`](Pipeline::run_exactly_once).
    pub fn checkpoint(self, checkpoint: Checkpoint) -> Pipeline<'a, Stream<S, P, Checkpoint>, T, C, X, Ky, At, Wi, I> {
        self.with_input(|stream| stream.kept_in(checkpoint))
    }
}

impl<'a, M, T, C, X, Ky, At, Wi, I> Pipeline<'a, M, T, C, X, Ky, At, Wi, Integrated<I>> {
    /// Runs to the end of the source; each result reaches the sink exactly once, across crashes. Blocks.
    ///
    /// The places in the source, the state and the results of an *epoch*, one micro-batch or more, are committed together; then the sink
    /// gets the epoch. Both happen on a thread of their own while the next epoch is processed, one epoch at a time. Run again after a crash, the stream goes on from the last commit, and delivers its epoch again where it is not known
    /// that the sink has it.
    ///
    /// # Errors
    /// [`RunError`], with [`RunError::Store`] where the checkpoint cannot be opened, read or written. Nothing of what is not committed has
    /// reached the sink.
    pub fn run_exactly_once<E, S>(self, mut sink: S) -> Result<StreamProgress, RunError<E>>
    where
        M: Durable<Open: Saved>,
        X: Meets<M::Batch> + Absorbs<M::X> + Fallibility<Error = E>,
        E: Send,
        C: Operator<M::Batch, E, At = At, Key = Ky, Value = T, Local: Saved> + Sync + fmt::Debug,
        Ky: KeyState<Key: Serialize + DeserializeOwned + Send>,
        I: Integrator<T, Output: Serialize + DeserializeOwned + Send>,
        Wi: fmt::Debug,
        Integrated<I>: Ordered<T, Ky, At, Wi> + Ending<T, Ky, At, Wi, Emit = Pane<Ky::Key, I::Output>, Open: Saved>,
        S: TransactionalSink<Pane<Ky::Key, I::Output>>,
    {
        let (mut stage, settings, pacing) = self.into_stage();
        let control = Control::default();
        let checkpoint = stage.input.kept().clone();
        let mut running = stage.open();
        let plan = format!("{} with {}", steps::<M, C, Ky, Wi, I>(&stage.input, &stage.chain, &stage.windows), form(&running));
        let mut keeper = Keeper::open(&checkpoint, &plan, &control).map_err(store)?;
        let mut tracker = Tracker::new(pacing.watermark);
        let places = Places(SharedPlaces::default());
        let spring = caught(|| {
            let place = keeper.recover(&mut sink, |state| load(&mut running, &mut tracker, state))?;
            stage.input.resume(place.as_deref(), &places).map_err(|cause| RunError::Source { cause })
        })?;
        // What is left out cannot be told from what has been processed.
        let admission = Admission { when_full: WhenFull::Block, ..pacing.admission };
        let mut pace = pace(pacing.trigger, admission);
        pace.trigger = Box::new(Aligned { trigger: pace.trigger, places: places.0.clone() });
        let start = Start { spring, running, tracker, pace, keeps_open: pacing.keeps_open };
        let mut forming = Forming::new(checkpoint.period(), &places.0);
        let commit = |formed: Formed<_, _>| {
            let place = formed.place.clone();
            keeper.commit(formed, &mut sink)?;
            places.0.acknowledge(place);
            Ok(())
        };
        let panicked = |payload| Failure::Broken(Broken::panic(control.progress().batches.saturating_sub(1), payload));
        let done = aside("microbatch-commit", commit, panicked, |committer| {
            let done = stage.drive_on(start, &settings, false, &control, |mut emitted, at| {
                // What leaves before a failure is made again when the stream goes on.
                if control.is_broken() {
                    return Ok(());
                }
                catch_unwind(AssertUnwindSafe(|| Integrated::<I>::order(&mut emitted))).map_err(panicked)?;
                forming.settle(emitted.into_vec(), at, committer)
            });
            // However the run ended: what was given to the committer came before.
            committer.wait().and(done.map(drop))
        });
        done.unwrap_or_else(|refused| Err(Failure::Store(refused.into())))?;
        keeper.end().map_err(store)?;
        Ok(control.snapshot())
    }
}

/// What comes before the first batch, too, calls what a user has written: a panic of it is an error of the run.
fn caught<R, E>(work: impl FnOnce() -> Result<R, RunError<E>>) -> Result<R, RunError<E>> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| Err(Broken::panic(0, payload).into()))
}

pub(super) fn store<E>(cause: impl Into<BoxError>) -> RunError<E> {
    RunError::Store { cause: cause.into() }
}
