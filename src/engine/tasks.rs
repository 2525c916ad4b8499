//! The order of the batches, and the lanes it is cut into.

use super::broken::forget;
use super::lanes;
use crate::stage::{Even, Part, Parts};
use std::ops::Range;
use std::vec::IntoIter;

/// Tasks that wait, one a batch, in the order in which they are to run.
pub(super) enum Tasks<B> {
    /// In the order of the data, cut off when they are wanted.
    Even(Even<B>),
    Listed {
        parts: IntoIter<Part<B>>,
        seqs: Seqs,
    },
}

/// The numbers of the batches in the order of the data.
pub(super) enum Seqs {
    /// From this one on.
    From(u32),
    Listed(IntoIter<u32>),
}

impl<B> Tasks<B> {
    /// In the order of their ranks, equal ones in the order of the data; no ranks mean equal ones.
    pub(super) fn by_rank(parts: Parts<B>, ranks: &[u64]) -> Self {
        if ranks.is_sorted() {
            return match parts.into_even() {
                Ok(even) => Tasks::Even(even),
                Err(parts) => Tasks::Listed { parts: parts.into_iter(), seqs: Seqs::From(0) },
            };
        }
        let mut ranked: Vec<_> = parts.into_vec().into_iter().zip(0..).zip(ranks).collect();
        ranked.sort_by_key(|(_, rank)| **rank);
        let (parts, seqs): (Vec<_>, Vec<_>) = ranked.into_iter().map(|(part, _)| part).unzip();
        Tasks::Listed { parts: parts.into_iter(), seqs: Seqs::Listed(seqs.into_iter()) }
    }

    /// Whether they are to run in another order than that of the data.
    pub(super) fn is_permuted(&self) -> bool {
        matches!(self, Tasks::Listed { seqs: Seqs::Listed(_), .. })
    }

    /// Whether neighbours may be run as one where nobody can tell.
    pub(super) fn is_free(&self) -> bool {
        matches!(self, Tasks::Even(even) if even.is_free())
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        match self {
            Tasks::Even(even) => even.len(),
            Tasks::Listed { parts, .. } => parts.len(),
        }
    }

    /// Cuts them into about `count` lanes.
    pub(super) fn into_lanes(self, count: usize) -> Vec<Self> {
        match self {
            Tasks::Even(even) => {
                let lane = lanes::share(even.records(), even.size(), count);
                Tasks::Even(even).into_lanes_of(lane)
            }
            Tasks::Listed { parts, seqs } => {
                let weights: Vec<usize> = parts.as_slice().iter().map(|part| part.records).collect();
                listed(parts, seqs, lanes::cut(&weights, count))
            }
        }
    }

    /// Cuts them into lanes of so many, but for the last.
    pub(super) fn into_lanes_of(self, lane: usize) -> Vec<Self> {
        let count = self.len().div_ceil(lane);
        match self {
            Tasks::Even(mut even) => {
                // From the end, so that data that are moved when they are cut are moved once.
                let mut lanes: Vec<_> = (1..count).rev().map(|at| Tasks::Even(even.split_off(at * lane))).collect();
                lanes.push(Tasks::Even(even));
                lanes.reverse();
                lanes
            }
            Tasks::Listed { parts, seqs } => {
                let len = parts.len();
                listed(parts, seqs, (0..count).map(|at| at * lane..len.min((at + 1) * lane)).collect())
            }
        }
    }

    /// Keeps so many; those after them.
    pub(super) fn split_off(&mut self, count: usize) -> Self {
        match self {
            Tasks::Even(even) => Tasks::Even(even.split_off(count)),
            Tasks::Listed { parts, seqs } => {
                let kept: Vec<_> = parts.by_ref().take(count).collect();
                let kept_seqs = seqs.cut(kept.len());
                let rest = std::mem::replace(parts, kept.into_iter());
                Tasks::Listed { parts: rest, seqs: std::mem::replace(seqs, kept_seqs) }
            }
        }
    }

    /// Drops those that are left of a run that has stopped.
    pub(super) fn forget(&mut self) {
        if self.next_seq().is_some() {
            forget(std::mem::replace(self, Tasks::Listed { parts: Vec::new().into_iter(), seqs: Seqs::From(0) }));
        }
    }

    /// The least number of a batch that is left.
    pub(super) fn least_seq(&self) -> Option<u32> {
        match self {
            Tasks::Listed { seqs: Seqs::Listed(seqs), .. } => seqs.as_slice().iter().min().copied(),
            _ => self.next_seq(),
        }
    }

    /// How many records they hold, as their partitioner said.
    pub(super) fn records(&self) -> usize {
        match self {
            Tasks::Even(even) => even.records(),
            Tasks::Listed { parts, .. } => parts.as_slice().iter().fold(0, |all, part| all.saturating_add(part.records)),
        }
    }

    /// The number of the next batch.
    #[inline]
    pub(super) fn next_seq(&self) -> Option<u32> {
        match self {
            Tasks::Even(even) => even.next_seq(),
            Tasks::Listed { parts, .. } if parts.len() == 0 => None,
            Tasks::Listed { seqs: Seqs::From(seq), .. } => Some(*seq),
            Tasks::Listed { seqs: Seqs::Listed(seqs), .. } => seqs.as_slice().first().copied(),
        }
    }

    /// The partition of the next batch, if there is one.
    pub(super) fn next_partition(&self) -> u32 {
        match self {
            Tasks::Even(even) => even.next_seq().unwrap_or(0),
            Tasks::Listed { parts, .. } => parts.as_slice().first().map_or(0, |part| part.partition),
        }
    }

    /// The next batch; with as many of its neighbours as make `records` where those lie beside it.
    #[inline]
    pub(super) fn next_piece(&mut self, records: usize) -> Option<Part<B>> {
        match self {
            Tasks::Even(even) => even.cut((records / even.size()).max(1)).map(|(_, part)| part),
            Tasks::Listed { parts, seqs } => {
                seqs.step();
                parts.next()
            }
        }
    }
}

impl Seqs {
    fn step(&mut self) {
        match self {
            Seqs::From(next) => *next += 1,
            Seqs::Listed(seqs) => drop(seqs.next()),
        }
    }

    /// The next `count`, which are cut off.
    fn cut(&mut self, count: usize) -> Self {
        match self {
            Seqs::From(next) => {
                let first = *next;
                *next += count as u32;
                Seqs::From(first)
            }
            Seqs::Listed(seqs) => Seqs::Listed(seqs.by_ref().take(count).collect::<Vec<_>>().into_iter()),
        }
    }
}

fn listed<B>(mut parts: IntoIter<Part<B>>, mut seqs: Seqs, cuts: Vec<Range<usize>>) -> Vec<Tasks<B>> {
    let lane = |cut: Range<usize>| Tasks::Listed {
        parts: parts.by_ref().take(cut.len()).collect::<Vec<_>>().into_iter(),
        seqs: seqs.cut(cut.len()),
    };
    cuts.into_iter().map(lane).collect()
}
