//! How many records each task of a run holds: a batch, or a piece of one.

use super::lanes;
use crate::stage::{Parts, Piece};
use std::ops::Range;
use std::sync::OnceLock;

/// What the partitioner said of the batches' records.
pub(super) enum Sizes {
    /// All of them `records`, in batches of `size`.
    Even { records: usize, size: usize },
    /// One by one; the number of each one's first record, made when it is asked for; and where each belongs, if some are pieces of batches.
    Listed { sizes: Vec<usize>, firsts: OnceLock<Vec<u64>>, pieces: Option<Vec<Piece>> },
}

impl Sizes {
    pub(super) fn of<B>(parts: &Parts<B>) -> Self {
        match parts.as_even() {
            Ok(even) => Sizes::Even { records: even.records(), size: even.size() },
            Err(listed) => {
                let sizes = listed.iter().map(|part| part.records).collect();
                Sizes::Listed { sizes, firsts: OnceLock::new(), pieces: parts.pieces().map(<[_]>::to_vec) }
            }
        }
    }

    /// How many tasks.
    pub(super) fn len(&self) -> usize {
        match self {
            Sizes::Even { records, size } => records.div_ceil(*size),
            Sizes::Listed { sizes, .. } => sizes.len(),
        }
    }

    /// How many batches.
    pub(super) fn batches(&self) -> usize {
        self.len().checked_sub(1).map_or(0, |last| self.piece(last as u32).batch as usize + 1)
    }

    /// Whether some tasks are pieces of batches.
    pub(super) fn has_pieces(&self) -> bool {
        matches!(self, Sizes::Listed { pieces: Some(_), .. })
    }

    /// Which batch a task is of, and how many records of it come before.
    pub(super) fn piece(&self, seq: u32) -> Piece {
        match self {
            Sizes::Listed { pieces: Some(pieces), .. } => pieces[seq as usize],
            _ => Piece { batch: seq, offset: 0 },
        }
    }

    /// All records, as far as they are known.
    pub(super) fn total(&self) -> usize {
        match self {
            Sizes::Even { records, .. } => *records,
            Sizes::Listed { sizes, .. } => sizes.iter().fold(0, |all, size| all.saturating_add(*size)),
        }
    }

    pub(super) fn get(&self, seq: u32) -> usize {
        match self {
            Sizes::Even { records, size } => (*size).min(records - (*size * seq as usize).min(*records)),
            Sizes::Listed { sizes, .. } => sizes[seq as usize],
        }
    }

    /// The number of a batch's first record, as far as sizes are known.
    pub(super) fn first(&self, seq: u32) -> u64 {
        match self {
            Sizes::Even { size, .. } => *size as u64 * u64::from(seq),
            Sizes::Listed { sizes, firsts, .. } => {
                let sum = |first: &mut u64, size: &usize| Some(std::mem::replace(first, first.saturating_add(*size as u64)));
                firsts.get_or_init(|| sizes.iter().scan(0, sum).collect())[seq as usize]
            }
        }
    }

    /// How many batches hold so many consecutive records.
    pub(super) fn count(&self, records: usize) -> u64 {
        match self {
            Sizes::Even { size, .. } => records.div_ceil(*size) as u64,
            Sizes::Listed { .. } => 1,
        }
    }

    /// From so many records behind the first of batch `seq` to a batch and a place in it.
    pub(super) fn locate(&self, seq: u32, position: usize) -> (u32, usize) {
        match self {
            Sizes::Even { size, .. } => (seq + (position / size) as u32, position % size),
            Sizes::Listed { .. } => (seq, position),
        }
    }

    /// The groups whose memories are merged apart from each other: about so many, of about equal numbers of records.
    pub(super) fn groups(&self, count: usize) -> Vec<Range<usize>> {
        match (self.group(count), self) {
            (Some(group), _) => (0..self.len()).step_by(group).map(|first| first..self.len().min(first + group)).collect(),
            (None, Sizes::Listed { sizes, .. }) => lanes::cut(sizes, count),
            (None, Sizes::Even { .. }) => Vec::new(),
        }
    }

    /// How many batches a group has, where all but the last have that many.
    pub(super) fn group(&self, count: usize) -> Option<usize> {
        match self {
            _ if self.len() <= count => Some(1),
            Sizes::Even { records, size } => Some(lanes::share(*records, *size, count)),
            Sizes::Listed { .. } => None,
        }
    }
}
