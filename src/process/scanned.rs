//! The state of a scan: of a batch, or by key through all batches.

use super::held::Keeping;
use super::{Operator, Rec, Scan, StateSize, Watch};
#[cfg(feature = "checkpoint")]
use crate::keyed::KeyGroups;
use crate::keyed::{By, Key, KeyState, NoKey, Shard, Table, Touched, key_group};
use std::fmt;

/// What `.scan(..)` keeps where records of type `V` have such keys. By key, threads may share the records, so that they, the state and what comes
/// out must be `Send`. Not to be implemented outside the crate.
#[diagnostic::on_unimplemented(
    message = "a `scan` by key of values `{V}` with state `{S}`, which makes `{R}`, cannot be shared by threads",
    label = "not all of `{V}`, `{S}` and `{R}` are `Send`",
    note = "by key the values, the state and what comes out must be `Send`: for example an `Arc` in the place of an `Rc`"
)]
pub trait Scans<V, S, R>: KeyState {
    /// The state.
    type Kept: Default;

    /// The state for a key.
    #[doc(hidden)]
    fn state<'k>(kept: &'k mut Self::Kept, key: &Self, init: &impl Fn() -> S) -> &'k mut S;

    /// Runs a batch through the scan and the chain before it.
    #[doc(hidden)]
    fn drive<B, E, C, G, F, W, M>(
        scan: &Scan<C, G, F, S>,
        kept: &mut Self::Kept,
        local: &mut C::Local,
        batch: B,
        watch: &mut W,
        emit: &mut M,
    ) -> Result<(), E>
    where
        C: Operator<B, E, Key = Self, Value = V>,
        G: Fn() -> S + Sync,
        F: Fn(&mut S, V) -> Option<R> + Sync,
        W: Watch<E>,
        M: FnMut(Rec<C::At, Self, R>) -> Result<(), E>;

    /// How much is kept from batch to batch.
    #[doc(hidden)]
    fn size(kept: &Self::Kept) -> StateSize;
}

impl<V, S, R> Scans<V, S, R> for NoKey {
    type Kept = Option<S>;

    fn state<'k>(kept: &'k mut Option<S>, _: &NoKey, init: &impl Fn() -> S) -> &'k mut S {
        kept.get_or_insert_with(init)
    }

    fn drive<B, E, C, G, F, W, M>(
        scan: &Scan<C, G, F, S>,
        kept: &mut Option<S>,
        local: &mut C::Local,
        batch: B,
        watch: &mut W,
        emit: &mut M,
    ) -> Result<(), E>
    where
        C: Operator<B, E, Key = NoKey, Value = V>,
        G: Fn() -> S + Sync,
        F: Fn(&mut S, V) -> Option<R> + Sync,
        W: Watch<E>,
        M: FnMut(Rec<C::At, NoKey, R>) -> Result<(), E>,
    {
        *kept = None;
        scan.prev.drive(local, batch, watch, &mut |rec| {
            let state = kept.get_or_insert_with(&scan.init);
            (scan.step)(state, rec.value).map_or(Ok(()), |value| emit(Rec { at: rec.at, key: rec.key, value }))
        })
    }

    fn size(_: &Option<S>) -> StateSize {
        StateSize::default()
    }
}

/// The state of some keys, and what has come out of it.
pub struct Scanned<K, S, R> {
    states: Table<K, S>,
    /// Key groups of which any has changed since it was saved.
    touched: Touched,
    out: Vec<R>,
}

impl<K: Key, S, R> Scanned<K, S, R> {
    /// The state of a key, which changes.
    #[inline]
    fn state(&mut self, key: &K, init: impl FnOnce() -> S) -> &mut S {
        self.touched.touch(|| key_group(key));
        self.states.entry_ref(key, init)
    }
}

impl<K, S, R> Default for Scanned<K, S, R> {
    fn default() -> Self {
        Scanned { states: Table::default(), touched: Touched::default(), out: Vec::new() }
    }
}

impl<K, S, R> fmt::Debug for Scanned<K, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scanned").field("keys", &self.states.len()).finish_non_exhaustive()
    }
}

impl<K: Key, S, R> Shard<K> for Scanned<K, S, R> {
    type Out = R;

    fn out(&mut self) -> &mut Vec<R> {
        &mut self.out
    }

