//! What fires after the records of a micro-batch, shard by shard, emitted by time, then key.

use super::held::emit_all;
use super::kept::{Fired, Kept};
use super::{Rec, Watch};
use crate::data::Timestamp;
use crate::keyed::{By, Key, KeyGroups, Shard};
use std::any::Any;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::vec::IntoIter;

/// What has fired in a shard, in its order; and with what it ended, if it panicked.
struct Lane<K, O> {
    fired: Vec<Fired<K>>,
    out: Vec<O>,
    panic: Option<Box<dyn Any + Send>>,
}

impl<K: Key + Ord, O> Lane<K, O> {
    fn of<S>(kept: &mut Kept<K, S, O>, fire: &impl Fn(&mut Kept<K, S, O>, &mut Vec<Fired<K>>)) -> Self {
        let mut fired = Vec::new();
        let panic = catch_unwind(AssertUnwindSafe(|| fire(kept, &mut fired))).err();
        // Where nothing came out, the vector keeps its room.
        let out = if kept.out().is_empty() { Vec::new() } else { std::mem::take(kept.out()) };
        Lane { fired, out, panic }
    }

    fn is_some(&self) -> bool {
        !self.fired.is_empty() || self.panic.is_some()
    }
}

/// Fires in all shards, on several threads where that is worth it, and emits what comes out, with the time that is made of a timer's.
pub(super) fn fire_all<E, At: Copy, K, S, O, W>(
    groups: &mut KeyGroups<Kept<K, S, O>>,
    is_much: bool,
    fire: impl Fn(&mut Kept<K, S, O>, &mut Vec<Fired<K>>) + Sync,
    watch: &mut W,
    time: impl Fn(Timestamp) -> At,
    emit: &mut impl FnMut(Rec<At, By<K>, O>) -> Result<(), E>,
) -> Result<(), E>
where
    K: Key + Ord,
    S: Send,
    O: Send,
    W: Watch<E>,
{
    let mut lanes = Vec::new();
    if is_much {
        let mut places: Vec<_> = groups.shards_mut().iter_mut().map(|kept| (kept, None)).collect();
        watch.share(places.iter_mut().collect(), |(kept, lane), _| *lane = Some(Lane::of(kept, &fire)));
        lanes.extend(places.into_iter().filter_map(|(_, lane)| lane));
    } else {
        lanes.extend(groups.shards_mut().iter_mut().map(|kept| Lane::of(kept, &fire)).filter(Lane::is_some));
    }
    emit_by_time(lanes, watch, time, emit)
}

/// Always goes on with the lane whose next has the least time and key, as one alone would that had the timers of all.
fn emit_by_time<E, At: Copy, K: Key + Ord, O, W: Watch<E>>(
    lanes: Vec<Lane<K, O>>,
    watch: &mut W,
    time: impl Fn(Timestamp) -> At,
    emit: &mut impl FnMut(Rec<At, By<K>, O>) -> Result<(), E>,
) -> Result<(), E> {
    if lanes.is_empty() {
        return Ok(());
    }
    let mut heads = BinaryHeap::with_capacity(lanes.len());
    let mut rest: Vec<(IntoIter<Fired<K>>, IntoIter<O>, Option<Box<dyn Any + Send>>)> = Vec::with_capacity(lanes.len());
    for (number, lane) in lanes.into_iter().enumerate() {
        let mut fired = lane.fired.into_iter();
        heads.extend(fired.next().map(|(at, key, count)| Reverse((at, key, number, count))));
        rest.push((fired, lane.out.into_iter(), lane.panic));
    }
    while let Some(Reverse((at, key, number, count))) = heads.pop() {
        let (fired, out, panic) = &mut rest[number];
        let Some(count) = count else {
            let panic = panic.take();
            let _ = catch_unwind(AssertUnwindSafe(|| drop((heads, rest))));
            return panic.map_or(Ok(()), |panic| resume_unwind(panic));
        };
        let mut values = out.by_ref().take(count);
        let emitted = emit_all(&mut values, time(at), &key, emit);
        // Where one fails, those after it are of this timer all the same.
        values.for_each(drop);
        emitted.or_else(|error| watch.failed(0, 1, error))?;
        heads.extend(fired.next().map(|(at, key, count)| Reverse((at, key, number, count))));
    }
    // What a key itself has panicked with, between two timers.
    rest.into_iter().find_map(|(.., panic)| panic).map_or(Ok(()), |panic| resume_unwind(panic))
}
