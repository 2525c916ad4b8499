//! Records that are held back, so that threads can share them by key: what comes out is emitted in the order of the records.

use super::located::Located;
use super::pace::{Pace, Way};
use super::{Operator, Rec, Watch};
use crate::data::{TimeState, Timestamp};
use crate::keyed::{By, Key, KeyGroups, Shard};
use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};
use std::vec::IntoIter;

/// Shards a thread: so many that one with more records than others keeps nobody waiting for long.
const SHARDS_A_THREAD: usize = 8;
/// How many records a thread takes before it asks whether it is to stop.
const BLOCK: usize = 256;

/// What is kept by key through all batches, and what it costs.
#[derive(Debug)]
pub struct Keeping<Sh> {
    pub(super) groups: KeyGroups<Sh>,
    pace: Pace,
}

impl<Sh: Default> Default for Keeping<Sh> {
    fn default() -> Self {
        Keeping { groups: KeyGroups::default(), pace: Pace::default() }
    }
}

/// A thread's share of the records of a batch: those of a shard.
struct Lane<At, K, V, O> {
    records: Vec<(At, K, V)>,
    /// Of those that are done, how many values came out of each.
    done: Vec<(At, K, usize)>,
    out: Vec<O>,
    panic: Option<Box<dyn Any + Send>>,
    busy: Duration,
}

impl<At, K, V, O> Lane<At, K, V, O> {
    fn with_room(records: usize) -> Self {
        let records = Vec::with_capacity(records);
        Lane { records, done: Vec::new(), out: Vec::new(), panic: None, busy: Duration::ZERO }
    }

    /// Works on the records, up to one that panics.
    fn work_off<Sh>(&mut self, shard: &mut Sh, work: &impl Fn(&mut Sh, Option<Timestamp>, &K, V), is_stopped: &dyn Fn() -> bool)
    where
        At: TimeState,
        Sh: Shard<K, Out = O>,
    {
        let began = Instant::now();
        let Lane { records, done, .. } = self;
        done.reserve_exact(records.len());
        let worked = catch_unwind(AssertUnwindSafe(|| {
            for (nth, (at, key, value)) in records.drain(..).enumerate() {
                if nth % BLOCK == 0 && is_stopped() {
                    break;
                }
                let before = shard.out().len();
                work(shard, at.time(), &key, value);
                done.push((at, key, shard.out().len() - before));
            }
        }));
        self.out = std::mem::take(shard.out());
        self.panic = worked.err();
        self.busy = began.elapsed();
    }
}

impl<Sh: Send> Keeping<Sh> {
    /// Runs a batch through the chain before and then `work`, record by record: `straight` does so where each may come as it comes.
    pub(super) fn drive<B, E, C, K, W, F>(
        &mut self,
        (prev, local): (&C, &mut C::Local),
        batch: B,
        watch: &mut W,
        work: impl Fn(&mut Sh, Option<Timestamp>, &K, C::Value) + Sync,
        emit: &mut F,
        straight: impl FnOnce(&mut KeyGroups<Sh>, &mut C::Local, B, &mut W, &mut F) -> Result<(), E>,
    ) -> Result<(), E>
    where
        C: Operator<B, E, Key = By<K>, Value: Send>,
        K: Key,
        Sh: Shard<K, Out: Send>,
        W: Watch<E>,
        F: FnMut(Rec<C::At, By<K>, Sh::Out>) -> Result<(), E>,
    {
        let (records, threads) = (watch.expected(), watch.threads());
        match self.pace.choose(records, threads) {
            Way::Straight => {
                let began = Pace::begin(records, threads);
                let done = straight(&mut self.groups, local, batch, watch, emit);
                self.pace.learn_straight(records, began);
                return done;
            }
            Way::Trial => {}
            Way::Shared => self.groups.spread(threads * SHARDS_A_THREAD),
        }
        self.hold((prev, local), batch, watch, work, emit)
    }

