//! What commits the epochs of a durable stream, and delivers them.

use super::drive::Failure;
use super::durable::store;
use super::forming::Formed;
use crate::data::Pane;
use crate::engine::{Broken, Control};
use crate::error::{BoxError, RunError};
use crate::saved::{DamagedState, Pieces, put, take};
use crate::stage::{Epoch, TransactionalSink};
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
}

impl<'c> Keeper<'c> {
    pub(super) fn open(checkpoint: &Checkpoint, steps: &str, control: &'c Control) -> Result<Self, BoxError> {
        let store = Store::open(checkpoint, steps)?;
        Ok(Keeper { store, pipeline: checkpoint.pipeline().to_string(), control, epoch: 0, delivered: 0 })
    }

    /// Loads what was committed last, and delivers it where it is not known that the sink has it; the place to go on at.
    pub(super) fn recover<E, K: DeserializeOwned, V: DeserializeOwned>(
        &mut self,
        sink: &mut impl TransactionalSink<Pane<K, V>>,
        load: impl FnOnce(&mut Pieces) -> Result<(), DamagedState>,
    ) -> Result<Option<Vec<u8>>, RunError<E>> {
        let Some(found) = self.store.found().map_err(store)? else { return Ok(None) };
        let mut state = Pieces::new(found.state);
        load(&mut state).map_err(|error| store(self.store.damaged(error)))?;
        if !state.is_empty() {
            return Err(store(self.store.damaged("there are pieces of state that belong to no part of it")));
        }
        (self.epoch, self.delivered) = (found.epoch, found.epoch);
        if !found.is_delivered {
            let results = take(&mut &found.results[..]).map_err(|error| store(self.store.damaged(error)))?;
            let epoch = Epoch::new(&self.pipeline, self.epoch);
            let delivered = catch_unwind(AssertUnwindSafe(|| sink.deliver(&epoch, results)));
            delivered.map_err(|payload| Broken::panic(0, payload))?.map_err(|cause| RunError::Sink { cause })?;
        }
        Ok(Some(found.offset))
    }

    /// Commits an epoch, and delivers it.
    pub(super) fn commit<E, K: Serialize, V: Serialize>(
        &mut self,
        formed: Formed<K, V>,
        sink: &mut impl TransactionalSink<Pane<K, V>>,
    ) -> Result<(), Failure<E>> {
        let began = Instant::now();
        let written = self.write(&formed).map_err(Failure::Store)?;
        let committing = began.elapsed();
        if !formed.results.is_empty() {
            sink.deliver(&Epoch::new(&self.pipeline, self.epoch), formed.results).map_err(Failure::Sink)?;
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

    fn write<K: Serialize, V: Serialize>(&mut self, formed: &Formed<K, V>) -> Result<u64, BoxError> {
        let mut results = Vec::new();
        put(&mut results, &formed.results)?;
        let (epoch, delivered) = (self.epoch + 1, self.delivered);
        let state = formed.state.by_name();
        let written = self.store.commit(&Commit { epoch, delivered, offset: &formed.place, state, results: &results })?;
        self.epoch = epoch;
        Ok(written)
    }

    /// The source has ended, and the sink has all.
    pub(super) fn end(&self) -> Result<(), BoxError> {
        if self.epoch > 0 { Ok(self.store.acknowledge(self.epoch)?) } else { Ok(()) }
    }
}
