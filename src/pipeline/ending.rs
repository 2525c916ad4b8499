//! The end of a stage: what becomes of its values, by key and window.

use crate::data::{Pane, RunStats, Timestamp, Window};
use crate::engine::{self, Engine, Halt, Leash, Plan};
use crate::integrate::{Each, Gather, Integrated, StateOf, Stated};
use crate::keyed::{By, Groups, Key, KeyState, NoKey, Slot};
use crate::process::{Operator, Rec, Watch, Windowed};
use crate::stage::{Again, Assign, FailurePolicy, In, Integrator, NoWindow, Overlap, Parts};
use crate::window::{Lateness, Open, Tide};

/// What is run, but for its end.
pub type Job<'p, 's, C, P> = Plan<'p, 's, C, (), P>;

/// The end of a stage. Not to be implemented outside the crate.
pub trait Ending<T, Ky, At, Wi> {
    /// What a sink, or a next stage, gets.
    type Emit;
    /// What a run leaves.
    type Memory;
    /// What is open from one micro-batch to the next.
    type Open;
    /// What `.run()` returns.
    type Output;

    #[doc(hidden)]
    fn open(&self, windows: &Wi) -> Self::Open;

    /// How many windows are open.
    #[doc(hidden)]
    fn count(open: &Self::Open) -> usize;

    /// Runs the batches of a micro-batch by these windows, before which event time had come so far.
    #[doc(hidden)]
    fn run<B, E, C, P, L>(
        &self,
        windows: (&Wi, Timestamp),
        engine: &Engine,
        parts: Parts<B>,
        job: &Job<'_, '_, C, P>,
        kept: &mut C::Local,
        stats: &mut RunStats,
    ) -> Result<Self::Memory, Halt<Self::Memory, E>>
    where
        B: Send,
        E: Send,
        C: Operator<B, E, At = At, Key = Ky, Value = T> + Sync,
        P: FailurePolicy<B, E>,
        L: Leash;

    /// Lets time pass for the chain, and takes in what its timers make.
    #[doc(hidden)]
    fn pass<B, E, C, W>(&self, windows: &Wi, tide: Tide, chain: &C, kept: &mut C::Local, watch: &mut W) -> Result<Self::Memory, E>
    where
        C: Operator<B, E, At = At, Key = Ky, Value = T>,
        W: Watch<E>;

    /// Takes what a run left into what is open.
    #[doc(hidden)]
    fn absorb(&self, windows: &Wi, open: &mut Self::Open, memory: Self::Memory, before: Timestamp) -> Lateness;

    /// Takes out what leaves.
    #[doc(hidden)]
    fn close(&self, windows: &Wi, open: &mut Self::Open, tide: Tide) -> Vec<Self::Emit>;

    /// What leaves, from what a run of all data left.
    #[doc(hidden)]
    fn all(&self, windows: &Wi, memory: Self::Memory) -> Vec<Self::Emit>;

    /// The result, from the same.
    #[doc(hidden)]
    fn output(&self, windows: &Wi, memory: Self::Memory) -> Self::Output;

    /// The result, from all that has left.
    #[doc(hidden)]
    fn shape(&self, emitted: Vec<Self::Emit>) -> Self::Output;
}

/// Where what leaves has an order: keys are `Ord`. Not to be implemented outside the crate.
pub trait Ordered<T, Ky, At, Wi>: Ending<T, Ky, At, Wi> {
    /// Brings panes into the order of windows, then keys.
    #[doc(hidden)]
    fn order(emitted: &mut Vec<Self::Emit>);
}

/// Lets time pass, with what comes out folded into one memory.
fn pass<B, E, C, W, G>(gather: &G, chain: &C, tide: Tide, kept: &mut C::Local, watch: &mut W) -> Result<G::Memory, E>
where
    C: Operator<B, E>,
    W: Watch<E>,
    G: Gather<C::Value, C::Key>,
{
    let mut memory = gather.memory(0);
    chain.pass(kept, tide.after, watch, &mut |rec: Rec<_, _, _>| {
        gather.fold(&mut memory, rec.key, rec.value);
        Ok(())
    })?;
    let _ = gather.seal(&mut memory);
    Ok(gather.combine(vec![memory]))
}

