//! Streams that go on where they were, exactly once.

use super::Pipeline;
use super::drive::{Failure, Point, Start, pace};
use super::ending::{Ending, Ordered};
use super::failing::{Absorbs, Fallibility, Meets};
use super::input::{After, Feed, NoCheckpoint, Stream};
use super::places::{Aligned, Noting, SharedPlaces};
use super::spring::{Pumped, Spring};
use super::stage::Stage;
use crate::data::{Pane, StreamProgress};
use crate::engine::{Admission, Control, WhenFull};
use crate::error::{BoxError, RunError};
use crate::integrate::Integrated;
use crate::keyed::KeyState;
use crate::process::Operator;
use crate::saved::{DamagedState, Replay, Saved, put, take};
use crate::stage::{Epoch, Integrator, Partitioner, TransactionalSink};
use crate::store::{Checkpoint, Commit, Store};
use crate::watermark::Tracker;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::time::{Duration, Instant};

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

    fn resume(&mut self, place: Option<&[u8]>, places: &Places) -> Result<Self::Noting, BoxError> {
        let source = self.source.take().map(|source| Noting::new(source, place, places.0.clone()));
        Ok(Pumped(source.transpose()?))
    }
}

impl<M, T, C, X, Ky, At, Wi, I, P> Durable for After<Stage<M, T, C, X, Ky, At, Wi, I>, P>
where
    M: Durable,
    Self: Feed<Spring = M::Spring>,
{
    type Noting = M::Noting;

    fn kept(&self) -> &Checkpoint {
        self.stage.input.kept()
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
    /// gets the epoch. Run again after a crash, the stream goes on from the last commit, and delivers its epoch again where it is not known
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
        Ky: KeyState<Key: Serialize + DeserializeOwned>,
        I: Integrator<T, Output: Serialize + DeserializeOwned>,
        Integrated<I>: Ordered<T, Ky, At, Wi> + Ending<T, Ky, At, Wi, Emit = Pane<Ky::Key, I::Output>, Open: Saved>,
        S: TransactionalSink<Pane<Ky::Key, I::Output>>,
    {
        let (mut stage, settings, pacing) = self.into_stage();
        let control = Control::default();
        let mut keeper = Keeper::open(stage.input.kept(), &format!("{:?}", stage.chain)).map_err(store)?;
        let mut running = stage.open();
        let mut tracker = Tracker::new(pacing.watermark);
        let place = keeper.recover(&mut sink, |mut state| {
            running.load(&mut state)?;
            tracker.load(&mut state)
        })?;
        let places = Places(SharedPlaces::default());
        let spring = stage.input.resume(place.as_deref(), &places).map_err(|cause| RunError::Source { cause })?;
        // What is left out cannot be told from what has been processed.
        let admission = Admission { when_full: WhenFull::Block, ..pacing.admission };
        let mut pace = pace(pacing.trigger, admission);
        pace.trigger = Box::new(Aligned { trigger: pace.trigger, places: places.0.clone() });
        let start = Start { spring, running, tracker, pace, is_saved: true, keeps_open: pacing.keeps_open };
        let done = stage.drive_on(start, &settings, false, &control, |mut emitted, at| {
            // What leaves before a failure is made again when the stream goes on.
            if control.is_broken() {
                return Ok(());
            }
            Integrated::<I>::order(&mut emitted);
            keeper.settle(emitted, at, &places.0, &mut sink)
        });
        done?;
        keeper.end().map_err(store)?;
        Ok(control.progress().clone())
    }
}

fn store<E>(cause: impl Into<BoxError>) -> RunError<E> {
    RunError::Store { cause: cause.into() }
}

/// Commits epochs, and delivers them.
struct Keeper<K, V> {
    store: Store,
    pipeline: String,
    every: Duration,
    /// The last epoch that is committed, and the last that the sink has.
    epoch: u64,
    delivered: u64,
    /// Results that are not committed.
    results: Vec<Pane<K, V>>,
    /// Records that were taken at the last commit.
    records: u64,
    committed: Instant,
}

impl<K, V> Keeper<K, V>
where
    K: Serialize + DeserializeOwned,
    V: Serialize + DeserializeOwned,
{
    fn open(checkpoint: &Checkpoint, steps: &str) -> Result<Self, BoxError> {
        let store = Store::open(checkpoint, steps)?;
        let (pipeline, every) = (checkpoint.pipeline().to_string(), checkpoint.period());
        Ok(Keeper { store, pipeline, every, epoch: 0, delivered: 0, results: Vec::new(), records: 0, committed: Instant::now() })
    }

    /// Loads what was committed last, and delivers it where it is not known that the sink has it; the place to go on at.
    fn recover<E>(
        &mut self,
        sink: &mut impl TransactionalSink<Pane<K, V>>,
        load: impl FnOnce(&[u8]) -> Result<(), DamagedState>,
    ) -> Result<Option<Vec<u8>>, RunError<E>> {
        let Some(found) = self.store.found().map_err(store)? else { return Ok(None) };
        load(&found.state).map_err(|error| store(self.store.damaged(error)))?;
        (self.epoch, self.delivered) = (found.epoch, found.epoch);
        if !found.is_delivered {
            let results = take(&mut &found.results[..]).map_err(|error| store(self.store.damaged(error)))?;
            let epoch = Epoch::new(&self.pipeline, self.epoch);
            sink.deliver(&epoch, results).map_err(|cause| RunError::Sink { cause })?;
        }
        Ok(Some(found.offset))
    }

    /// Takes in what a micro-batch made; commits and delivers when that is due, and the source has been here.
    fn settle<E, R: Saved>(
        &mut self,
        mut emitted: Vec<Pane<K, V>>,
        at: Point<'_, '_, R>,
        places: &SharedPlaces,
        sink: &mut impl TransactionalSink<Pane<K, V>>,
    ) -> Result<(), Failure<E>> {
        let (.., is_last, records) = at;
        self.results.append(&mut emitted);
        let is_changed = records > self.records || !self.results.is_empty();
        let is_due = is_changed && (is_last || self.committed.elapsed() >= self.every);
        let Some(place) = places.take(records, is_due) else { return Ok(()) };
        self.commit(at, &place).map_err(Failure::Store)?;
        let results = std::mem::take(&mut self.results);
        if !results.is_empty() {
            sink.deliver(&Epoch::new(&self.pipeline, self.epoch), results).map_err(Failure::Sink)?;
        }
        self.delivered = self.epoch;
        places.acknowledge(place);
        Ok(())
    }

    fn commit<R: Saved>(&mut self, (running, tracker, _, records): Point<'_, '_, R>, place: &[u8]) -> Result<(), BoxError> {
        let (mut state, mut results) = (Vec::new(), Vec::new());
        running.save(&mut state)?;
        tracker.save(&mut state)?;
        put(&mut results, &self.results)?;
        let epoch = self.epoch + 1;
        self.store.commit(&Commit { epoch, delivered: self.delivered, offset: place, state: &state, results: &results })?;
        (self.epoch, self.records, self.committed) = (epoch, records, Instant::now());
        Ok(())
    }

    /// The source has ended, and the sink has all.
    fn end(&self) -> Result<(), BoxError> {
        if self.epoch > 0 { Ok(self.store.acknowledge(self.epoch)?) } else { Ok(()) }
    }
}
