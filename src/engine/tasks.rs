//! The order of the batches, and the lanes it is cut into.

use super::lanes;
use crate::stage::Part;
use std::ops::Range;
use std::vec::IntoIter;

/// Tasks that wait, one a batch, in the order in which they are to run.
pub(super) struct Tasks<B> {
    parts: IntoIter<Part<B>>,
    seqs: Seqs,
}

/// The numbers of the batches in the order of the data.
enum Seqs {
    /// From this one on.
    From(u32),
    Listed(IntoIter<u32>),
}

impl<B> Tasks<B> {
    /// In the order of their ranks, equal ones in the order of the data; no ranks mean equal ones.
    pub(super) fn by_rank(parts: Vec<Part<B>>, ranks: &[u64]) -> Self {
        if ranks.is_sorted() {
            return Tasks { parts: parts.into_iter(), seqs: Seqs::From(0) };
        }
        let mut ranked: Vec<_> = parts.into_iter().zip(0..).zip(ranks).collect();
        ranked.sort_by_key(|(_, rank)| **rank);
        let (parts, seqs): (Vec<_>, Vec<_>) = ranked.into_iter().map(|(part, _)| part).unzip();
        Tasks { parts: parts.into_iter(), seqs: Seqs::Listed(seqs.into_iter()) }
    }

    /// Whether they are to run in another order than that of the data.
    pub(super) fn is_permuted(&self) -> bool {
        matches!(self.seqs, Seqs::Listed(_))
    }

    /// Cuts them into about `count` lanes.
    pub(super) fn into_lanes(self, count: usize) -> Vec<Self> {
        let weights: Vec<usize> = self.parts.as_slice().iter().map(|part| part.records).collect();
        let Tasks { mut parts, mut seqs } = self;
        let lane = |cut: Range<usize>| {
            let tasks: Vec<_> = parts.by_ref().take(cut.len()).collect();
            let seqs = match &mut seqs {
                Seqs::From(_) => Seqs::From(cut.start as u32),
                Seqs::Listed(seqs) => Seqs::Listed(seqs.by_ref().take(cut.len()).collect::<Vec<_>>().into_iter()),
            };
            Tasks { parts: tasks.into_iter(), seqs }
        };
        lanes::cut(&weights, count).into_iter().map(lane).collect()
    }

    /// The least number of a batch that is left.
    pub(super) fn least_seq(&self) -> Option<u32> {
        match &self.seqs {
            Seqs::From(_) => self.next_seq(),
            Seqs::Listed(seqs) => seqs.as_slice().iter().min().copied(),
        }
    }

    /// How many records they hold, as their partitioner said.
    pub(super) fn records(&self) -> usize {
        self.parts.as_slice().iter().fold(0, |all, part| all.saturating_add(part.records))
    }

    /// The number of the next batch.
    pub(super) fn next_seq(&self) -> Option<u32> {
        match &self.seqs {
            _ if self.parts.len() == 0 => None,
            Seqs::From(seq) => Some(*seq),
            Seqs::Listed(seqs) => seqs.as_slice().first().copied(),
        }
    }
}

impl<B> Iterator for Tasks<B> {
    type Item = (u32, Part<B>);

    fn next(&mut self) -> Option<(u32, Part<B>)> {
        let seq = self.next_seq()?;
        match &mut self.seqs {
            Seqs::From(next) => *next += 1,
            Seqs::Listed(seqs) => drop(seqs.next()),
        }
        Some((seq, self.parts.next()?))
    }
}
