//! What the workers of one run share, and how they work a lane off.

use super::Inner;
use super::broken::{Broken, forget};
use super::crew::{Answer, Ask, Turn, Worked};
use super::limit::{Leash, Limit};
use super::made::Made;
use super::paces::{Code, Pace};
use super::plan::Helpers;
use super::shelf::Shelf;
use super::sizes::Sizes;
use super::tasks::Tasks;
use crate::data::{Stopwatch, Task};
use crate::integrate::Gather;
use crate::process::Operator;
use crate::stage::{FailurePolicy, Observer, Parts, Piece, Scheduler};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
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
    /// Whether each batch is timed: for somebody who asked, or for estimates that a scheduler asks for.
    pub(super) clocked: bool,
    /// What the times of its batches are kept under ..
    pub(super) code: Code,
    /// .. and what records are expected to cost.
    pub(super) pace: Pace,
    /// Whether merging in other groups leaves the result the same to the bit, or nobody minds.
    pub(super) exact: bool,
    /// Whether each batch has a memory of its own ..
    pub(super) own_memory: bool,
    /// .. which is kept apart, as batches do not run in the order of the data.
    pub(super) apart: bool,
    /// Whether what comes before a failure is kept.
    pub(super) keeps: bool,
    /// When other threads help, where nobody else wants the calling one.
    pub(super) helpers: Helpers,
    /// Whether a policy may let the run go on after a failure.
    pub(super) judged: bool,
    /// How many batches make a group, whose memories are merged apart from those of others; none where lanes see to that or nobody can tell.
    pub(super) group: Option<usize>,
    /// Whether neighbouring batches are run as one.
    pub(super) fused: bool,
    /// Whether each task is one whole batch.
    pub(super) one_each: bool,
    pub(super) sizes: Sizes,
    /// Records of tasks that lie in no worker's lane, where the engine's policy may ask.
    pub(super) unclaimed: AtomicUsize,
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
    /// Works a lane off, or until it is to be left, and takes the time.
    pub(super) fn timed(
        &self,
        lane: &mut Lane<B, G::Memory, E>,
        kept: Option<&mut C::Local>,
        ask: Ask<'_>,
        shelf: &Shelf<G::Memory>,
    ) -> Worked {
        let watch = Stopwatch::start(true);
        let worked = self.work(lane, kept, ask, shelf);
        lane.made.busy += watch.elapsed();
        worked
    }

    /// Works a lane off, or until it is to be left; with what steps have kept from earlier runs, where they keep anything.
    pub(super) fn work(
        &self,
        Lane { tasks, made }: &mut Lane<B, G::Memory, E>,
        kept: Option<&mut C::Local>,
        ask: Ask<'_>,
        shelf: &Shelf<G::Memory>,
    ) -> Worked {
        let mut own = None;
        let local = match kept {
            Some(kept) => kept,
            None => own.get_or_insert_with(C::Local::default),
        };
        let mut last = tasks.next_seq().unwrap_or(0);
        let mut rest = self.claim(tasks);
        if G::COSTLY
            && made.memory.is_none()
            && let Err(broken) = contain(last, || self.fetch(made, shelf))
        {
            self.breaks(made, broken);
        }
        while let Some(seq) = tasks.next_seq() {
            if L::STOPPABLE && self.limit.reached() {
                made.breaks(Broken::stopped(tasks.least_seq().unwrap_or(seq).into()));
                break;
            }
            let task = || self.describe_left(seq, tasks.next_partition(), rest.saturating_add(self.unclaimed.load(Ordering::Relaxed)));
            // A chain with state by key must go on where it is.
            let answer = if C::ORDERED { Answer::Run(1) } else { ask(Turn { task: &task, done: made.records as usize }) };
            let room = match answer {
                Answer::Run(room) => room,
                Answer::Leave => {
                    self.unclaimed.fetch_add(rest, Ordering::Relaxed);
                    forget(own);
                    return Worked::Paused;
                }
                Answer::Panicked(payload) => {
                    self.breaks(made, Broken::panic(seq.into(), payload));
                    break;
                }
            };
            let Some(part) = tasks.next_piece(if self.fused { room } else { 1 }) else { break };
            last = seq;
            rest = rest.saturating_sub(part.records);
            let done = if self.is_void(seq.into()) { contain(seq, || drop(part)) } else { self.task(made, local, seq, part) };
            let done = done.and_then(|()| if self.ends_group(seq) { contain(seq, || self.complete(made, shelf)) } else { Ok(()) });
            if let Err(broken) = done {
                self.breaks(made, broken);
            }
        }
        // Where lanes are cut by what the threads came to, the last batch stands for all that were sealed together.
        let sealed = contain(if self.exact && !self.apart { self.sizes.len() as u32 - 1 } else { last }, || match &mut made.memory {
            Some(_) if shelf.is_shared => made.memory.take().into_iter().for_each(|memory| shelf.put(made.lane, memory)),
            Some(memory) => self.seal(memory, shelf),
            None => {}
        });
        let sealed = contain(last, || drop(own)).and(sealed);
        tasks.forget();
        if let Err(broken) = sealed {
            self.breaks(made, broken);
        }
        Worked::Done
    }

    /// How many records a lane holds that a worker takes, which are unclaimed no more; 0 where nobody may ask.
    fn claim(&self, tasks: &Tasks<B>) -> usize {
        if self.engine.arbiter.is_none() {
            return 0;
        }
        let records = tasks.records();
        // All of them are a lane's before they are cut into lanes.
        let _ = self.unclaimed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |all| Some(all.saturating_sub(records)));
        records
    }

    fn ends_group(&self, seq: u32) -> bool {
        self.group.is_some_and(|group| (seq as usize + 1).is_multiple_of(group))
    }

    /// Takes the memory of a group away, into which no more is folded.
    fn complete(&self, made: &mut Made<G::Memory, E>, shelf: &Shelf<G::Memory>) {
        if let Some(mut memory) = made.memory.take() {
            self.seal(&mut memory, shelf);
            made.complete.push(memory);
        }
    }

    /// Seals a memory; what is left over of it goes to the shelf, for whatever lane comes next.
    fn seal(&self, memory: &mut G::Memory, shelf: &Shelf<G::Memory>) {
        if let Some(spare) = self.gather.seal(memory) {
            shelf.put(0, spare);
        }
    }

    /// Takes a memory from the shelf for a lane that has none.
    fn fetch(&self, made: &mut Made<G::Memory, E>, shelf: &Shelf<G::Memory>) {
        made.memory = shelf.take(made.lane);
        if shelf.is_shared {
            let memory = made.memory.get_or_insert_with(|| self.gather.memory(made.expected));
            // Lanes are no more than tasks, which are numbered by 32 bits.
            self.gather.enter(memory, made.lane as u32);
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
    pub(super) fn ranks(&self, scheduler: &dyn Scheduler, parts: &Parts<B>) -> Vec<u64> {
        let all = self.sizes.total();
        let rank = |(seq, partition)| scheduler.rank(&self.describe_left(seq, partition, all));
        match parts.as_even() {
            Ok(even) => (0..even.len() as u32).map(|seq| rank((seq, seq))).collect(),
            Err(parts) => (0..).zip(parts.iter().map(|part| part.partition)).map(rank).collect(),
        }
    }

    /// A task for the eyes of schedulers, of a run with so many records left.
    pub(super) fn describe_left(&self, seq: u32, partition: u32, left: usize) -> Task {
        Task { remaining: self.pace.estimate_any(left), ..self.describe(seq, partition, self.sizes.get(seq)) }
    }

    /// A task for the eyes of observers.
    pub(super) fn describe(&self, seq: u32, partition: u32, records: usize) -> Task {
        let Piece { batch, offset } = self.sizes.piece(seq);
        Task { seq: batch, offset, partition, records, cost: self.pace.estimate(partition, records), ..self.template.clone() }
    }

    /// The number of the thread that this is called on, for observers.
    pub(super) fn worker(&self) -> u32 {
        self.engine.pool.current_thread_index().map_or(0, |thread| thread as u32 + 1)
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
