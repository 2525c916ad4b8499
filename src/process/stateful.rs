use super::fired::fire_all;
use super::held::{Keeping, emit_all};
use super::kept::Kept;
use super::{Clock, Operator, Rec, StateSize, Watch};
use crate::data::{TimeState, Timestamp};
use crate::keyed::{By, Key, KeyGroups, Shard};
use crate::stage::KeyedProcessor;
use std::fmt;

/// Timers that are worth the help of other threads, if they are due together.
const MUCH: usize = 256;

/// State by key with timers.
pub struct Stateful<C, P> {
    pub(crate) prev: C,
    pub(crate) processor: P,
}

impl<C: fmt::Debug, P> fmt::Debug for Stateful<C, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}.Stateful", self.prev)
    }
}

impl<B, E, C, K, P> Operator<B, E> for Stateful<C, P>
where
    C: Operator<B, E, Key = By<K>, Value: Send>,
    K: Key + Ord,
    P: KeyedProcessor<K, C::Value, Out: Send> + Sync,
{
    type At = C::At;
    type Key = By<K>;
    type Value = P::Out;
    type Local = (C::Local, Keeping<Kept<K, P::State, P::Out>>);
    const ORDERED: bool = true;
    const IN_PIECES: bool = false;
    const TIMED: bool = true;

    fn drive<W: Watch<E>>(
        &self,
        (local, keeping): &mut Self::Local,
        batch: B,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<C::At, By<K>, P::Out>) -> Result<(), E>,
    ) -> Result<(), E> {
        keeping.groups.shards_mut().iter_mut().for_each(Kept::take_up);
        let processor = &self.processor;
        let work = |kept: &mut Kept<K, P::State, P::Out>, at: Option<Timestamp>, key: &K, value: C::Value| {
            kept.call(key, at, None, |key, state, context| processor.on_record(key, state, value, context));
        };
        keeping.drive((&self.prev, local), batch, watch, work, emit, |groups, local, batch, watch, emit| {
            self.prev.drive(local, batch, watch, &mut |rec| self.on_record(groups, rec, emit))
        })
    }

    fn pass<W: Watch<E>>(
        &self,
        (local, keeping): &mut Self::Local,
        watermark: Timestamp,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<C::At, By<K>, P::Out>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (processor, groups) = (&self.processor, &mut keeping.groups);
        self.prev.pass(local, watermark, watch, &mut |rec| self.on_record(groups, rec, emit))?;
        let clock = match watch.clock() {
            Clock::Still => None,
            Clock::At(clock) => Some(Some(clock)),
            Clock::Ended => Some(None),
        };
        if let Some(clock) = clock.filter(|_| groups.shards().iter().any(Kept::waits)) {
            let now = Some(watermark).filter(|now| *now > Timestamp::MIN);
            let wake = |kept: &mut Kept<K, P::State, P::Out>, fired: &mut Vec<_>| {
                kept.wake(clock, now, fired, |key, state, context| processor.on_wake(key, state, context));
            };
            fire_all(groups, false, wake, watch, |_| C::At::of_timer(watermark), emit)?;
        }
        // In one shard it is enough to know whether any is.
        let most = if groups.shards().len() > 1 { MUCH } else { 1 };
        let due: usize = groups.shards().iter().map(|kept| kept.count_due(watermark, most)).sum();
        if due == 0 && watermark < Timestamp::MAX {
            return Ok(());
        }
        let fire = |kept: &mut Kept<K, P::State, P::Out>, fired: &mut Vec<_>| {
            kept.fire(watermark, fired, |key, state, at, context| processor.on_timer(key, state, at, context));
        };
        fire_all(groups, due >= MUCH, fire, watch, C::At::of_timer, emit)
    }

    fn size((local, keeping): &Self::Local) -> StateSize {
        let sizes = keeping.groups.shards().iter().map(Kept::size);
        sizes.fold(C::size(local), |all, shard| all.and(shard.keys, shard.bytes))
    }
}

impl<C, P> Stateful<C, P> {
    fn on_record<E, At: TimeState, K: Key + Ord, V>(
        &self,
        groups: &mut KeyGroups<Kept<K, P::State, P::Out>>,
        rec: Rec<At, By<K>, V>,
        emit: &mut impl FnMut(Rec<At, By<K>, P::Out>) -> Result<(), E>,
    ) -> Result<(), E>
    where
        P: KeyedProcessor<K, V>,
    {
        let By(key) = rec.key;
        let kept = groups.shard_of(&key);
        kept.call(&key, rec.at.time(), None, |key, state, context| self.processor.on_record(key, state, rec.value, context));
        emit_all(kept.out().drain(..), rec.at, &key, emit)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    /// Fires every second, from the first record on.
    struct Tick;

    impl<K> KeyedProcessor<K, i64> for Tick {
        type State = bool;
        type Out = i64;

        fn on_record(&self, _: &K, runs: &mut bool, second: i64, context: &mut Context<i64>) {
            if !std::mem::replace(runs, true) {
                context.timer(Timestamp::from_secs(second + 1));
            }
        }

        fn on_timer(&self, _: &K, _: &mut bool, at: Timestamp, context: &mut Context<i64>) {
            let second = at.as_micros() / 1_000_000;
            context.emit(second);
            context.timer(Timestamp::from_secs(second + 1));
        }
    }

    /// Of bounded data time was at its end at once, where timers set no others.
    #[test]
    fn timers_that_set_others_fire_as_far_as_the_data_go() {
        let bounded = Pipeline::over([0, 5]).event_time(|second| Timestamp::from_secs(*second)).key_by(|_| 0).stateful(Tick).run();
        let stream = Pipeline::stream(0..=5).filter(|n| n % 5 == 0).event_time(|second| Timestamp::from_secs(*second));
        assert_eq!(bounded, stream.key_by(|_| 0).stateful(Tick).run());
        assert_eq!(bounded, [1, 2, 3, 4, 5, 6]);
    }
}
