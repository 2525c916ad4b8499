//! Runs whose values are written where they end up.
//!
//! Where each record makes one value and the sizes of the batches are known, so is the place of each value in the vector of all of them.
//! Rayon writes into places of an uninitialised vector without `unsafe` here: it hands a consumer to a parallel iterator, which cuts it
//! at places of its own choice. The iterator here is a run: each batch carries its part of the consumer along.

use super::bounded::{run_batches, split};
use super::limit::Leash;
use super::sizes::Sizes;
use super::{Broken, Engine, Halt, Plan};
use crate::data::{NoTime, RunStats, Stopwatch, Timestamp};
use crate::integrate::Gather;
use crate::keyed::NoKey;
use crate::process::{Operator, Rec, StateSize, Stop, Watch};
use crate::stage::{FailurePolicy, Part, Parts, Values};
use rayon::iter::plumbing::{Consumer, Folder, ProducerCallback, Reducer, UnindexedConsumer};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Records a batch, on average, from which on it does not matter what a place costs.
const LEAST: usize = 512;

/// Whether it pays to write values to their places: a single batch has them in one piece anyway.
pub(super) fn pays<B>(parts: &Parts<B>) -> bool {
    parts.len() > 1 && Sizes::of(parts).total() / parts.len() >= LEAST
}

/// Runs all batches; in place where that is of use to the gather.
pub(super) fn run<B, E, C, G, P, L>(
    engine: &Engine,
    parts: Parts<B>,
    plan: &Plan<'_, '_, C, G, P>,
    kept: &mut C::Local,
    stats: &mut RunStats,
) -> Result<G::Memory, Halt<G::Memory, E>>
where
    B: Send,
    E: Send,
    C: Operator<B, E> + Sync,
    G: Gather<C::Value, C::Key> + Sync,
    P: FailurePolicy<B, E>,
    L: Leash,
{
    let last = parts.last_batch();
    let plain = plan.with(plan.chain);
    let mut whole = Whole::<B, E, C, L> { engine, parts: Some(parts), plan: &plain, ended: None, leash: PhantomData };
    let watch = Stopwatch::start(plan.measure);
    let memory = catch_unwind(AssertUnwindSafe(|| plan.gather.whole(&mut whole)));
    let Some((ended, mut done)) = whole.ended else {
        // Nobody asked for the values, so the parts are still there.
        let parts = whole.parts.unwrap_or_else(|| Vec::new().into());
        return run_batches::<B, E, C, G, P, L>(engine, parts, plan, kept, stats, None);
    };
    done.elapsed = watch.elapsed();
    done.integrating = done.elapsed.saturating_sub(done.processing);
    done.add_stage(std::mem::take(stats));
    *stats = done;
    let taken = |memory: Option<G::Memory>| memory.expect("who takes all values makes a memory of them");
    ended.and_then(|()| memory.map(taken).map_err(|payload| Broken::panic(last, payload))).map_err(Halt::from)
}

impl<'p, 's, C, G, P> Plan<'p, 's, C, G, P> {
    /// The same for another chain, of which no step can fail, and all its values.
    fn with<'q, C2>(&self, chain: &'q C2) -> Plan<'q, 's, C2, Results, Stop>
    where
        'p: 'q,
    {
        let Plan { engine, settings, limit, measure, counted, keeps, helpers, .. } = *self;
        Plan { engine, chain, gather: &Results, policy: &Stop, settings, limit, measure, judged: false, counted, keeps, helpers }
    }
}

/// A run that has yet to be asked for its values, or has ended.
struct Whole<'r, 's, B, E, C, L> {
    engine: &'r Engine,
    /// Until it is asked.
    parts: Option<Parts<B>>,
    plan: &'r Plan<'r, 's, C, Results, Stop>,
    ended: Option<(Result<(), Broken<E>>, RunStats)>,
    leash: PhantomData<fn(L)>,
}

impl<B: Send, E: Send, C: Operator<B, E> + Sync, L: Leash> Values<C::Value> for Whole<'_, '_, B, E, C, L> {
    fn all(&mut self) -> Option<Vec<C::Value>>
    where
        C::Value: Send,
    {
        let parts = self.parts.take()?;
        let last = parts.last_batch();
        let Whole { engine, plan, ended, .. } = self;
        let mut all = Vec::new();
        let filled = catch_unwind(AssertUnwindSafe(|| {
            Filled::<B, E, C, L> { engine, parts, plan, ended, leash: PhantomData }.collect_into_vec(&mut all)
        }));
        match (filled, &ended) {
            (Err(payload), None) => *ended = Some((Err(Broken::panic(last, payload)), RunStats::default())),
            (Err(_), Some(_)) => {}
            (Ok(()), _) => return Some(all),
        }
        None
    }

    fn split(&self, values: usize, work: &mut (dyn FnMut() + Send)) {
        split(&self.engine.0, values, work);
    }
}

/// A run as a parallel iterator over its values.
struct Filled<'f, 'r, 's, B, E, C, L> {
    engine: &'r Engine,
    parts: Parts<B>,
    plan: &'r Plan<'r, 's, C, Results, Stop>,
    ended: &'f mut Option<(Result<(), Broken<E>>, RunStats)>,
    leash: PhantomData<fn(L)>,
}