impl<T: Send, Ky, At, Wi> Ending<T, Ky, At, Wi> for Each
where
    Ky: KeyState,
{
    type Emit = T;
    type Memory = <Each as Gather<T, Ky>>::Memory;
    type Open = Vec<T>;
    type Output = Vec<T>;

    fn open(&self, _: &Wi) -> Vec<T> {
        Vec::new()
    }

    fn count(_: &Vec<T>) -> usize {
        0
    }

    fn run<B, E, C, P, L>(
        &self,
        _: (&Wi, Timestamp),
        engine: &Engine,
        parts: Parts<B>,
        job: &Job<'_, '_, C, P>,
        kept: &mut C::Local,
        stats: &mut RunStats,
    ) -> Result<Self::Memory, Halt<Self::Memory, E>>
    where
        B: Send,
        E: Send,
        C: Operator<B, E, At = At, Key = Ky, Value = T> + Sync,
        P: FailurePolicy<B, E>,
        L: Leash,
    {
        engine::run::<_, _, _, _, _, L>(engine, parts, &job.ending_in(job.chain, self), kept, stats)
    }

    fn pass<B, E, C, W>(&self, _: &Wi, tide: Tide, chain: &C, kept: &mut C::Local, watch: &mut W) -> Result<Self::Memory, E>
    where
        C: Operator<B, E, At = At, Key = Ky, Value = T>,
        W: Watch<E>,
    {
        pass(self, chain, tide, kept, watch)
    }

    fn absorb(&self, _: &Wi, open: &mut Vec<T>, memory: Self::Memory, _: Timestamp) -> Lateness {
        let mut values = memory.into_vec();
        if open.is_empty() {
            *open = values;
        } else {
            open.append(&mut values);
        }
        Lateness::default()
    }

    fn close(&self, _: &Wi, open: &mut Vec<T>, _: Tide) -> Vec<T> {
        std::mem::take(open)
    }

    fn all(&self, _: &Wi, memory: Self::Memory) -> Vec<T> {
        memory.into_vec()
    }

    fn output(&self, _: &Wi, memory: Self::Memory) -> Vec<T> {
        memory.into_vec()
    }

    fn shape(&self, emitted: Vec<T>) -> Vec<T> {
        emitted
    }
}

impl<T: Send, Ky: KeyState, At, Wi> Ordered<T, Ky, At, Wi> for Each {
    fn order(_: &mut Vec<T>) {}
}

impl<T, Ky, At, I> Ending<T, Ky, At, NoWindow> for Integrated<I>
where
    Ky: Shape<NoWindow, I::Output, Out = <Self as Gather<T, Ky>>::Output>,
    I: Integrator<T>,
    Self: Stated<T, Ky, State = I::State> + Sync,
{
    type Emit = Pane<Ky::Key, I::Output>;
    type Memory = <Self as Gather<T, Ky>>::Memory;
    type Open = Open<Ky, I::State>;
    type Output = Ky::Out;

    fn open(&self, windows: &NoWindow) -> Self::Open {
        Open::new::<At>(windows)
    }

    fn count(open: &Self::Open) -> usize {
        open.len()
    }

    fn run<B, E, C, P, L>(
        &self,
        _: (&NoWindow, Timestamp),
        engine: &Engine,
        parts: Parts<B>,
        job: &Job<'_, '_, C, P>,
        kept: &mut C::Local,
        stats: &mut RunStats,
    ) -> Result<Self::Memory, Halt<Self::Memory, E>>
    where
        B: Send,
        E: Send,
        C: Operator<B, E, At = At, Key = Ky, Value = T> + Sync,
        P: FailurePolicy<B, E>,
        L: Leash,
    {
        engine::run::<_, _, _, _, _, L>(engine, parts, &job.ending_in(job.chain, self), kept, stats)
    }

    fn pass<B, E, C, W>(&self, _: &NoWindow, tide: Tide, chain: &C, kept: &mut C::Local, watch: &mut W) -> Result<Self::Memory, E>
    where
        C: Operator<B, E, At = At, Key = Ky, Value = T>,
        W: Watch<E>,
    {
        pass(self, chain, tide, kept, watch)
    }

    fn absorb(&self, windows: &NoWindow, open: &mut Self::Open, memory: Self::Memory, before: Timestamp) -> Lateness {
        let Window { start, end } = Window::ALL;
        let states = self.states(memory).into_iter().map(|(key, state)| (Slot { start, end, nth: 0, key }, state));
        open.absorb::<At, T, I, _>(states, &self.0, windows, before)
    }

    fn close(&self, windows: &NoWindow, open: &mut Self::Open, tide: Tide) -> Vec<Self::Emit> {
        open.close::<At, T, I, _>(&self.0, windows, tide)
    }

    fn all(&self, _: &NoWindow, memory: Self::Memory) -> Vec<Self::Emit> {
        let states = self.states(memory).into_iter();
        states.map(|(key, state)| Pane::new(key.into_key(), Window::ALL, self.0.finish(state))).collect()
    }

    fn output(&self, _: &NoWindow, memory: Self::Memory) -> Ky::Out {
        self.finish(memory)
    }

    fn shape(&self, emitted: Vec<Self::Emit>) -> Ky::Out {
        Ky::shape(emitted, || self.0.finish(self.0.init()))
    }
}