    fn hold<B, E, C, K, W, F>(
        &mut self,
        (prev, local): (&C, &mut C::Local),
        batch: B,
        watch: &mut W,
        work: impl Fn(&mut Sh, Option<Timestamp>, &K, C::Value) + Sync,
        emit: &mut F,
    ) -> Result<(), E>
    where
        C: Operator<B, E, Key = By<K>, Value: Send>,
        K: Key,
        Sh: Shard<K, Out: Send>,
        W: Watch<E>,
        F: FnMut(Rec<C::At, By<K>, Sh::Out>) -> Result<(), E>,
    {
        let began = Instant::now();
        let expected = watch.expected();
        let shards = self.groups.shards().len();
        let room = expected.min(MOST_ROOM).div_ceil(shards);
        let mut lanes: Vec<Lane<C::At, K, C::Value, Sh::Out>> = (0..shards).map(|_| Lane::with_room(room)).collect();
        let mut order = Vec::with_capacity(expected.min(MOST_ROOM));
        let position = Cell::new(0);
        let mut located = Located { watch, position: &position };
        let mut put = |rec: Rec<C::At, By<K>, C::Value>| {
            let By(key) = rec.key;
            let place = self.groups.place(&key);
            order.push((place, position.get()));
            lanes[place].records.push((rec.at, key, rec.value));
            Ok(())
        };
        // What ends the batch here, ends it after what came before.
        let driven = catch_unwind(AssertUnwindSafe(|| prev.drive(local, batch, &mut located, &mut put)));
        let distributed = began.elapsed();
        // The longest first, so that none is left to wait for.
        let mut shares: Vec<_> = self.groups.shards_mut().iter_mut().zip(&mut lanes).filter(|(_, lane)| !lane.records.is_empty()).collect();
        shares.sort_by_key(|(_, lane)| std::cmp::Reverse(lane.records.len()));
        watch.share(shares, |(shard, lane), is_stopped| lane.work_off(shard, &work, is_stopped));
        if W::STOPPABLE && watch.stopped() {
            return Ok(());
        }
        let emitting = Instant::now();
        let busy = lanes.iter().map(|lane| lane.busy).sum();
        let records = order.len();
        let emitted = release(lanes, order, watch, emit);
        self.pace.learn_held(records, distributed + emitting.elapsed(), busy);
        emitted?;
        driven.unwrap_or_else(|panic| resume_unwind(panic))
    }
}

/// The most records that room is made for at once, whatever a partitioner says of a batch.
const MOST_ROOM: usize = 1 << 16;

/// What lanes have made of their records, as it is taken out.
struct Released<At, K, O> {
    records: IntoIter<(At, K, usize)>,
    out: IntoIter<O>,
    panic: Option<Box<dyn Any + Send>>,
}

/// Emits what came out of the records, in their order; up to one that fails, or that has panicked.
fn release<E, At: TimeState, K: Key, V, O, W: Watch<E>>(
    lanes: Vec<Lane<At, K, V, O>>,
    order: Vec<(usize, usize)>,
    watch: &mut W,
    emit: &mut impl FnMut(Rec<At, By<K>, O>) -> Result<(), E>,
) -> Result<(), E> {
    let release = |lane: Lane<At, K, V, O>| Released { records: lane.done.into_iter(), out: lane.out.into_iter(), panic: lane.panic };
    let mut lanes: Vec<_> = lanes.into_iter().map(release).collect();
    for (nth, (place, position)) in order.into_iter().enumerate() {
        if W::STOPPABLE && nth % BLOCK == 0 && watch.stopped() {
            return Ok(());
        }
        let lane = &mut lanes[place];
        let Some((at, key, count)) = lane.records.next() else {
            // The first of a lane that has come to no end is the one that panicked.
            let panic = lane.panic.take();
            let _ = catch_unwind(AssertUnwindSafe(|| drop(lanes)));
            return panic.map_or(Ok(()), |panic| resume_unwind(panic));
        };
        watch.at(position);
        let mut values = lane.out.by_ref().take(count);
        let emitted = emit_all(&mut values, at, &key, emit);
        // Where one fails, those after it are of this record all the same.
        values.for_each(drop);
        emitted.or_else(|error| watch.failed(position, 1, error))?;
    }
    Ok(())
}

/// Emits values of one key and time.
#[inline]
pub(super) fn emit_all<E, At: Copy, K: Key, V>(
    mut values: impl Iterator<Item = V>,
    at: At,
    key: &K,
    emit: &mut impl FnMut(Rec<At, By<K>, V>) -> Result<(), E>,
) -> Result<(), E> {
    values.try_for_each(|value| emit(Rec { at, key: By(key.clone()), value }))
}

#[cfg(feature = "checkpoint")]
impl<Sh> crate::saved::Saved for Keeping<Sh>
where
    KeyGroups<Sh>: crate::saved::Saved,
{
    fn save(&mut self, pieces: &mut crate::saved::Pieces) -> Result<(), crate::saved::DamagedState> {
        self.groups.save(pieces)
    }

    fn load(&mut self, pieces: &mut crate::saved::Pieces) -> Result<(), crate::saved::DamagedState> {
        self.groups.load(pieces)
    }
}
