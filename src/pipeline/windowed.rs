//! The end of a stage with windows.

use super::ending::{Ending, Held, Job, pass};
use super::shape::Shape;
use crate::data::{Pane, Rope, RunStats, Timestamp};
use crate::engine::{self, Engine, Halt, Leash, Shelf};
use crate::integrate::{Gather, Integrated, Sliced, SlicedMemory, Stated};
use crate::keyed::{By, Slot};
use crate::process::{Operator, Watch, Windowed};
use crate::stage::{Again, Arrival, Aside, Assign, FailurePolicy, In, Integrator, Overlap, Parts, TooLate};
use crate::window::{Lateness, Open, Tide};
use std::fmt;

/// How many entries memories may have in any case before they are settled.
const FEW: usize = 1 << 17;

/// Windows, whether their results come once or more often.
pub trait Windowing {}
impl<W> Windowing for In<W> {}
impl<Wi> Windowing for Again<Wi> {}
impl<Wi, F> Windowing for Aside<Wi, F> {}

/// What is open from one micro-batch to the next, and the memories into which records of windows that are far from complete are folded, each micro-batch
/// where the one before has left off: small ones cost little more than their records then.
pub struct Warm<O, M> {
    open: O,
    memories: Shelf<M>,
    /// How many entries they may have: of keys that do not come again they hold record after record.
    most: usize,
    /// Whether a run broke while it folded into them.
    is_lost: bool,
}

impl<O: fmt::Debug, M> fmt::Debug for Warm<O, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Warm").field("open", &self.open).finish_non_exhaustive()
    }
}

#[cfg(feature = "checkpoint")]
impl<O: crate::saved::Saved, M> crate::saved::Saved for Warm<O, M> {
    /// The memories hold nothing: they are settled before.
    fn save(&mut self, pieces: &mut crate::saved::Pieces) -> Result<(), crate::saved::DamagedState> {
        self.open.save(pieces)
    }

    fn load(&mut self, pieces: &mut crate::saved::Pieces) -> Result<(), crate::saved::DamagedState> {
        self.open.load(pieces)
    }
}

impl<I> Integrated<I> {
    /// How values are folded by slice: in one memory for all where these are many by nature.
    fn by_slice<T, At>(&self, windows: &impl Assign<At>) -> Sliced<'_, Self, Self>
    where
        I: Integrator<T>,
    {
        let sliced = Sliced::new(self, self);
        if windows.joins() {
            return sliced.far();
        }
        if self.0.arrival() == Arrival::InOrder { sliced.strict() } else { sliced }
    }

    /// Whether a micro-batch may go on in the memories of the one before: nobody can tell, or wants what has changed in one of them.
    fn is_warm<T, At, Wi>(&self, windows: &Wi, keeps: bool) -> bool
    where
        I: Integrator<T>,
        Wi: Assign<At>,
    {
        !keeps && !Wi::REPEATS && !windows.joins() && self.0.exact() && self.0.arrival() == Arrival::Any
    }
}

