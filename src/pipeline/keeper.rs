//! What commits the epochs of a durable stream, and delivers them.

use super::drive::Failure;
use super::durable::store;
use super::forming::Formed;
use crate::data::Pane;
use crate::engine::{Broken, Control};
use crate::error::{BoxError, RunError};
use crate::saved::{DamagedState, Pieces, contained, put_panes, take_panes};
use crate::stage::{Epoch, Rows, TransactionalSink};
use crate::store::{Checkpoint, Commit, Store};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// Commits epochs, and delivers them.
pub(super) struct Keeper<'c> {
    store: Store,
    pipeline: String,
    control: &'c Control,
    /// The last epoch that is committed, and the last that the sink has.
    epoch: u64,
    delivered: u64,
    /// The last epoch of which the file says that the sink has it.
    noted: u64,
    /// The results of an epoch as bytes: one for all epochs, for its allocation.
    bytes: Vec<u8>,
}

impl<'c> Keeper<'c> {
    pub(super) fn open(checkpoint: &Checkpoint, steps: &str, control: &'c Control) -> Result<Self, BoxError> {
        let store = Store::open(checkpoint, steps)?;
        Ok(Keeper { store, pipeline: checkpoint.pipeline().to_string(), control, epoch: 0, delivered: 0, noted: 0, bytes: Vec::new() })
    }

    /// Loads what was committed last, and delivers it where it is not known that the sink has it; the place to go on at.
    pub(super) fn recover<E, K: DeserializeOwned, V: DeserializeOwned>(
        &mut self,
        sink: &mut impl TransactionalSink<Pane<K, V>>,
        load: impl FnOnce(&mut Pieces) -> Result<(), DamagedState>,
    ) -> Result<Option<Vec<u8>>, RunError<E>> {
        let Some(found) = self.store.found().map_err(store)? else { return Ok(None) };
        let mut state = Pieces::new(found.state);
        load(&mut state).map_err(|error| store(self.store.unreadable(error)))?;
        if !state.is_empty() {
            return Err(store(self.store.damaged("there are pieces of state that belong to no part of it")));
        }
        (self.epoch, self.delivered) = (found.epoch, found.epoch);
        if !found.is_delivered {
            self.deliver_again(&found.results, sink)?;
        } else {
            self.noted = found.epoch;
        }
        Ok(Some(found.offset))
    }

    /// Delivers what was committed last, or makes it rows where the sink is a table now.
    fn deliver_again<E, K: DeserializeOwned, V: DeserializeOwned>(
        &mut self,
        results: &[u8],
        sink: &mut impl TransactionalSink<Pane<K, V>>,
    ) -> Result<(), RunError<E>> {
        let results: Vec<Pane<K, V>> = contained(|| take_panes(results)).map_err(|error| store(self.store.unreadable(error)))?;
        if results.is_empty() {
            // Nor was it delivered the first time.
            return Ok(());
        }
        let rows = sink.rows(&results).map_err(|cause| RunError::Sink { cause })?;
        if rows.is_some() {
            self.store.acknowledge(self.epoch, rows.as_ref()).map_err(store)?;
            self.noted = self.epoch;
            return Ok(());
        }
        let epoch = Epoch::new(&self.pipeline, self.epoch);
        let delivered = catch_unwind(AssertUnwindSafe(|| sink.deliver(&epoch, results)));
        delivered.map_err(|payload| Broken::panic(0, payload))?.map_err(|cause| RunError::Sink { cause })
    }

    /// Commits an epoch, and delivers it.
    pub(super) fn commit<E, K: Serialize, V: Serialize>(
        &mut self,
        formed: Formed<K, V>,
        sink: &mut impl TransactionalSink<Pane<K, V>>,
    ) -> Result<(), Failure<E>> {
        let began = Instant::now();
        let Formed { place, state, results } = formed;
        let results = together(results);
        let rows = sink.rows(&results).map_err(Failure::Sink)?;
        let written = self.write(&place, &state, &results, rows.as_ref()).map_err(Failure::Store)?;
        let committing = began.elapsed();
        if rows.is_none() && !results.is_empty() {
            sink.deliver(&Epoch::new(&self.pipeline, self.epoch), results).map_err(Failure::Sink)?;
        }
        self.delivered = self.epoch;
        let mut progress = self.control.progress();
        progress.commits += 1;
        progress.committing += committing;
        progress.committed_bytes += written;
        progress.kept_bytes = self.store.state_bytes();
        progress.file_bytes = self.store.file_bytes();
        Ok(())
    }

    /// Commits results as rows of a table, or to be delivered; how many bytes of state had changed.
    fn write<K: Serialize, V: Serialize>(
        &mut self,
        place: &[u8],
        state: &Pieces,
        results: &[Pane<K, V>],
        rows: Option<&Rows>,
    ) -> Result<u64, BoxError> {
        let epoch = self.epoch + 1;
        let delivered = if rows.is_some() { epoch } else { self.delivered };
        self.bytes.clear();
        if rows.is_none() {
            contained(|| put_panes(&mut self.bytes, results))?;
        }
        let written = self.store.commit(&Commit { epoch, delivered, offset: place, state, results: &self.bytes, rows })?;
        (self.epoch, self.noted) = (epoch, delivered);
        Ok(written)
    }

    /// The source has ended, and the sink has all.
    pub(super) fn end(&self) -> Result<(), BoxError> {
        if self.noted < self.delivered { Ok(self.store.acknowledge(self.delivered, None)?) } else { Ok(()) }
    }
}

/// The results of all micro-batches.
fn together<T>(batches: Vec<Vec<T>>) -> Vec<T> {
    let count = batches.iter().map(Vec::len).sum::<usize>();
    let mut batches = batches.into_iter();
    let mut all = batches.next().unwrap_or_default();
    all.reserve_exact(count - all.len());
    // Each is moved as a whole, which its iterator would not.
    batches.for_each(|mut batch| all.append(&mut batch));
    all
}