impl<B: Send, E: Send, C: Operator<B, E, Value: Send> + Sync, L: Leash> ParallelIterator for Filled<'_, '_, '_, B, E, C, L> {
    type Item = C::Value;

    fn drive_unindexed<K: UnindexedConsumer<C::Value>>(self, consumer: K) -> K::Result {
        self.drive(consumer)
    }

    fn opt_len(&self) -> Option<usize> {
        Some(self.len())
    }
}

impl<B: Send, E: Send, C: Operator<B, E, Value: Send> + Sync, L: Leash> IndexedParallelIterator for Filled<'_, '_, '_, B, E, C, L> {
    fn len(&self) -> usize {
        let all = match self.parts.as_even() {
            Ok(even) => Some(even.records()),
            Err(parts) => parts.iter().try_fold(0, |all: usize, part| all.checked_add(part.records)),
        };
        all.expect("more values than an address space has room for")
    }

    /// Gives each batch its part of the consumer, and the consumer what the batches made, in their order.
    fn drive<K: Consumer<C::Value>>(self, consumer: K) -> K::Result {
        let mut rest = consumer;
        let (whole, pieces) = self.parts.into_pieces();
        let mut reducers = Vec::with_capacity(whole.len());
        let mut parts = Vec::with_capacity(whole.len());
        for part in whole {
            let (place, after, reducer) = rest.split_at(part.records);
            parts.push(Part { partition: part.partition, records: part.records, batch: (part.batch, place) });
            reducers.push(reducer);
            rest = after;
        }
        let parts = Parts::of_pieces(parts, pieces);
        let chain = Filling(self.plan.chain);
        let plan = self.plan.with(&chain);
        let mut stats = RunStats::default();
        let filled = run_batches::<(B, K), E, _, Results, Stop, L>(self.engine, parts, &plan, &mut C::Local::default(), &mut stats, None);
        let end = rest.into_folder().complete();
        let (filled, ended) = match filled {
            Ok(filled) => (filled, Ok(())),
            Err(halt) => (Vec::new(), Err(halt.broken)),
        };
        let broken = ended.is_err();
        *self.ended = Some((ended, stats));
        if broken {
            // Rayon would say that values are missing. `all` knows the reason.
            resume_unwind(Box::new("a run that broke"));
        }
        filled.into_iter().zip(reducers).rfold(end, |after, (values, reducer)| reducer.reduce(values, after))
    }

    fn with_producer<K: ProducerCallback<C::Value>>(self, callback: K) -> K::Output {
        let mut all = Vec::new();
        self.collect_into_vec(&mut all);
        all.into_par_iter().with_producer(callback)
    }
}

/// A chain over batches that carry their places along: what comes out of a batch is what its consumer makes of it.
struct Filling<'c, C>(&'c C);

impl<B, E, K: Consumer<C::Value>, C: Operator<B, E>> Operator<(B, K), E> for Filling<'_, C> {
    type At = NoTime;
    type Key = NoKey;
    type Value = K::Result;
    type Local = C::Local;
    const ORDERED: bool = C::ORDERED;
    /// Batches that are listed, as these are, are run one by one nevertheless.
    const IN_PIECES: bool = C::IN_PIECES;

    #[inline]
    fn drive<W: Watch<E>>(
        &self,
        local: &mut C::Local,
        (batch, place): (B, K),
        watch: &mut W,
        emit: &mut impl FnMut(Rec<NoTime, NoKey, K::Result>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (promised, mut made) = (watch.expected(), 0);
        let mut folder = Some(place.into_folder());
        self.0.drive(local, batch, watch, &mut |rec| {
            folder = folder.take().map(|folder| folder.consume(rec.value));
            made += 1;
            Ok(())
        })?;
        assert!(made == promised, "a batch said to hold {promised} records holds {made}: see `Partitioner::counts`");
        folder.map_or(Ok(()), |folder| emit(Rec { at: NoTime, key: NoKey, value: folder.complete() }))
    }

    /// Only chains with timers have something to let pass, and they do not give one value a record.
    fn pass<W: Watch<E>>(
        &self,
        _: &mut C::Local,
        _: Timestamp,
        _: &mut W,
        _: &mut impl FnMut(Rec<NoTime, NoKey, K::Result>) -> Result<(), E>,
    ) -> Result<(), E> {
        Ok(())
    }

    fn size(local: &C::Local) -> StateSize {
        C::size(local)
    }
}

/// What each batch made, in the order of the data.
struct Results;

impl<R: Send, Ky> Gather<R, Ky> for Results {
    type Memory = Vec<R>;
    type Output = Vec<R>;

    fn in_order(&self) -> bool {
        true
    }

    fn exact(&self) -> bool {
        true
    }

    fn memory(&self, _: usize) -> Vec<R> {
        Vec::new()
    }

    fn fold(&self, memory: &mut Vec<R>, _: Ky, value: R) {
        memory.push(value);
    }

    fn merge(&self, memory: &mut Vec<R>, other: Vec<R>) {
        memory.extend(other);
    }

    fn seal(&self, _: &mut Vec<R>) -> Option<Vec<R>> {
        None
    }

    fn weight(&self, _: &Vec<R>) -> usize {
        1
    }

    fn combine(&self, memories: Vec<Vec<R>>) -> Vec<R> {
        memories.into_iter().flatten().collect()
    }

    fn finish(&self, memory: Vec<R>) -> Vec<R> {
        memory
    }
}