impl<T, Ky, At, Wi, I> Ending<T, Ky, At, Wi> for Integrated<I>
where
    T: Send,
    Ky: Shape<Wi, I::Output>,
    Self: Stated<T, Ky, State = I::State>,
    Wi: Windowing + Assign<At, Overlap: Overlap<I::State>> + TooLate<T> + Sync,
    I: Integrator<T> + Sync,
{
    type Emit = Pane<Ky::Key, I::Output>;
    type Memory = Vec<(Slot<Ky>, I::State)>;
    type Open = Warm<Open<Ky, I::State>, SlicedMemory<<Self as Gather<T, Ky>>::Memory, <Self as Gather<T, By<Slot<Ky>>>>::Memory>>;
    type Output = Ky::Out;
    const REFUSES: bool = Wi::REFUSES;

    fn open(&self, windows: &Wi) -> Self::Open {
        Warm { open: Open::new(windows), memories: Shelf::new(true), most: FEW, is_lost: false }
    }

    fn is_exact(&self) -> bool {
        self.0.exact()
    }

    fn count(open: &Self::Open) -> usize {
        open.open.len()
    }

    fn run<B, E, C, P, L>(
        &self,
        windows: &Wi,
        before: Timestamp,
        parts: Parts<B>,
        job: &Job<'_, '_, C, P>,
        Held { kept, open }: Held<'_, C::Local, Self::Open>,
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
        let gather = self.by_slice(windows);
        let finish = |memory| Gather::<T, By<Slot<Ky>>>::finish(&Sliced::new(self, self), memory);
        if let Some(open) = open.filter(|_| self.is_warm(windows, job.keeps)) {
            // The records of each source partition are a run of their own, whose lanes are counted anew.
            open.memories.rest().for_each(drop);
            let (gather, memories) = (gather.lasting(), Some(&open.memories));
            let ran = engine::run_batches::<_, _, _, _, _, L>(job.engine, parts, &job.ending_in(&chain, &gather), kept, stats, memories);
            open.is_lost |= ran.is_err();
            return ran.map(finish).map_err(|halt| halt.broken.into());
        }
        let ran = engine::run::<_, _, _, _, _, L>(job.engine, parts, &job.ending_in(&chain, &gather), kept, stats);
        ran.map(finish).map_err(|halt| Halt { broken: halt.broken, before: halt.before.map(finish) })
    }

    fn pass<B, E, C, W>(&self, windows: &Wi, tide: Tide, chain: &C, kept: &mut C::Local, watch: &mut W) -> (Self::Memory, Option<E>)
    where
        C: Operator<B, E, At = At, Key = Ky, Value = T>,
        W: Watch<E>,
    {
        let gather = self.by_slice(windows);
        let chain = Windowed::new(chain, windows, tide.before);
        let (memory, failed) = pass(&gather, &chain, tide, kept, watch);
        (Gather::<T, By<Slot<Ky>>>::finish(&gather, memory), failed)
    }

    fn absorb(&self, windows: &Wi, open: &mut Self::Open, memory: Self::Memory, before: Timestamp) -> Lateness {
        open.open.absorb::<At, T, I, Wi>(memory.into_iter(), &self.0, windows, before)
    }

    fn settle(&self, windows: &Wi, open: &mut Self::Open, until: Timestamp, engine: &Engine) {
        let Warm { open, memories, most, .. } = open;
        let gather = Sliced::new(self, self).lasting();
        let weight = |memory: &_| Gather::<T, By<Slot<Ky>>>::weight(&gather, memory);
        let is_heavy = memories.rest().map(|memory| weight(memory)).sum::<usize>() > *most;
        let until = if is_heavy || windows.ends_with_batch() { Timestamp::MAX } else { until };
        memories.rest().flat_map(|memory| memory.begun()).for_each(|slice| open.expect(slice, windows));
        let gone = gather.ebb::<T, Ky>(memories.rest(), until);
        if gone.is_empty() {
            return;
        }
        let weight = gone.iter().map(weight).sum();
        let states = engine.split(weight, || Gather::<T, By<Slot<Ky>>>::finish(&gather, Gather::<T, By<Slot<Ky>>>::combine(&gather, gone)));
        // So many that they are settled seldom, where that many keys are left.
        *most = (*most).max(2 * states.len());
        open.absorb::<At, T, I, Wi>(states.into_iter(), &self.0, windows, until);
    }

    fn close(&self, windows: &Wi, open: &mut Self::Open, tide: Tide) -> Rope<Self::Emit> {
        let after = if windows.ends_with_batch() { Timestamp::MAX } else { tide.after };
        let tide = Tide { after, ..tide };
        // Of what has been lost, no part is to leave as if it were all.
        if open.is_lost {
            return Rope::default();
        }
        let mut panes = open.open.close::<At, T, I, Wi>(&self.0, windows, tide, Ky::rank);
        if windows.ends_with_batch() {
            // All have the same window, so that nobody can put those of several micro-batches into order.
            Ky::order(&mut panes);
        }
        panes.into()
    }

    fn output(&self, windows: &Wi, memory: Self::Memory) -> Ky::Out {
        let mut open = Open::new::<At>(windows);
        let tide = Tide { before: Timestamp::MIN, after: Timestamp::MAX, is_idle: false };
        open.absorb::<At, T, I, Wi>(memory.into_iter(), &self.0, windows, tide.before);
        let panes = open.close::<At, T, I, Wi>(&self.0, windows, tide, Ky::rank);
        Ending::<T, Ky, At, Wi>::shape(self, windows, panes.into())
    }

    fn shape(&self, windows: &Wi, emitted: Rope<Self::Emit>) -> Ky::Out {
        let mut emitted = emitted.into_vec();
        if windows.ends_with_batch() {
            return Ky::every(emitted, || self.0.finish(self.0.init()));
        }
        if windows.joins() {
            Ky::outgrow(&mut emitted);
        }
        Ky::shape(emitted, || self.0.finish(self.0.init()))
    }
}