/// Windows, whether their results come once or more often.
pub trait Windowing {}
impl<W> Windowing for In<W> {}
impl<Wi> Windowing for Again<Wi> {}

impl<T, Ky, At, Wi, I> Ending<T, Ky, At, Wi> for Integrated<I>
where
    T: Send,
    Ky: Shape<Wi, I::Output>,
    Wi: Windowing + Assign<At, Overlap: Overlap<I::State>> + Sync,
    I: Integrator<T> + Sync,
{
    type Emit = Pane<Ky::Key, I::Output>;
    type Memory = Groups<Slot<Ky>, I::State>;
    type Open = Open<Ky, I::State>;
    type Output = Ky::Out;

    fn open(&self, windows: &Wi) -> Self::Open {
        Open::new(windows)
    }

    fn count(open: &Self::Open) -> usize {
        open.len()
    }

    fn run<B, E, C, P, L>(
        &self,
        (windows, before): (&Wi, Timestamp),
        engine: &Engine,
        parts: Parts<B>,
        job: &Job<'_, '_, C, P>,
        kept: &mut C::Local,
        stats: &mut RunStats,
    ) -> Result<Self::Memory, Halt<Self::Memory, E>>
    where
        B: Send,
        E: Send,
        C: Operator<B, E, At = At, Key = Ky, Value = T> + Sync,
        P: FailurePolicy<B, E>,
        L: Leash,
    {
        let chain = Windowed::new(job.chain, windows, before);
        let gather = Integrated(StateOf(&self.0));
        let finish = |memory| Gather::<T, By<Slot<Ky>>>::finish(&gather, memory);
        let ran = engine::run::<_, _, _, _, _, L>(engine, parts, &job.ending_in(&chain, &gather), kept, stats);
        ran.map(finish).map_err(|halt| Halt { broken: halt.broken, before: halt.before.map(finish) })
    }

    fn pass<B, E, C, W>(&self, windows: &Wi, tide: Tide, chain: &C, kept: &mut C::Local, watch: &mut W) -> Result<Self::Memory, E>
    where
        C: Operator<B, E, At = At, Key = Ky, Value = T>,
        W: Watch<E>,
    {
        let gather = Integrated(StateOf(&self.0));
        let chain = Windowed::new(chain, windows, tide.before);
        pass(&gather, &chain, tide, kept, watch).map(|memory| Gather::<T, By<Slot<Ky>>>::finish(&gather, memory))
    }

    fn absorb(&self, windows: &Wi, open: &mut Self::Open, memory: Self::Memory, before: Timestamp) -> Lateness {
        open.absorb::<At, T, I, Wi>(memory.into_iter(), &self.0, windows, before)
    }

    fn close(&self, windows: &Wi, open: &mut Self::Open, tide: Tide) -> Vec<Self::Emit> {
        open.close::<At, T, I, Wi>(&self.0, windows, tide)
    }

    fn all(&self, windows: &Wi, memory: Self::Memory) -> Vec<Self::Emit> {
        let mut open = Ending::<T, Ky, At, Wi>::open(self, windows);
        let tide = Tide { before: Timestamp::MIN, after: Timestamp::MAX };
        Ending::<T, Ky, At, Wi>::absorb(self, windows, &mut open, memory, tide.before);
        Ending::<T, Ky, At, Wi>::close(self, windows, &mut open, tide)
    }

    fn output(&self, windows: &Wi, memory: Self::Memory) -> Ky::Out {
        Ending::<T, Ky, At, Wi>::shape(self, Ending::<T, Ky, At, Wi>::all(self, windows, memory))
    }

    fn shape(&self, emitted: Vec<Self::Emit>) -> Ky::Out {
        Ky::shape(emitted, || self.0.finish(self.0.init()))
    }
}

