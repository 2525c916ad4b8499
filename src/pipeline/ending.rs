//! The end of a stage: what becomes of its values, by key and window.

use super::shape::{self, Shape};
use crate::data::{Pane, Rope, RunStats, Timestamp, Window};
use crate::engine::{self, Engine, Halt, Leash, Plan};
use crate::integrate::{Each, Gather, Integrated, Stated};
use crate::keyed::{KeyState, Slot};
use crate::process::{Operator, Rec, Watch};
use crate::stage::{FailurePolicy, Integrator, NoWindow, Parts};
use crate::window::{Lateness, Open, Tide};

/// What is run, but for its end.
pub type Job<'p, 's, C, P> = Plan<'p, 's, C, (), P>;

/// What a run may go on with, and leave to the next.
#[derive(Debug)]
pub struct Held<'h, L, O> {
    /// What the steps keep.
    pub(super) kept: &'h mut L,
    /// What is open, of a stream.
    pub(super) open: Option<&'h mut O>,
}

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
    /// Whether records that come too late end the stream.
    const REFUSES: bool = false;

    #[doc(hidden)]
    fn open(&self, windows: &Wi) -> Self::Open;

    /// Whether it makes no difference in which groups values are merged.
    #[doc(hidden)]
    fn is_exact(&self) -> bool;

    /// How many windows are open.
    #[doc(hidden)]
    fn count(open: &Self::Open) -> usize;

    /// Runs the batches of a micro-batch by these windows, before which event time had come so far; what leaves no earlier than a later one may
    /// stay in what is open, where there is any.
    #[doc(hidden)]
    fn run<B, E, C, P, L>(
        &self,
        windows: &Wi,
        before: Timestamp,
        parts: Parts<B>,
        job: &Job<'_, '_, C, P>,
        held: Held<'_, C::Local, Self::Open>,
        stats: &mut RunStats,
    ) -> Result<Self::Memory, Halt<Self::Memory, E>>
    where
        B: Send,
        E: Send,
        C: Operator<B, E, At = At, Key = Ky, Value = T> + Sync,
        P: FailurePolicy<B, E>,
        L: Leash;

    /// Lets time pass for the chain, and takes in what its timers make; up to a failure, if there is one.
    #[doc(hidden)]
    fn pass<B, E, C, W>(&self, windows: &Wi, tide: Tide, chain: &C, kept: &mut C::Local, watch: &mut W) -> (Self::Memory, Option<E>)
    where
        C: Operator<B, E, At = At, Key = Ky, Value = T>,
        W: Watch<E>;

    /// Takes what a run left into what is open.
    #[doc(hidden)]
    fn absorb(&self, windows: &Wi, open: &mut Self::Open, memory: Self::Memory, before: Timestamp) -> Lateness;

    /// Takes what runs have left in what is open to where it can be closed and saved, as far as it ends by then.
    #[doc(hidden)]
    fn settle(&self, _windows: &Wi, _open: &mut Self::Open, _until: Timestamp, _engine: &Engine) {}

    /// Takes out what leaves.
    #[doc(hidden)]
    fn close(&self, windows: &Wi, open: &mut Self::Open, tide: Tide) -> Rope<Self::Emit>;

    /// The result, from what a run of all data left.
    #[doc(hidden)]
    fn output(&self, windows: &Wi, memory: Self::Memory) -> Self::Output;

    /// The result, from all that has left.
    #[doc(hidden)]
    fn shape(&self, windows: &Wi, emitted: Rope<Self::Emit>) -> Self::Output;
}

/// Where what leaves has an order: keys are `Ord`. Not to be implemented outside the crate.
pub trait Ordered<T, Ky, At, Wi>: Ending<T, Ky, At, Wi> {
    /// Brings panes into the order of windows, then keys.
    #[doc(hidden)]
    fn order(emitted: &mut Rope<Self::Emit>);
}

/// Lets time pass, with what comes out folded into one memory; that of before, where it fails.
pub(super) fn pass<B, E, C, W, G>(gather: &G, chain: &C, tide: Tide, kept: &mut C::Local, watch: &mut W) -> (G::Memory, Option<E>)
where
    C: Operator<B, E>,
    W: Watch<E>,
    G: Gather<C::Value, C::Key>,
{
    let mut memory = gather.memory(0);
    let done = chain.pass(kept, tide.after, watch, &mut |rec: Rec<_, _, _>| {
        gather.fold(&mut memory, rec.key, rec.value);
        Ok(())
    });
    let _ = gather.seal(&mut memory);
    (gather.combine(vec![memory]), done.err())
}

