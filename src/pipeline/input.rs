//! Where batches come from.

use super::cutting::Cutting;
use super::ending::{Ending, Ordered};
use super::failing::{Absorbs, Fallibility, Meets, Never};
use super::spring::{Once, Spring};
use super::stage::{Moment, Running, Stage};
use crate::data::{Pane, RunStats, Stopwatch};
use crate::engine::{Broken, Engine, Limit, Lots, Settings};
use crate::partition::Chunks;
use crate::process::Operator;
use crate::stage::{Partitioner, Parts, Source};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Data in memory, and how they are cut.
#[derive(Debug)]
pub struct Over<D, T, P = Chunks> {
    /// Until the run begins.
    data: Option<D>,
    partitioner: P,
    item: PhantomData<fn() -> T>,
}

impl<D, T> Over<D, T> {
    pub(super) fn new(data: D) -> Self {
        Over { data: Some(data), partitioner: Chunks::default(), item: PhantomData }
    }
}

/// Nothing is kept across crashes.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCheckpoint;

/// A source, how its micro-batches are cut, and where its state is kept.
#[derive(Debug)]
pub struct Stream<S, P = Chunks, Ck = NoCheckpoint> {
    /// Until the run begins.
    pub(super) source: Option<S>,
    partitioner: P,
    pub(super) checkpoint: Ck,
}

impl<S> Stream<S> {
    pub(super) fn new(source: S) -> Self {
        Stream { source: Some(source), partitioner: Chunks::default(), checkpoint: NoCheckpoint }
    }
}

#[cfg(feature = "checkpoint")]
impl<S, P> Stream<S, P> {
    /// The same with its state kept there.
    pub(super) fn kept_in<Ck>(self, checkpoint: Ck) -> Stream<S, P, Ck> {
        Stream { source: self.source, partitioner: self.partitioner, checkpoint }
    }
}

/// The panes of the stage before, and how they are cut.
#[derive(Debug)]
pub struct After<S, P = Chunks> {
    pub(super) stage: S,
    partitioner: P,
}

impl<S> After<S> {
    pub(super) fn new(stage: S) -> Self {
        After { stage, partitioner: Chunks::default() }
    }
}

/// Where a pipeline's batches come from. Not to be implemented outside the crate.
pub trait Input {
    /// What the partitioner gets.
    type Data;
    /// One record.
    type Item;
    /// One batch.
    type Batch: Send;
    /// The same with another partitioner.
    type With<P>;
    #[doc(hidden)]
    fn with<P>(self, partitioner: P) -> Self::With<P>;
}

impl<D, T, P: Partitioner<D>> Input for Over<D, T, P> {
    type Data = D;
    type Item = T;
    type Batch = P::Batch;
    type With<P2> = Over<D, T, P2>;

    fn with<P2>(self, partitioner: P2) -> Over<D, T, P2> {
        Over { data: self.data, partitioner, item: PhantomData }
    }
}

impl<S: Source, P: Partitioner<Vec<S::Item>>, Ck> Input for Stream<S, P, Ck> {
    type Data = Vec<S::Item>;
    type Item = S::Item;
    type Batch = P::Batch;
    type With<P2> = Stream<S, P2, Ck>;

    fn with<P2>(self, partitioner: P2) -> Stream<S, P2, Ck> {
        Stream { source: self.source, partitioner, checkpoint: self.checkpoint }
    }
}

impl<M, T, C, X, Ky, At, Wi, I, K, V, P> Input for After<Stage<M, T, C, X, Ky, At, Wi, I>, P>
where
    I: Ending<T, Ky, At, Wi, Emit = Pane<K, V>>,
    P: Partitioner<Vec<Pane<K, V>>>,
{
    type Data = Vec<Pane<K, V>>;
    type Item = Pane<K, V>;
    type Batch = P::Batch;
    type With<P2> = After<Stage<M, T, C, X, Ky, At, Wi, I>, P2>;

    fn with<P2>(self, partitioner: P2) -> Self::With<P2> {
        After { stage: self.stage, partitioner }
    }
}

/// What all stages of a run share.
pub struct Shared<'r, 's> {
    pub(super) engine: &'r Engine,
    pub(super) settings: &'r Settings<'s>,
    pub(super) limit: &'r Limit,
    pub(super) measure: bool,
}