impl<T, Ky, At, Wi, I> Ordered<T, Ky, At, Wi> for Integrated<I>
where
    Ky: KeyState<Key: Ord>,
    I: Integrator<T>,
    Self: Ending<T, Ky, At, Wi, Emit = Pane<Ky::Key, I::Output>>,
{
    fn order(emitted: &mut Vec<Self::Emit>) {
        emitted.sort_by(|a, b| (a.window, &a.key, a.index).cmp(&(b.window, &b.key, b.index)));
    }
}

/// What a run returns, by key and window. Not to be implemented outside the crate.
pub trait Shape<Wi, O>: KeyState {
    /// The result of all panes.
    type Out;
    #[doc(hidden)]
    fn shape(panes: Vec<Pane<Self::Key, O>>, identity: impl FnOnce() -> O) -> Self::Out;
}

impl<O> Shape<NoWindow, O> for NoKey {
    type Out = O;
    fn shape(panes: Vec<Pane<(), O>>, identity: impl FnOnce() -> O) -> O {
        panes.into_iter().last().map_or_else(identity, |pane| pane.value)
    }
}

impl<K: Key, O> Shape<NoWindow, O> for By<K> {
    type Out = Groups<K, O>;
    fn shape(panes: Vec<Pane<K, O>>, _: impl FnOnce() -> O) -> Groups<K, O> {
        panes.into_iter().map(|pane| (pane.key, pane.value)).collect()
    }
}

impl<W, O> Shape<In<W>, O> for NoKey {
    type Out = Vec<Pane<(), O>>;
    fn shape(panes: Vec<Pane<(), O>>, _: impl FnOnce() -> O) -> Self::Out {
        last_ones(panes)
    }
}

impl<W, K: Key + Ord, O> Shape<In<W>, O> for By<K> {
    type Out = Vec<Pane<K, O>>;
    fn shape(panes: Vec<Pane<K, O>>, _: impl FnOnce() -> O) -> Self::Out {
        last_ones(panes)
    }
}

impl<Wi, O, Ky: Shape<Wi, O>> Shape<Again<Wi>, O> for Ky {
    type Out = Ky::Out;
    fn shape(panes: Vec<Pane<Ky::Key, O>>, identity: impl FnOnce() -> O) -> Ky::Out {
        <Ky as Shape<Wi, O>>::shape(panes, identity)
    }
}

/// The last pane of each window and key, by window and key; as if none had left before.
fn last_ones<K: Ord, O>(mut panes: Vec<Pane<K, O>>) -> Vec<Pane<K, O>> {
    panes.sort_by(|a, b| (a.window, &a.key, a.index).cmp(&(b.window, &b.key, b.index)));
    panes.dedup_by(|next, before| {
        let is_same = next.window == before.window && next.key == before.key;
        if is_same {
            std::mem::swap(next, before);
        }
        is_same
    });
    panes.into_iter().map(|pane| Pane::new(pane.key, pane.window, pane.value)).collect()
}
