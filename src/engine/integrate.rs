//! From what the lanes made to one memory.

use super::bounded::split;
use super::broken::{Broken, forget};
use super::limit::Leash;
use super::made::Made;
use super::plan::Halt;
use super::runner::Runner;
use crate::data::RunStats;
use crate::integrate::Gather;
use crate::process::Operator;
use crate::stage::FailurePolicy;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::panic::{AssertUnwindSafe, catch_unwind};

impl<B, E, C, G, P, L> Runner<'_, '_, '_, B, E, C, G, P, L>
where
    B: Send,
    E: Send,
    C: Operator<B, E> + Sync,
    G: Gather<C::Value, C::Key> + Sync,
    P: FailurePolicy<B, E>,
    L: Leash,
{
    /// Merges what the lanes made, in the order of the data. Where the run broke, what came before is kept if that was asked for.
    pub(super) fn integrate(&self, mut made: Vec<Made<G::Memory, E>>, stats: &mut RunStats) -> Result<G::Memory, Halt<G::Memory, E>> {
        let broken = made.iter_mut().filter_map(|made| made.broken.take()).fold(None, |first, next| Some(Broken::first_of(first, next)));
        let end = broken.as_ref().map_or(u64::MAX, |broken| broken.batch);
        let broken = broken.map(|broken| self.place(broken, &made));
        stats.latest = made.iter().flat_map(|made| &made.latest).filter(|(seq, _)| u64::from(*seq) <= end).map(|(_, latest)| *latest).max();
        let Some(broken) = broken else { return Ok(self.combine(made)?) };
        if !self.keeps || broken.is_stop() {
            forget(made);
            return Err(broken.into());
        }
        for made in &mut made {
            let apart = std::mem::take(&mut made.apart);
            let (before, after): (Vec<_>, Vec<_>) = apart.into_iter().partition(|(seq, _)| u64::from(*seq) <= end);
            made.apart = before;
            forget(after);
        }
        let before = self.combine(made)?;
        Err(Halt { broken, before: Some(before) })
    }

    fn combine(&self, made: Vec<Made<G::Memory, E>>) -> Result<G::Memory, Broken<E>> {
        let mut memories = Vec::with_capacity(made.len());
        let mut apart = Vec::new();
        for made in made {
            memories.extend(made.complete);
            memories.extend(made.memory);
            apart.extend(made.apart);
        }
        let combined = catch_unwind(AssertUnwindSafe(|| {
            let all = memories.iter().chain(apart.iter().map(|(_, memory)| memory));
            let weight = all.map(|memory| self.gather.weight(memory)).fold(0, usize::saturating_add);
            split(self.engine, weight, || {
                if !apart.is_empty() {
                    memories.extend(self.regroup(apart));
                }
                self.gather.combine(memories)
            })
        }));
        combined.map_err(|payload| Broken::panic(self.sizes.batches().saturating_sub(1) as u64, payload))
    }

    /// From memories of single batches, in whatever order they were run, to those of lanes in the order of the data: what would be there had
    /// they been run in that order.
    fn regroup(&self, mut apart: Vec<(u32, G::Memory)>) -> Vec<G::Memory> {
        apart.sort_by_key(|(seq, _)| *seq);
        let mut apart = apart.into_iter().map(|(_, memory)| memory);
        let cuts = self.sizes.groups(self.groups()).into_iter();
        let lanes: Vec<Vec<_>> = cuts.map(|cut| apart.by_ref().take(cut.len()).collect()).collect();
        let merge = |batches: Vec<G::Memory>| {
            let mut batches = batches.into_iter();
            let mut lane = batches.next()?;
            batches.for_each(|memory| self.gather.merge(&mut lane, memory));
            let _ = self.gather.seal(&mut lane);
            Some(lane)
        };
        match rayon::current_thread_index() {
            Some(_) => lanes.into_par_iter().filter_map(merge).collect(),
            None => lanes.into_iter().filter_map(merge).collect(),
        }
    }

    /// Says where a run broke: by batch and record, now that the sizes of all before it are known; by the first batch that is missing,
    /// where it was stopped.
    fn place(&self, broken: Broken<E>, made: &[Made<G::Memory, E>]) -> Broken<E> {
        let seq = broken.batch as u32;
        let batch = self.sizes.piece(seq).batch.into();
        if broken.is_stop() {
            return self.limit.broken(batch);
        }
        let said = made.iter().flat_map(|made| &made.sizes).filter(|(other, _)| *other < seq);
        let first =
            said.fold(self.sizes.first(seq), |first, (other, read)| first.wrapping_add(*read).wrapping_sub(self.sizes.get(*other) as u64));
        Broken { batch, record: first + broken.record, ..broken }
    }
}
