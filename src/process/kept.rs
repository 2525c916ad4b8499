use super::StateSize;
use crate::data::Timestamp;
#[cfg(feature = "checkpoint")]
use crate::keyed::KeyGroups;
use crate::keyed::{Key, Map, Shard, Touched, key_group};
use crate::stage::Context;
use std::collections::BTreeSet;
use std::fmt;

/// By time, then key; with the number of the state they belong to, so that those of a state that was cleared are told from later ones.
type Timers<K> = BTreeSet<(Timestamp, K, u64)>;

/// What is kept of some keys through all batches: their state and timers.
pub struct Kept<K, S, O> {
    keys: Map<K, One<S>>,
    timers: Timers<K>,
    /// Timers that fire with the next micro-batch, as they were set by others of a time no earlier.
    put_off: Vec<(Timestamp, K, u64)>,
    /// What is to be woken, by the clock.
    wakes: Timers<K>,
    issued: u64,
    /// Key groups of which any of this has changed since it was saved.
    touched: Touched,
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
        let (timers, put_off, wakes) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
        Kept { keys: Map::default(), timers, put_off, wakes, issued: 0, touched: Touched::default(), context: Context::new() }
    }
}

impl<K, S, O> fmt::Debug for Kept<K, S, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("keys", &self.keys.len()).field("timers", &self.timers.len()).finish_non_exhaustive()
    }
}

/// A timer that has fired, or a key that was woken, and something came out: when that was due, the key, and how many values; none where it
/// panicked.
pub(super) type Fired<K> = (Timestamp, K, Option<usize>);

impl<K: Key + Ord, S: Default, O> Kept<K, S, O> {
    /// Calls the processor with a key's state, and does what it asked for, but for what it emitted. Timers up to a time are put off.
    #[inline]
    pub(super) fn call(
        &mut self,
        key: &K,
        at: Option<Timestamp>,
        put_off_to: Option<Timestamp>,
        call: impl FnOnce(&K, &mut S, &mut Context<O>),
    ) {
        let Kept { keys, issued, touched, context, .. } = self;
        touched.touch(|| key_group(key));
        context.time = at;
        context.clear = false;
        let one = match keys.get_mut(key) {
            Some(one) => one,
            None => {
                *issued += 1;
                keys.entry(key.clone()).or_insert(One { number: *issued, state: S::default() })
            }
        };
        let number = one.number;
        call(key, &mut one.state, context);
        if context.clear {
            context.timers.clear();
            context.wakes.clear();
            keys.remove(key);
        } else if context.timers.len() | context.wakes.len() > 0 {
            self.set(key, number, put_off_to);
        }
    }

    /// Sets the timers that were asked for.
    fn set(&mut self, key: &K, number: u64, put_off_to: Option<Timestamp>) {
        for at in self.context.timers.drain(..) {
            let timer = (at, key.clone(), number);
            if put_off_to.is_some_and(|time| at <= time) {
                self.put_off.push(timer);
            } else {
                self.timers.insert(timer);
            }
        }
        self.wakes.extend(self.context.wakes.drain(..).map(|at| (at, key.clone(), number)));
    }

    /// Timers that were put off are due with whatever comes now.
    pub(super) fn take_up(&mut self) {
        for timer in self.put_off.drain(..) {
            self.touched.touch(|| key_group(&timer.1));
            self.timers.insert(timer);
        }
    }

    /// Fires all timers up to a time, by time, then key; those that they set and that are due with them, as they would if event time came by
    /// in smaller steps. At the end of all they are the last. What has fired is in order, as none sets another before itself.
    pub(super) fn fire(
        &mut self,
        watermark: Timestamp,
        fired: &mut Vec<Fired<K>>,
        on_timer: impl Fn(&K, &mut S, Timestamp, &mut Context<O>),
    ) {
        let is_end = watermark == Timestamp::MAX;
        if is_end {
            self.take_up();
            self.touched = Touched::default();
        }
        let mut last = if is_end { std::mem::take(&mut self.timers) } else { BTreeSet::new() };
        while let Some((at, key, number)) = last.pop_first().or_else(|| self.due(watermark)) {
            self.touched.touch(|| key_group(&key));
            if self.has(&key, number) {
                self.answer((at, key), Some(at), Some(at), fired, |key, state, context| on_timer(key, state, at, context));
            }
            if is_end {
                self.timers.clear();
                self.put_off.clear();
            }
        }
    }

    /// Wakes what is to be woken up to a time of the clock, all where that has ended; what it asks for meanwhile comes later, at the end never.
    pub(super) fn wake(
        &mut self,
        clock: Option<Timestamp>,
        now: Option<Timestamp>,
        fired: &mut Vec<Fired<K>>,
        on_wake: impl Fn(&K, &mut S, &mut Context<O>),
    ) {
        let is_due = |(at, ..): &&(Timestamp, K, u64)| clock.is_none_or(|clock| *at <= clock);
        let due = self.wakes.iter().take_while(is_due).count();
        let due: Vec<_> = (0..due).map_while(|_| self.wakes.pop_first()).collect();
        for (at, key, number) in due {
            self.touched.touch(|| key_group(&key));
            if self.has(&key, number) {
                self.answer((at, key), now, None, fired, &on_wake);
            }
        }
        if clock.is_none() {
            self.wakes.clear();
            self.touched = Touched::default();
        }
    }