impl<T: Send, Ky, At, Wi> Ending<T, Ky, At, Wi> for Each
where
    Ky: KeyState,
{
    type Emit = T;
    type Memory = <Each as Gather<T, Ky>>::Memory;
    type Open = Rope<T>;
    type Output = Vec<T>;

    fn open(&self, _: &Wi) -> Rope<T> {
        Rope::default()
    }

    fn is_exact(&self) -> bool {
        true
    }

    fn count(_: &Rope<T>) -> usize {
        0
    }

    fn run<B, E, C, P, L>(
        &self,
        _: &Wi,
        _: Timestamp,
        parts: Parts<B>,
        job: &Job<'_, '_, C, P>,
        held: Held<'_, C::Local, Self::Open>,
        stats: &mut RunStats,
    ) -> Result<Self::Memory, Halt<Self::Memory, E>>
    where
        B: Send,
        E: Send,
        C: Operator<B, E, At = At, Key = Ky, Value = T> + Sync,
        P: FailurePolicy<B, E>,
        L: Leash,
    {
        engine::run::<_, _, _, _, _, L>(job.engine, parts, &job.ending_in(job.chain, self), held.kept, stats)
    }

    fn pass<B, E, C, W>(&self, _: &Wi, tide: Tide, chain: &C, kept: &mut C::Local, watch: &mut W) -> (Self::Memory, Option<E>)
    where
        C: Operator<B, E, At = At, Key = Ky, Value = T>,
        W: Watch<E>,
    {
        pass(self, chain, tide, kept, watch)
    }

    fn absorb(&self, _: &Wi, open: &mut Rope<T>, memory: Self::Memory, _: Timestamp) -> Lateness {
        open.append(memory);
        Lateness::default()
    }

    fn close(&self, _: &Wi, open: &mut Rope<T>, _: Tide) -> Rope<T> {
        std::mem::take(open)
    }

    fn output(&self, _: &Wi, memory: Self::Memory) -> Vec<T> {
        memory.into_vec()
    }

    fn shape(&self, _: &Wi, emitted: Rope<T>) -> Vec<T> {
        emitted.into_vec()
    }
}

impl<T: Send, Ky: KeyState, At, Wi> Ordered<T, Ky, At, Wi> for Each {
    fn order(_: &mut Rope<T>) {}
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

    fn is_exact(&self) -> bool {
        self.0.exact()
    }

    fn count(open: &Self::Open) -> usize {
        open.len()
    }

    fn run<B, E, C, P, L>(
        &self,
        _: &NoWindow,
        _: Timestamp,
        parts: Parts<B>,
        job: &Job<'_, '_, C, P>,
        held: Held<'_, C::Local, Self::Open>,
        stats: &mut RunStats,
    ) -> Result<Self::Memory, Halt<Self::Memory, E>>
    where
        B: Send,
        E: Send,
        C: Operator<B, E, At = At, Key = Ky, Value = T> + Sync,
        P: FailurePolicy<B, E>,
        L: Leash,
    {
        engine::run::<_, _, _, _, _, L>(job.engine, parts, &job.ending_in(job.chain, self), held.kept, stats)
    }

    fn pass<B, E, C, W>(&self, _: &NoWindow, tide: Tide, chain: &C, kept: &mut C::Local, watch: &mut W) -> (Self::Memory, Option<E>)
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

    fn close(&self, windows: &NoWindow, open: &mut Self::Open, tide: Tide) -> Rope<Self::Emit> {
        open.close::<At, T, I, _>(&self.0, windows, tide, Ky::rank).into()
    }

    fn output(&self, _: &NoWindow, memory: Self::Memory) -> Ky::Out {
        self.finish(memory)
    }

    fn shape(&self, _: &NoWindow, emitted: Rope<Self::Emit>) -> Ky::Out {
        Ky::shape(emitted.into_vec(), || self.0.finish(self.0.init()))
    }
}

impl<T, Ky, At, Wi, I> Ordered<T, Ky, At, Wi> for Integrated<I>
where
    Ky: KeyState<Key: Ord>,
    I: Integrator<T>,
    Self: Ending<T, Ky, At, Wi, Emit = Pane<Ky::Key, I::Output>>,
{
    fn order(emitted: &mut Rope<Self::Emit>) {
        shape::by_window(emitted.make_contiguous());
    }
}