impl std::fmt::Debug for Shared<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("engine", &self.engine).finish_non_exhaustive()
    }
}

/// An input that can be read. Not to be implemented outside the crate.
pub trait Feed: Input {
    /// How reading can fail.
    type X: Fallibility;
    /// What gives the data, or the records of one micro-batch after another.
    type Spring: Spring;
    /// What the stages before keep from one micro-batch to the next.
    type Open;
    /// Takes the spring out.
    #[doc(hidden)]
    fn spring(&mut self) -> Self::Spring;
    #[doc(hidden)]
    fn open(&self) -> Self::Open;
    /// Brings what the stages before keep to where it can be saved.
    #[doc(hidden)]
    fn settle(&self, _open: &mut Self::Open, _engine: &Engine) -> Result<(), Broken<<Self::X as Fallibility>::Error>> {
        Ok(())
    }
    /// The batches of a micro-batch by source partition, and why there are no more; `moment` hears what it took to make them.
    #[doc(hidden)]
    fn cuts(
        &self,
        open: &mut Self::Open,
        drawn: <Self::Spring as Spring>::Drawn,
        cutting: Cutting,
        moment: &mut Moment<'_, '_, '_>,
    ) -> (Cuts<Self::Batch>, Option<Broken<<Self::X as Fallibility>::Error>>);
}

/// Data that are cut into batches.
#[derive(Debug)]
pub struct Cut<B> {
    pub(super) parts: Parts<B>,
    /// Whether the partitioner vouches for their sizes.
    pub(super) counted: bool,
    /// The source partition that the records are from; none of what a stage before has made.
    pub(super) partition: Option<u32>,
    /// How many records there are, where that is known before they are cut.
    pub(super) records: usize,
}

/// Data that are cut into batches, by source partition. The first is apart, so that one alone costs no vector.
#[derive(Debug)]
pub struct Cuts<B> {
    first: Option<Cut<B>>,
    others: Vec<Cut<B>>,
}

impl<B> Cuts<B> {
    fn of(first: Option<Cut<B>>) -> Self {
        Cuts { first, others: Vec::new() }
    }

    fn push(&mut self, cut: Cut<B>) {
        match &self.first {
            None => self.first = Some(cut),
            Some(_) => self.others.push(cut),
        }
    }
}

impl<B> IntoIterator for Cuts<B> {
    type Item = Cut<B>;
    type IntoIter = std::iter::Chain<std::option::IntoIter<Cut<B>>, std::vec::IntoIter<Cut<B>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().chain(self.others)
    }
}

/// Cuts data into batches; a panic in the partitioner stays in the run.
fn cut_all<D, P: Partitioner<D>, E>(
    partitioner: &P,
    data: D,
    may_cut: bool,
    shared: &Shared<'_, '_>,
    stats: &mut RunStats,
) -> Result<Cut<P::Batch>, Broken<E>> {
    let watch = Stopwatch::start(shared.measure);
    let cut = || {
        let (counted, threads) = (partitioner.counts(), shared.engine.threads());
        let parts = if may_cut { partitioner.divided(data, threads) } else { partitioner.parts(data, threads) };
        Cut { counted, parts, partition: None, records: 0 }
    };
    let cut = catch_unwind(AssertUnwindSafe(cut));
    stats.partitioning += watch.elapsed();
    cut.map_err(|payload| Broken::panic(0, payload))
}

impl<D, T, P: Partitioner<D>> Feed for Over<D, T, P> {
    type X = Never;
    type Spring = Once<D>;
    type Open = ();

    fn spring(&mut self) -> Once<D> {
        Once(self.data.take())
    }

    fn open(&self) {}

    fn cuts(
        &self,
        _: &mut (),
        drawn: Option<D>,
        cutting: Cutting,
        moment: &mut Moment<'_, '_, '_>,
    ) -> (Cuts<P::Batch>, Option<Broken<std::convert::Infallible>>) {
        let cuts = drawn.map(|data| cut_all(&self.partitioner, data, cutting.may_cut, moment.shared, &mut moment.stats));
        match cuts.transpose() {
            Ok(cut) => (Cuts::of(cut), None),
            Err(broken) => (Cuts::of(None), Some(broken)),
        }
    }
}

