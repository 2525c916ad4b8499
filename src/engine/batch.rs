//! One task: a batch, run to its end, again, or not.

use super::beside;
use super::broken::{Broken, Cause};
use super::limit::Leash;
use super::made::{Made, Seen, Timed};
use super::runner::Runner;
use crate::data::Timestamp;
use crate::integrate::Gather;
use crate::process::{Operator, Watch};
use crate::stage::{FailurePolicy, Part, Place, Verdict};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// What became of one attempt at a batch.
enum Attempt<E> {
    Done { failed: u64 },
    Failed { position: usize, error: E },
    Retry,
    Stopped,
}

/// Memories of up to so many bytes are moved to where a loop works on them.
const SMALL: usize = 64;

/// Longest sleep between two looks at whether the run is to stop.
const NAP: Duration = Duration::from_millis(2);

impl<B, E, C, G, P, L> Runner<'_, '_, '_, B, E, C, G, P, L>
where
    C: Operator<B, E>,
    G: Gather<C::Value, C::Key>,
    P: FailurePolicy<B, E>,
    L: Leash,
{
    /// Runs one batch. Whatever happens in it stays in it.
    pub(super) fn task(&self, made: &mut Made<G::Memory, E>, local: &mut C::Local, seq: u32, part: Part<B>) -> Result<(), Broken<E>> {
        if !self.clocked {
            return self.contain(made, local, seq, part).map(|_| ());
        }
        let partition = part.partition;
        let mut task = self.describe(seq, partition, part.records);
        let began = Instant::now();
        (task.worker, task.started, task.wait) = (self.worker(), Some(began), began.duration_since(self.begun));
        self.tell(|observer| observer.batch_started(&task));
        let done = self.contain(made, local, seq, part);
        let (wait, busy) = (task.wait, began.elapsed());
        match &done {
            Ok(records) => {
                made.times.push(Timed { partition, is_first: task.offset == 0, records: *records, wait, estimated: task.cost, busy });
                task.records = *records as usize;
                self.tell(|observer| observer.batch_finished(&task, busy));
            }
            Err(_) => self.tell(|observer| observer.batch_failed(&task, busy)),
        }
        done.map(|_| ())
    }

    /// Runs one batch, or neighbours as one, and returns how many records were read.
    fn contain(&self, made: &mut Made<G::Memory, E>, local: &mut C::Local, seq: u32, part: Part<B>) -> Result<u64, Broken<E>> {
        let Part { records, batch, .. } = part;
        let place = Place { batch: u64::from(seq), first: 0, position: 0, records };
        let mut seen = Seen::default();
        let done = catch_unwind(AssertUnwindSafe(|| self.attempts(made, local, place, batch, &mut seen)));
        match done {
            Ok(Attempt::Done { .. }) => {
                made.batches += if self.one_each { 1 } else { self.batches(seq, records) };
                // A partitioner may have said anything of a batch that a step takes whole.
                made.records = made.records.saturating_add(seen.records as u64);
                if seen.records != records {
                    made.sizes.push((seq, seen.records as u64));
                }
                made.take_in(seq, &seen);
                Ok(seen.records as u64)
            }
            Ok(Attempt::Failed { position, error }) => {
                if self.keeps {
                    made.take_in(seq, &seen);
                }
                let (batch, record) = self.locate(seq, position);
                Err(Broken { batch, record: record as u64, cause: Cause::Error(error) })
            }
            Ok(Attempt::Stopped | Attempt::Retry) => Err(Broken::stopped(self.locate(seq, seen.records).0)),
            Err(payload) => Err(Broken::panic(self.locate(seq, seen.records.min(records.saturating_sub(1))).0, payload)),
        }
    }

    /// How many batches begin with a task of so many records, of neighbours that are run as one or of pieces.
    fn batches(&self, seq: u32, records: usize) -> u64 {
        if self.fused { self.sizes.count(records) } else { u64::from(self.sizes.piece(seq).offset == 0) }
    }

    /// The batch that holds the record at this position of what was run as batch `seq`, and its place in it.
    fn locate(&self, seq: u32, position: usize) -> (u64, usize) {
        let (batch, record) = if self.fused { self.sizes.locate(seq, position) } else { (seq, position) };
        (batch.into(), record)
    }

    /// Runs a batch until the policy is content.
    fn attempts(&self, made: &mut Made<G::Memory, E>, local: &mut C::Local, place: Place, mut batch: B, seen: &mut Seen) -> Attempt<E> {
        for attempt in 0.. {
            let kept = self.policy.keep(&batch);
            let is_own = self.own_memory || kept.is_some();
            let draft = || (!self.exact).then(|| self.gather.draft(place.records));
            let mut own = if is_own { made.spare.take().or_else(draft) } else { None };
            let (memory, expected) = if is_own { (&mut own, place.records) } else { (&mut made.memory, made.expected) };
            let kept_batch = kept.as_ref();
            *seen = Seen::default();
            let guard = Guard { runner: self, kept: kept_batch, attempt, place, judge: None, seen, failed: 0, end: End::None };
            let done = self.attempt(memory, expected, local, batch, guard);
            match done {
                Attempt::Retry => {
                    made.retried += 1;
                    if !self.back_off(self.policy.backoff(attempt), place.batch) {
                        break;
                    }
                }
                Attempt::Done { failed } => {
                    made.failed += failed;
                    if let Some(own) = own {
                        self.put(made, place, own);
                    }
                    return done;
                }
                Attempt::Failed { .. } if self.keeps => {
                    if let Some(own) = own {
                        self.put(made, place, own);
                    }
                    return done;
                }
                _ => return done,
            }
            match kept {
                Some(kept) => batch = kept,
                None => break,
            }
        }
        Attempt::Stopped
    }

    /// Not inlined: the memory is then behind one pointer, where the compiler would choose between those of a batch and of a lane for each record.
    #[inline(never)]
    fn attempt(
        &self,
        memory: &mut Option<G::Memory>,
        expected: usize,
        local: &mut C::Local,
        batch: B,
        mut guard: Guard<'_, '_, '_, '_, B, E, C, G, P, L>,
    ) -> Attempt<E> {
        let drive = |memory: &mut G::Memory| {
            self.chain.drive(local, batch, &mut guard, &mut |rec| {
                self.gather.fold(memory, rec.key, rec.value);
                Ok(())
            })
        };
        let driven = if size_of::<G::Memory>() <= SMALL {
            // Of its own in this function, the memory can lie in registers.
            let mut held = memory.take().unwrap_or_else(|| self.gather.memory(expected));
            let driven = drive(&mut held);
            *memory = Some(held);
            driven
        } else {
            drive(memory.get_or_insert_with(|| self.gather.memory(expected)))
        };
        match (driven, guard.end) {
            (Err(error), End::At(position)) => Attempt::Failed { position, error },
            (Err(_), End::Retry) => Attempt::Retry,
            (_, End::Stop) => Attempt::Stopped,
            (Err(error), End::None) => Attempt::Failed { position: 0, error },
            (Ok(()), _) => Attempt::Done { failed: guard.failed },
        }
    }

    /// Takes in the memory of one batch.
    fn put(&self, made: &mut Made<G::Memory, E>, place: Place, own: G::Memory) {
        match &mut made.memory {
            _ if self.apart => made.apart.push((place.batch as u32, own)),
            Some(memory) => made.spare = self.gather.merge_and_reuse(memory, own),
            memory => *memory = Some(own),
        }
    }

    /// Waits; whether the batch is still of interest then.
    fn back_off(&self, pause: Duration, batch: u64) -> bool {
        let began = Instant::now();
        while !self.limit.reached() && !self.is_void(batch) {
            match pause.checked_sub(began.elapsed()) {
                Some(left) if !left.is_zero() => std::thread::sleep(left.min(NAP)),
                _ => return true,
            }
        }
        false
    }
}