    /// Calls the processor, and notes that it was called.
    fn answer(
        &mut self,
        (at, key): (Timestamp, K),
        time: Option<Timestamp>,
        put_off_to: Option<Timestamp>,
        fired: &mut Vec<Fired<K>>,
        call: impl FnOnce(&K, &mut S, &mut Context<O>),
    ) {
        let before = self.context.out.len();
        // Before the call, so that one that panics is known.
        let last = fired.len();
        fired.push((at, key, None));
        self.call(&fired[last].1, time, put_off_to, call);
        match self.context.out.len() - before {
            0 => fired.truncate(last),
            count => fired[last].2 = Some(count),
        }
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

impl<K: Key + Ord, S, O> Shard<K> for Kept<K, S, O> {
    type Out = O;

    fn out(&mut self) -> &mut Vec<O> {
        &mut self.context.out
    }

    fn divide(self, among: usize, place: impl Fn(&K) -> usize) -> Vec<Self> {
        // A number is of one key: those of a state are greater than all before it wherever it goes.
        let mut parts: Vec<Self> =
            (0..among).map(|_| Kept { issued: self.issued, touched: self.touched.clone(), ..Kept::default() }).collect();
        for (key, one) in self.keys {
            parts[place(&key)].keys.insert(key, one);
        }
        for timer in self.timers {
            parts[place(&timer.1)].timers.insert(timer);
        }
        for timer in self.put_off {
            parts[place(&timer.1)].put_off.push(timer);
        }
        for wake in self.wakes {
            parts[place(&wake.1)].wakes.insert(wake);
        }
        parts
    }
}

impl<K, S, O> Kept<K, S, O> {
    /// Whether anything is to be woken by the clock.
    pub(super) fn waits(&self) -> bool {
        !self.wakes.is_empty()
    }

    /// How many timers are due; of many, no more than so many.
    pub(super) fn count_due(&self, watermark: Timestamp, most: usize) -> usize {
        self.timers.iter().take_while(|(at, ..)| *at <= watermark).take(most).count()
    }

    pub(super) fn size(&self) -> StateSize {
        let timers = self.timers.len() + self.put_off.len() + self.wakes.len();
        let bytes = self.keys.len() * size_of::<(K, One<S>)>() + timers * size_of::<(Timestamp, K, u64)>();
        StateSize { keys: self.keys.len(), bytes }
    }
}

/// By key group, which are the same in however many shards they lie; loaded as one.
#[cfg(feature = "checkpoint")]
impl<K, S, O> crate::saved::Saved for KeyGroups<Kept<K, S, O>>
where
    K: Key + Ord + serde::Serialize + serde::de::DeserializeOwned,
    S: serde::Serialize + serde::de::DeserializeOwned,
{
    fn save(&mut self, pieces: &mut crate::saved::Pieces) -> Result<(), crate::saved::DamagedState> {
        use crate::keyed::save_groups;
        let touched = self.shards_mut().iter_mut().map(|shard| shard.touched.take()).reduce(Touched::and).unwrap_or_default();
        let shards = self.shards();
        let issued = shards.iter().map(|shard| shard.issued).max().unwrap_or(0);
        pieces.write(&[], |out| crate::saved::put(out, &issued))?;
        let keys = shards.iter().flat_map(|shard| &shard.keys).map(|(key, one)| (key, (key, one.number, &one.state)));
        pieces.within(0, |pieces| save_groups(pieces, &[], &touched, keys))?;
        let timers = shards.iter().flat_map(|shard| &shard.timers).map(|timer| (&timer.1, timer));
        pieces.within(1, |pieces| save_groups(pieces, &[], &touched, timers))?;
        let put_off = shards.iter().flat_map(|shard| &shard.put_off).map(|timer| (&timer.1, timer));
        pieces.within(2, |pieces| save_groups(pieces, &[], &touched, put_off))?;
        let wakes = shards.iter().flat_map(|shard| &shard.wakes).map(|wake| (&wake.1, wake));
        pieces.within(3, |pieces| save_groups(pieces, &[], &touched, wakes))
    }

    fn load(&mut self, pieces: &mut crate::saved::Pieces) -> Result<(), crate::saved::DamagedState> {
        use crate::keyed::load_groups;
        let issued = pieces.read(&[], crate::saved::take)?;
        let (keys, of_keys) = pieces.within(0, |pieces| load_groups(pieces, &[], |(key, ..): &(K, u64, S)| key))?;
        let mut timers = |part| pieces.within(part, |pieces| load_groups(pieces, &[], |(_, key, _): &(Timestamp, K, u64)| key));
        let ((timers, of_timers), (put_off, of_others), (wakes, of_wakes)) = (timers(1)?, timers(2)?, timers(3)?);
        let touched = of_keys.and(of_timers).and(of_others).and(of_wakes);
        let keys = keys.into_iter().map(|(key, number, state)| (key, One { number, state })).collect();
        let (timers, wakes) = (timers.into_iter().collect(), wakes.into_iter().collect());
        *self = KeyGroups::of(Kept { keys, timers, put_off, wakes, issued, touched, context: Context::new() });
        Ok(())
    }
}
