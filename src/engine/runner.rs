//! What the workers of one run share, and how they work a lane off.

use super::Inner;
use super::broken::{Broken, forget};
use super::crew::{Pause, Worked};
use super::limit::{Leash, Limit};
use super::made::Made;
use super::shelf::Shelf;
use super::tasks::Tasks;
use crate::data::{Stopwatch, Task};
use crate::integrate::Gather;
use crate::process::Operator;
use crate::schedule::Priority;
use crate::stage::{FailurePolicy, Observer, Scheduler};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

pub(super) struct Runner<'r, 'p, 's, B, E, C, G, P, L> {
    pub(super) chain: &'p C,
    pub(super) gather: &'p G,
    pub(super) policy: &'p P,
    pub(super) limit: &'p Limit,
    pub(super) observers: &'r [Box<dyn Observer + 's>],
    pub(super) engine: &'r Inner,
    pub(super) template: Task,
    pub(super) begun: Instant,
    /// Whether somebody asked for times.
    pub(super) measure: bool,
    /// Whether each batch has a memory of its own ..
    pub(super) own_memory: bool,
    /// .. which is kept apart, as batches do not run in the order of the data.
    pub(super) apart: bool,
    /// What the partitioner said of the batches' records.
    pub(super) sizes: Vec<usize>,
    /// The number of each batch's first record, made when it is asked for.
    pub(super) firsts: OnceLock<Vec<u64>>,
    /// The engine's ranks of the batches; none where they are all of one rank.
    pub(super) ranks: Vec<u64>,
    /// The least batch that failed: what comes after it need not run.
    pub(super) least_failed: AtomicU64,
    pub(super) flow: PhantomData<fn(B, E, L)>,
}

impl<B, E, C, G, P, L> Runner<'_, '_, '_, B, E, C, G, P, L>
where
    C: Operator<B, E>,
    G: Gather<C::Value, C::Key>,
    P: FailurePolicy<B, E>,
    L: Leash,
{
    /// Works a lane off, or until it is to be left to another run.
    pub(super) fn work(
        &self,
        lane: Lane<B, G::Memory, E>,
        pause: Pause<'_>,
        shelf: Option<&Shelf<G::Memory>>,
    ) -> Worked<Lane<B, G::Memory, E>, Made<G::Memory, E>> {
        let watch = Stopwatch::start(self.measure || self.sizes.len() > 1);
        let Lane { mut tasks, mut made } = lane;
        if let Some(shelf) = shelf {
            self.share(&mut made, shelf, tasks.next_seq().unwrap_or(0));
        }
        let mut local = C::Local::default();
        let mut last = 0;
        while let Some(seq) = tasks.next_seq() {
            if self.limit.reached() {
                made.breaks(Broken::stopped(tasks.least_seq().unwrap_or(seq).into()));
                break;
            }
            let rank = self.rank(seq);
            // A chain with state by key must go on where it is.
            if !C::ORDERED && pause(rank) {
                forget(local);
                made.busy += watch.elapsed();
                return Worked::Paused(Lane { tasks, made }, rank);
            }
            let Some((_, part)) = tasks.next() else { break };
            last = seq;
            let done = if self.is_void(seq.into()) { contain(seq, || drop(part)) } else { self.task(&mut made, &mut local, seq, part) };
            if let Err(broken) = done {
                self.breaks(&mut made, broken);
            }
        }
        let sealed = contain(last, || {
            if let Some(shelf) = shelf
                && made.broken.is_none()
            {
                made.memory.take().into_iter().for_each(|memory| shelf.put(made.lane, memory));
            } else if let Some(memory) = &mut made.memory {
                self.gather.seal(memory);
            }
            drop(local);
        });
        forget(tasks);
        if let Err(broken) = sealed {
            self.breaks(&mut made, broken);
        }
        made.busy += watch.elapsed();
        Worked::Done(made)
    }

    /// Takes a memory from the shelf for a lane that has none yet.
    fn share(&self, made: &mut Made<G::Memory, E>, shelf: &Shelf<G::Memory>, seq: u32) {
        if made.memory.is_some() {
            return;
        }
        let entered = contain(seq, || {
            let memory = shelf.take(made.lane).unwrap_or_else(|| self.gather.memory(made.expected));
            // There is one lane a task at most, and tasks are numbered by 32 bits.
            self.gather.enter(made.memory.insert(memory), made.lane as u32);
        });
        if let Err(broken) = entered {
            self.breaks(made, broken);
        }
    }

    fn breaks(&self, made: &mut Made<G::Memory, E>, broken: Broken<E>) {
        if !broken.is_stop() {
            self.least_failed.fetch_min(broken.batch, Ordering::Relaxed);
        }
        made.breaks(broken);
    }
}

/// Consecutive tasks, and what was made of those that are done.
pub(super) struct Lane<B, M, E> {
    pub(super) tasks: Tasks<B>,
    pub(super) made: Made<M, E>,
}

/// Keeps a panic in what is done with a batch.
fn contain<E>(seq: u32, what: impl FnOnce()) -> Result<(), Broken<E>> {
    catch_unwind(AssertUnwindSafe(what)).map_err(|payload| Broken::panic(seq.into(), payload))
}

impl<B, E, C, G, P, L> Runner<'_, '_, '_, B, E, C, G, P, L> {
    /// Whether a batch need not run, as one before it has failed.
    pub(super) fn is_void(&self, batch: u64) -> bool {
        batch > self.least_failed.load(Ordering::Relaxed)
    }

    /// The ranks of all batches, in the order of the data.
    pub(super) fn ranks(&self, scheduler: &dyn Scheduler, partitions: impl Iterator<Item = u32>) -> Vec<u64> {
        let batches = (0..).zip(partitions).zip(&self.sizes);
        batches.map(|((seq, partition), records)| scheduler.rank(&self.describe(seq, partition, *records))).collect()
    }

    /// The engine's rank of a batch.
    pub(super) fn rank(&self, seq: u32) -> u64 {
        self.ranks.get(seq as usize).copied().unwrap_or_else(|| Priority::new().rank(&self.template))
    }

    /// The number of a batch's first record, as far as sizes are known.
    pub(super) fn first(&self, seq: u32) -> u64 {
        let sum = |first: &mut u64, size: &usize| Some(std::mem::replace(first, first.saturating_add(*size as u64)));
        self.firsts.get_or_init(|| self.sizes.iter().scan(0, sum).collect())[seq as usize]
    }

    /// A task for the eyes of schedulers and observers.
    pub(super) fn describe(&self, seq: u32, partition: u32, records: usize) -> Task {
        Task { seq, partition, records, cost: self.engine.estimate(records), ..self.template.clone() }
    }

    /// Tells every observer; one that panics is heard no more of this time.
    pub(super) fn tell(&self, what: impl Fn(&dyn Observer)) {
        for observer in self.observers {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| what(observer))) {
                forget(payload);
            }
        }
    }
}