    fn divide(self, among: usize, place: impl Fn(&K) -> usize) -> Vec<Self> {
        let mut parts: Vec<Vec<(K, S)>> = (0..among).map(|_| Vec::new()).collect();
        let Scanned { states, touched, .. } = self;
        states.into_entries().into_iter().for_each(|entry| parts[place(&entry.0)].push(entry));
        let part = |states: Vec<(K, S)>| Scanned { states: states.into_iter().collect(), touched: touched.clone(), out: Vec::new() };
        parts.into_iter().map(part).collect()
    }
}

impl<K: Key, V: Send, S: Send, R: Send> Scans<V, S, R> for By<K> {
    type Kept = Keeping<Scanned<K, S, R>>;

    #[inline]
    fn state<'k>(kept: &'k mut Self::Kept, By(key): &By<K>, init: &impl Fn() -> S) -> &'k mut S {
        kept.groups.shard_of(key).state(key, init)
    }

    fn drive<B, E, C, G, F, W, M>(
        scan: &Scan<C, G, F, S>,
        kept: &mut Self::Kept,
        local: &mut C::Local,
        batch: B,
        watch: &mut W,
        emit: &mut M,
    ) -> Result<(), E>
    where
        C: Operator<B, E, Key = By<K>, Value = V>,
        G: Fn() -> S + Sync,
        F: Fn(&mut S, V) -> Option<R> + Sync,
        W: Watch<E>,
        M: FnMut(Rec<C::At, By<K>, R>) -> Result<(), E>,
    {
        let Scan { prev, init, step, .. } = scan;
        let work = |shard: &mut Scanned<K, S, R>, _, key: &K, value: V| {
            let out = step(shard.state(key, init), value);
            shard.out.extend(out);
        };
        kept.drive((prev, local), batch, watch, work, emit, |groups, local, batch, watch, emit| match groups.shards_mut() {
            // Known before the loop, it costs a record nothing that there could be more.
            // Nor that what changes could be noted.
            [shard] if shard.touched.is_all() => {
                prev.drive(local, batch, watch, &mut |rec| scan_one(&mut shard.states, rec, init, step, emit))
            }
            _ => prev.drive(local, batch, watch, &mut |rec| {
                let shard = groups.shard_of(&rec.key.0);
                shard.touched.touch(|| key_group(&rec.key.0));
                scan_one(&mut shard.states, rec, init, step, emit)
            }),
        })
    }

    fn size(kept: &Self::Kept) -> StateSize {
        let keys = kept.groups.shards().iter().map(|shard| shard.states.len()).sum();
        StateSize { keys, bytes: keys * size_of::<(K, S)>() }
    }
}

/// Scans one record.
#[inline]
fn scan_one<E, At, K: Key, V, S, R>(
    states: &mut Table<K, S>,
    rec: Rec<At, By<K>, V>,
    init: impl Fn() -> S,
    step: impl Fn(&mut S, V) -> Option<R>,
    emit: &mut impl FnMut(Rec<At, By<K>, R>) -> Result<(), E>,
) -> Result<(), E> {
    let state = states.entry_ref(&rec.key.0, init);
    match step(state, rec.value) {
        Some(value) => emit(Rec { at: rec.at, key: rec.key, value }),
        None => Ok(()),
    }
}

/// By key group, which are the same in however many shards they lie; loaded as one.
#[cfg(feature = "checkpoint")]
impl<K, S, R> crate::saved::Saved for KeyGroups<Scanned<K, S, R>>
where
    K: Key + serde::Serialize + serde::de::DeserializeOwned,
    S: serde::Serialize + serde::de::DeserializeOwned,
{
    fn save(&mut self, pieces: &mut crate::saved::Pieces) -> Result<(), crate::saved::DamagedState> {
        let touched = self.shards_mut().iter_mut().map(|shard| shard.touched.take()).reduce(Touched::and).unwrap_or_default();
        let entries = self.shards().iter().flat_map(|shard| shard.states.entries()).map(|entry| (&entry.0, entry));
        crate::keyed::save_groups(pieces, &[], &touched, entries)
    }

    fn load(&mut self, pieces: &mut crate::saved::Pieces) -> Result<(), crate::saved::DamagedState> {
        let (states, touched) = crate::keyed::load_groups(pieces, &[], |(key, _): &(K, S)| key)?;
        *self = KeyGroups::of(Scanned { states: states.into_iter().collect(), touched, out: Vec::new() });
        Ok(())
    }
}