/// Puts pieces together; one alone keeps its allocation.
fn concat<T>(pieces: Vec<Vec<T>>) -> Vec<T> {
    let mut pieces = pieces.into_iter();
    let mut all = pieces.next().unwrap_or_default();
    all.reserve(pieces.as_slice().iter().map(Vec::len).sum());
    pieces.for_each(|mut piece| all.append(&mut piece));
    all
}

/// Cuts so many records that come in pieces: where that is free, cheap ones stay where they lie.
fn cut_pieces<T, P: Partitioner<Vec<T>>, E>(
    partitioner: &P,
    pieces: Vec<Vec<T>>,
    len: usize,
    cutting: Cutting,
    moment: &mut Moment<'_, '_, '_>,
) -> Result<Cut<P::Batch>, Broken<E>> {
    let cut = match cutting.piece(moment.shared.engine, len, size_of::<T>()) {
        Some(size) => partitioner.pieces(pieces, size),
        None => Err(pieces),
    };
    match cut {
        Ok(parts) => Ok(Cut { parts, counted: true, partition: None, records: 0 }),
        Err(pieces) => cut_all(partitioner, concat(pieces), false, moment.shared, &mut moment.stats),
    }
}

impl<S: Source, P: Partitioner<Vec<S::Item>>, Ck> Feed for Stream<S, P, Ck> {
    type X = Never;
    type Spring = super::spring::Pumped<S>;
    type Open = ();

    fn spring(&mut self) -> Self::Spring {
        super::spring::Pumped(self.source.take())
    }

    fn open(&self) {}

    fn cuts(
        &self,
        _: &mut (),
        drawn: Lots<S::Item>,
        cutting: Cutting,
        moment: &mut Moment<'_, '_, '_>,
    ) -> (Cuts<P::Batch>, Option<Broken<std::convert::Infallible>>) {
        // What a record costs in all stages: those that come of it are made of it anew.
        let cutting = Cutting { cost: moment.record_cost, ..cutting };
        let mut cuts = Cuts::of(None);
        for (partition, pieces) in drawn {
            let len = pieces.iter().map(Vec::len).sum();
            moment.stats.records += len as u64;
            match cut_pieces(&self.partitioner, pieces, len, cutting, moment) {
                Ok(cut) => cuts.push(Cut { partition: Some(partition), records: len, ..cut }),
                Err(broken) => return (cuts, Some(broken)),
            }
        }
        (cuts, None)
    }
}

impl<M, T, C, X, Ky, At, Wi, I, K, V, P> Feed for After<Stage<M, T, C, X, Ky, At, Wi, I>, P>
where
    M: Feed,
    X: Meets<M::Batch> + Absorbs<M::X>,
    X::Error: Send,
    C: Operator<M::Batch, X::Error, At = At, Key = Ky, Value = T> + Sync,
    I: Ordered<T, Ky, At, Wi> + Ending<T, Ky, At, Wi, Emit = Pane<K, V>>,
    P: Partitioner<Vec<Pane<K, V>>>,
{
    type X = X;
    type Spring = M::Spring;
    type Open = Running<M::Open, C::Local, I::Open>;

    fn spring(&mut self) -> M::Spring {
        self.stage.input.spring()
    }

    fn open(&self) -> Self::Open {
        self.stage.open()
    }

    fn settle(&self, open: &mut Self::Open, engine: &Engine) -> Result<(), Broken<X::Error>> {
        self.stage.settle(open, engine)
    }

    fn cuts(
        &self,
        open: &mut Self::Open,
        drawn: <M::Spring as Spring>::Drawn,
        cutting: Cutting,
        moment: &mut Moment<'_, '_, '_>,
    ) -> (Cuts<P::Batch>, Option<Broken<X::Error>>) {
        let (mut panes, broken) = self.stage.step(open, drawn, moment);
        let last = open.last_batch();
        let len = panes.len();
        let ordered = catch_unwind(AssertUnwindSafe(|| {
            I::order(&mut panes);
            panes.into_vec()
        }));
        let cut = match ordered {
            Ok(panes) => cut_pieces(&self.partitioner, vec![panes], len, cutting, moment),
            Err(payload) => Err(Broken::panic(last, payload)),
        };
        match cut {
            Ok(cut) => (Cuts::of(Some(Cut { records: len, ..cut })), broken),
            Err(panicked) => (Cuts::of(None), Some(broken.unwrap_or(panicked))),
        }
    }
}
