use super::{Operator, Rec, Watch};
use crate::data::{TimeState, Timestamp};
use crate::keyed::{By, Key, Map};
use crate::stage::{Context, KeyedProcessor};
use std::collections::BTreeSet;
use std::collections::hash_map::Entry;
use std::fmt;

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

/// What is kept through all batches.
pub struct Kept<K, S, O> {
    keys: Map<K, One<S>>,
    /// By time, then key; with the number of the state they belong to, so that those of a state that was cleared are told from later ones.
    timers: BTreeSet<(Timestamp, K, u64)>,
    issued: u64,
    /// One for all calls, for its allocations.
    context: Context<O>,
}

/// One key's state.
struct One<S> {
    number: u64,
    state: S,
}

impl<K, S, O> Default for Kept<K, S, O> {
    fn default() -> Self {
        Kept { keys: Map::default(), timers: BTreeSet::new(), issued: 0, context: Context::new() }
    }
}

impl<K, S, O> fmt::Debug for Kept<K, S, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("keys", &self.keys.len()).field("timers", &self.timers.len()).finish_non_exhaustive()
    }
}

impl<K: Key + Ord, S: Default, O> Kept<K, S, O> {
    /// Calls the processor with a key's state, and does what it asked for; what it emitted is left in the context.
    fn call(&mut self, key: K, at: Option<Timestamp>, call: impl FnOnce(&K, &mut S, &mut Context<O>)) {
        let Kept { keys, timers, issued, context } = self;
        context.time = at;
        context.clear = false;
        let mut entry = match keys.entry(key) {
            Entry::Occupied(entry) => entry,
            Entry::Vacant(entry) => {
                *issued += 1;
                entry.insert_entry(One { number: *issued, state: S::default() })
            }
        };
        let number = entry.get().number;
        // A key cannot be lent out together with its state: it is cloned, which of most keys is a copy.
        let key = entry.key().clone();
        call(&key, &mut entry.get_mut().state, context);
        if context.clear {
            context.timers.clear();
            entry.remove();
        }
        timers.extend(context.timers.drain(..).map(|at| (at, key.clone(), number)));
    }

    /// The earliest timer up to a time.
    fn due(&mut self, watermark: Timestamp) -> Option<(Timestamp, K, u64)> {
        let is_due = self.timers.first().is_some_and(|(at, ..)| *at <= watermark);
        is_due.then(|| self.timers.pop_first()).flatten()
    }

    /// Whether the state that a timer belongs to is still there.
    fn has(&self, key: &K, number: u64) -> bool {
        self.keys.get(key).is_some_and(|one| one.number == number)
    }
}

impl<B, E, C, K, P> Operator<B, E> for Stateful<C, P>
where
    C: Operator<B, E, Key = By<K>>,
    K: Key + Ord,
    P: KeyedProcessor<K, C::Value>,
{
    type At = C::At;
    type Key = By<K>;
    type Value = P::Out;
    type Local = (C::Local, Kept<K, P::State, P::Out>);
    const ORDERED: bool = true;
    const IN_PIECES: bool = false;
    const TIMED: bool = true;

    fn drive<W: Watch<E>>(
        &self,
        (local, kept): &mut Self::Local,
        batch: B,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<C::At, By<K>, P::Out>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.prev.drive(local, batch, watch, &mut |rec| self.on_record(kept, rec, emit))
    }

    /// Timers that are set while others fire, and are due, fire with them, by time: as they would if event time came by in smaller steps. At
    /// the end of all they never do.
    fn pass<W: Watch<E>>(
        &self,
        (local, kept): &mut Self::Local,
        watermark: Timestamp,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<C::At, By<K>, P::Out>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.prev.pass(local, watermark, watch, &mut |rec| self.on_record(kept, rec, emit))?;
        let mut last = if watermark == Timestamp::MAX { std::mem::take(&mut kept.timers) } else { BTreeSet::new() };
        while let Some((at, key, number)) = last.pop_first().or_else(|| kept.due(watermark)) {
            if kept.has(&key, number) {
                let time = Some(at);
                kept.call(key.clone(), time, |key, state, context| self.processor.on_timer(key, state, at, context));
                let out = kept.context.out.drain(..);
                emit_all(out, C::At::of_timer(at), &key, emit).or_else(|error| watch.failed(0, 1, error))?;
            }
            if watermark == Timestamp::MAX {
                kept.timers.clear();
            }
        }
        Ok(())
    }
}

impl<C, P> Stateful<C, P> {
    fn on_record<E, At: TimeState, K: Key + Ord, V>(
        &self,
        kept: &mut Kept<K, P::State, P::Out>,
        rec: Rec<At, By<K>, V>,
        emit: &mut impl FnMut(Rec<At, By<K>, P::Out>) -> Result<(), E>,
    ) -> Result<(), E>
    where
        P: KeyedProcessor<K, V>,
    {
        let By(key) = rec.key;
        kept.call(key.clone(), rec.at.time(), |key, state, context| self.processor.on_record(key, state, rec.value, context));
        emit_all(kept.context.out.drain(..), rec.at, &key, emit)
    }
}

/// Emits values of one key and time.
fn emit_all<E, At: Copy, K: Key, V>(
    mut values: impl Iterator<Item = V>,
    at: At,
    key: &K,
    emit: &mut impl FnMut(Rec<At, By<K>, V>) -> Result<(), E>,
) -> Result<(), E> {
    values.try_for_each(|value| emit(Rec { at, key: By(key.clone()), value }))
}

#[cfg(feature = "checkpoint")]
impl<K, S, O> crate::saved::Saved for Kept<K, S, O>
where
    K: Key + Ord + serde::Serialize + serde::de::DeserializeOwned,
    S: serde::Serialize + serde::de::DeserializeOwned,
{
    fn save(&self, pieces: &mut crate::saved::Pieces) -> Result<(), crate::saved::DamagedState> {
        use crate::saved::put;
        pieces.write(&[], |out| {
            put(out, &self.issued)?;
            put(out, &(self.keys.len() as u64))?;
            for (key, one) in &self.keys {
                put(out, &(key, one.number, &one.state))?;
            }
            put(out, &(self.timers.len() as u64))?;
            self.timers.iter().try_for_each(|(at, key, number)| put(out, &(at, key, number)))
        })
    }

    fn load(&mut self, pieces: &mut crate::saved::Pieces) -> Result<(), crate::saved::DamagedState> {
        use crate::saved::{take, take_some};
        pieces.read(&[], |input| {
            self.issued = take(input)?;
            let keys: Vec<(K, u64, S)> = take_some(input, take)?;
            self.keys = keys.into_iter().map(|(key, number, state)| (key, One { number, state })).collect();
            self.timers = take_some(input, take)?.into_iter().collect();
            Ok(())
        })
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