/// Why a batch was left before its end.
enum End {
    None,
    At(usize),
    Retry,
    Stop,
}

/// A failure policy at work on one attempt.
type Judge<'g, E> = Box<dyn FnMut(&Place, E) -> Verdict<E> + 'g>;

/// Watches over one attempt at a batch.
struct Guard<'g, 'r, 'p, 's, B, E, C, G, P, L> {
    runner: &'g Runner<'r, 'p, 's, B, E, C, G, P, L>,
    kept: Option<&'g B>,
    attempt: u32,
    place: Place,
    judge: Option<Judge<'g, E>>,
    seen: &'g mut Seen,
    failed: u64,
    end: End,
}

impl<B, E, C, G, P, L> Watch<E> for Guard<'_, '_, '_, '_, B, E, C, G, P, L>
where
    C: Operator<B, E>,
    G: Gather<C::Value, C::Key>,
    P: FailurePolicy<B, E>,
    L: Leash,
{
    /// Only batches that are run as one need it.
    const FOLLOWED: bool = C::IN_PIECES && !G::COSTLY;
    const STOPPABLE: bool = L::STOPPABLE;

    fn stopped(&mut self) -> bool {
        let stopped = self.runner.limit.reached();
        if stopped {
            self.end = End::Stop;
        }
        stopped
    }

    #[cold]
    fn failed(&mut self, position: usize, records: usize, error: E) -> Result<(), E> {
        let first = self.runner.sizes.first(self.place.batch as u32);
        let place = Place { first, position, records, ..self.place };
        let judge = self.judge.get_or_insert_with(|| self.runner.policy.judge(self.kept, self.attempt));
        match judge(&place, error) {
            Verdict::Skip => {
                // Of a batch whose size nobody knew, at least one.
                self.failed += records.max(1) as u64;
                Ok(())
            }
            Verdict::Retry(error) if self.kept.is_some() => {
                self.end = End::Retry;
                Err(error)
            }
            Verdict::Retry(error) | Verdict::Stop(error) => {
                self.end = End::At(position);
                Err(error)
            }
        }
    }

    fn batch(&self) -> u64 {
        self.place.batch
    }

    fn first(&self) -> u64 {
        self.runner.sizes.first(self.place.batch as u32)
    }

    fn expected(&self) -> usize {
        self.place.records
    }

    fn seen(&mut self, records: usize) {
        self.seen.records = records;
    }

    fn reached(&mut self, latest: Timestamp) {
        self.seen.latest = self.seen.latest.max(Some(latest));
    }

    fn threads(&self) -> usize {
        if self.runner.judged { 1 } else { self.runner.engine.pool.current_num_threads() }
    }

    fn share<Ln: Send>(&self, lanes: Vec<Ln>, work: impl Fn(Ln, &dyn Fn() -> bool) + Sync) {
        let limit = self.runner.limit;
        beside::share(self.runner.engine, lanes, |lane| work(lane, &|| L::STOPPABLE && limit.reached()));
    }

    fn late(&mut self, late: u64, dropped: u64) {
        self.seen.late += late;
        self.seen.dropped += dropped;
    }
}
