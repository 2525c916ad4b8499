//! What threads write down, each mostly under a lock of its own.

use super::event::{Event, Lane};
use crate::data::Task;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// Locks that the workers share out among them.
const SHARDS: usize = 16;

#[derive(Debug)]
pub(super) struct Recording {
    since: Instant,
    shards: [Shard; SHARDS],
    lanes: Mutex<Vec<(ThreadId, Lane)>>,
    names: Mutex<BTreeMap<u32, &'static str>>,
    /// Batches that were told of, also those that found no room.
    seen: AtomicUsize,
}

/// On cache lines of its own, so that workers do not slow each other.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard(Mutex<Page>);

#[derive(Debug, Default)]
struct Page {
    events: Vec<Event>,
    /// The thread that wrote last, and its lane.
    last: Option<(ThreadId, u32)>,
}

impl Recording {
    pub(super) fn new() -> Self {
        Recording {
            since: Instant::now(),
            shards: Default::default(),
            lanes: Mutex::default(),
            names: Mutex::default(),
            seen: AtomicUsize::new(0),
        }
    }

    pub(super) fn seen(&self) -> usize {
        self.seen.load(Ordering::Relaxed)
    }

    pub(super) fn name(&self, pipeline: u32, name: &'static str) {
        lock(&self.names).insert(pipeline, name);
    }

    /// Writes a batch down, unless there are as many as the limit says. A task without a start was made by hand, and is no batch of a run.
    pub(super) fn add(&self, task: &Task, elapsed: Duration, failed: bool, limit: usize) {
        let Some(started) = task.started else { return };
        if self.seen.fetch_add(1, Ordering::Relaxed) >= limit {
            return;
        }
        let started = nanos(started.saturating_duration_since(self.since));
        let mut page = lock(&self.shards[task.worker as usize % SHARDS].0);
        let lane = self.lane(&mut page, task.worker);
        page.events.push(Event {
            pipeline: task.pipeline,
            seq: task.seq,
            partition: task.partition,
            lane,
            records: task.records as u64,
            arrived: started.saturating_sub(nanos(task.wait)),
            started,
            ended: started.saturating_add(nanos(elapsed)),
            failed,
        });
    }

    /// The lane of this thread, which mostly is that of the last event on its page.
    fn lane(&self, page: &mut Page, worker: u32) -> u32 {
        let thread = thread::current();
        if let Some((last, lane)) = page.last
            && last == thread.id()
        {
            return lane;
        }
        let mut lanes = lock(&self.lanes);
        let known = lanes.iter().position(|(id, _)| *id == thread.id());
        let lane = known.unwrap_or_else(|| {
            let name = thread.name().unwrap_or_default().to_string();
            lanes.push((thread.id(), Lane { name, worker }));
            lanes.len() - 1
        });
        page.last = Some((thread.id(), lane as u32));
        lane as u32
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.shards.iter().flat_map(|shard| lock(&shard.0).events.clone()).collect()
    }

    pub(super) fn lanes(&self) -> Vec<Lane> {
        lock(&self.lanes).iter().map(|(_, lane)| lane.clone()).collect()
    }

    pub(super) fn names(&self) -> BTreeMap<u32, &'static str> {
        lock(&self.names).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
