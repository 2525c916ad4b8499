//! What threads write down, each mostly under a lock of its own.

use super::event::{Event, Lane};
use crate::data::Task;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// Locks that the workers share out among them.
const SHARDS: usize = 16;
/// Places that a shard takes at once, so that workers seldom touch what they share ..
const PLACES: usize = 64;
/// .. and no more than this part of what is left, so that hardly any stay empty.
const PART: usize = 64;

thread_local! {
    static THREAD: ThreadId = thread::current().id();
}

#[derive(Debug)]
pub(super) struct Recording {
    since: Instant,
    shards: [Shard; SHARDS],
    threads: Mutex<Threads>,
    /// Places for events that no shard has taken.
    places: Mutex<usize>,
}

#[derive(Debug, Default)]
struct Threads {
    numbers: HashMap<ThreadId, u32>,
    lanes: Vec<Lane>,
}

/// On cache lines of its own, so that workers do not slow each other.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard(Mutex<Page>);

#[derive(Debug, Default)]
struct Page {
    events: Vec<Event>,
    /// How many more events find room here.
    places: usize,
    left_out: usize,
    /// The thread that wrote last, and its lane.
    last: Option<(ThreadId, u32)>,
}

impl Recording {
    /// One with room for so many events.
    pub(super) fn new(limit: usize) -> Self {
        Recording { since: Instant::now(), shards: Default::default(), threads: Mutex::default(), places: Mutex::new(limit) }
    }

    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(&shard.0).events.len()).sum()
    }

    pub(super) fn left_out(&self) -> usize {
        self.shards.iter().map(|shard| lock(&shard.0).left_out).sum()
    }

    /// Writes a batch down, where there is room. A task without a start was made by hand, and is no batch of a run.
    pub(super) fn add(&self, task: &Task, elapsed: Duration, failed: bool) {
        let Some(started) = task.started else { return };
        let mut page = lock(&self.shards[task.worker as usize % SHARDS].0);
        if page.places == 0 {
            page.places = self.take_places();
        }
        if page.places == 0 {
            page.left_out += 1;
            return;
        }
        page.places -= 1;
        let started = nanos(started.saturating_duration_since(self.since));
        let lane = self.lane(&mut page, task.worker);
        page.events.push(Event {
            pipeline: task.pipeline,
            name: task.name,
            seq: task.seq,
            offset: task.offset,
            partition: task.partition,
            lane,
            records: task.records as u64,
            arrived: started.saturating_sub(nanos(task.wait)),
            started,
            ended: started.saturating_add(nanos(elapsed)),
            failed,
        });
    }

    fn take_places(&self) -> usize {
        let mut places = lock(&self.places);
        let taken = (*places / PART).clamp(1, PLACES).min(*places);
        *places -= taken;
        taken
    }

    /// The lane of this thread, which mostly is that of the last event on its page.
    fn lane(&self, page: &mut Page, worker: u32) -> u32 {
        let thread = THREAD.with(|thread| *thread);
        if let Some((last, lane)) = page.last
            && last == thread
        {
            return lane;
        }
        let Threads { numbers, lanes } = &mut *lock(&self.threads);
        let lane = *numbers.entry(thread).or_insert_with(|| {
            let name = thread::current().name().unwrap_or_default().to_string();
            lanes.push(Lane { name, worker, threads: 1 });
            lanes.len() as u32 - 1
        });
        page.last = Some((thread, lane));
        lane
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.shards.iter().flat_map(|shard| lock(&shard.0).events.clone()).collect()
    }

    pub(super) fn lanes(&self) -> Vec<Lane> {
        lock(&self.threads).lanes.clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
