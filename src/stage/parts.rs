use super::Part;
use super::listed::{Listed, Piece};
use std::fmt;

/// The batches of a run, in the order of the data: a list of them, or data from which they are cut off one by one when they are wanted.
///
/// A list of a quarter of a million small batches takes longer to write and to read than to work on; data that are cut when a batch is wanted
/// take no room and no time before the first batch runs.
pub struct Parts<B>(Kind<B>);

enum Kind<B> {
    Listed(Listed<B>),
    Even(Even<B>),
}

/// Data that are cut into batches of equal size, but for the last.
pub(crate) struct Even<B> {
    /// None when all has been cut off.
    data: Option<B>,
    /// The number of the next batch, which is its partition too.
    next: u32,
    records: usize,
    size: usize,
    split: fn(B, usize) -> (B, B),
    /// Whether the size is one that nobody asked for, which the engine may change.
    is_free: bool,
}

impl<B> Parts<B> {
    /// Batches of `size` records each, the last of which may have fewer, each a partition of its own. `split` cuts data after so many records, of
    /// which they have more.
    ///
    /// ```
    /// use microbatch::{Part, Parts};
    ///
    /// let data = [1, 2, 3, 4, 5];
    /// let sizes: Vec<usize> = Parts::even(&data[..], data.len(), 2, <[i32]>::split_at).into_vec().iter().map(|part| part.records).collect();
    /// assert_eq!(sizes, [2, 2, 1]);
    /// ```
    ///
    /// # Panics
    /// If `size` is 0, or makes more than four billion batches.
    pub fn even(data: B, records: usize, size: usize, split: fn(B, usize) -> (B, B)) -> Self {
        assert!(size > 0, "batches of 0 records never end the data");
        let count = records.div_ceil(size);
        assert!(
            u32::try_from(count).is_ok(),
            "{records} records in batches of {size} are {count} batches: at most {} have a number",
            u32::MAX
        );
        Parts(Kind::Even(Even { data: (records > 0).then_some(data), next: 0, records, size, split, is_free: false }))
    }

    /// Batches in a list, which `split` can cut after so many records, of which they have more.
    ///
    /// A batch that holds more than an eighth of all records is run in pieces where no step sees it whole and no policy judges failures by batch,
    /// so that several workers share it. A piece keeps the number of its batch, in errors and in stats; a
    /// [`Task`](crate::Task) says by its `offset` which piece it is. Where the cuts are depends on the sizes of the batches alone.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// /// Even numbers, and odd ones: in the data below hardly any.
    /// struct ByParity;
    ///
    /// impl Partitioner<Vec<u64>> for ByParity {
    ///     type Batch = Vec<u64>;
    ///     fn partition(&self, data: Vec<u64>, _workers: usize) -> Vec<Part<Vec<u64>>> {
    ///         let (even, odd): (Vec<_>, Vec<_>) = data.into_iter().partition(|n| n % 2 == 0);
    ///         [even, odd].into_iter().zip(0..).map(|(batch, partition)| Part { partition, records: batch.len(), batch }).collect()
    ///     }
    ///     fn parts(&self, data: Vec<u64>, workers: usize) -> microbatch::Parts<Vec<u64>> {
    ///         microbatch::Parts::divisible(self.partition(data, workers), |mut batch, at| {
    ///             let rest = batch.split_off(at);
    ///             (batch, rest)
    ///         })
    ///     }
    /// }
    ///
    /// let data: Vec<u64> = (0..10_000).map(|n| if n % 100 == 0 { 1 } else { 2 * n }).collect();
    /// let (count, stats) = Pipeline::over(data).partitioner(ByParity).integrator(Count).run_with_stats();
    /// assert_eq!((count, stats.batches), (10_000, 2));
    /// ```
    pub fn divisible(parts: Vec<Part<B>>, split: fn(B, usize) -> (B, B)) -> Self {
        Parts(Kind::Listed(Listed { parts, split: Some(split), pieces: None }))
    }

    /// Cuts batches of more than `most` records, where that may be done, into pieces of about equal size that have no more than `size`.
    pub(crate) fn in_pieces(self, most: usize, size: usize) -> Self {
        match self.0 {
            Kind::Listed(listed) => Parts(Kind::Listed(listed.in_pieces(most, size))),
            even => Parts(even),
        }
    }

    /// Whether they are in a list that may be cut.
    pub(crate) fn is_divisible(&self) -> bool {
        matches!(&self.0, Kind::Listed(Listed { split: Some(_), .. }))
    }

    /// How many records the batches hold, as their partitioner said, if they are in a list that may be cut.
    pub(crate) fn divisible_records(&self) -> Option<usize> {
        match &self.0 {
            Kind::Listed(listed) => listed.split.map(|_| listed.records()),
            Kind::Even(_) => None,
        }
    }

    /// Where each part belongs, if some batches have been cut.
    pub(crate) fn pieces(&self) -> Option<&[Piece]> {
        match &self.0 {
            Kind::Listed(listed) => listed.pieces.as_deref(),
            Kind::Even(_) => None,
        }
    }

    /// The number of the last batch; 0 where there is none.
    pub(crate) fn last_batch(&self) -> u64 {
        let last = self.len().saturating_sub(1);
        self.pieces().and_then(<[_]>::last).map_or(last as u64, |piece| piece.batch.into())
    }

    /// The list of them, and where each belongs, if some batches have been cut.
    pub(crate) fn into_pieces(self) -> (Vec<Part<B>>, Option<Vec<Piece>>) {
        match self.0 {
            Kind::Listed(Listed { parts, pieces, .. }) => (parts, pieces),
            even => (Parts(even).into_vec(), None),
        }
    }

    /// Batches, each in its partition and in consecutive pieces of so many records.
    pub(crate) fn in_given_pieces(batches: impl Iterator<Item = (u32, Vec<(usize, B)>)>) -> Self {
        let (mut parts, mut pieces) = (Vec::new(), Vec::new());
        for ((partition, given), batch) in batches.zip(0..) {
            let mut offset = 0;
            for (records, piece) in given {
                parts.push(Part { partition, records, batch: piece });
                pieces.push(Piece { batch, offset });
                offset += records;
            }
        }
        Self::of_pieces(parts, Some(pieces))
    }

    /// Batches and pieces of batches; without `pieces`, batches.
    pub(crate) fn of_pieces(parts: Vec<Part<B>>, pieces: Option<Vec<Piece>>) -> Self {
        Parts(Kind::Listed(Listed { parts, split: None, pieces }))
    }

    /// The same, with leave to cut them finer and to run neighbours as one where no step sees a batch as a whole.
    pub(crate) fn freely(self) -> Self {
        match self.0 {
            Kind::Even(even) => Parts(Kind::Even(Even { is_free: true, ..even })),
            listed => Parts(listed),
        }
    }

    /// Cuts them finer, where that is free, into about `batches` of at least so many records.
    pub(crate) fn finer(self, batches: usize, least: usize) -> Self {
        match self.0 {
            Kind::Even(even) if even.is_free => {
                let size = even.size.min(even.records.div_ceil(batches).max(least));
                Parts(Kind::Even(Even { size, ..even }))
            }
            kind => Parts(kind),
        }
    }

    /// How many batches.
    pub fn len(&self) -> usize {
        match &self.0 {
            Kind::Listed(listed) => listed.parts.len(),
            Kind::Even(even) => even.len(),
        }
    }

    /// Whether there is none, as there is no record.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them.
    pub fn into_vec(self) -> Vec<Part<B>> {
        match self.0 {
            Kind::Listed(listed) => listed.parts,
            Kind::Even(even) => even.map(|(_, part)| part).collect(),
        }
    }

    /// How many records they hold, as their partitioner said.
    pub(crate) fn records(&self) -> usize {
        match self.as_even() {
            Ok(even) => even.records(),
            Err(parts) => parts.iter().fold(0, |all, part| all.saturating_add(part.records)),
        }
    }

    /// The data, where batches are cut off when they are wanted; else the list.
    pub(crate) fn into_even(self) -> Result<Even<B>, Vec<Part<B>>> {
        match self.0 {
            Kind::Listed(listed) => Err(listed.parts),
            Kind::Even(even) => Ok(even),
        }
    }

    pub(crate) fn as_even(&self) -> Result<&Even<B>, &[Part<B>]> {
        match &self.0 {
            Kind::Listed(listed) => Err(&listed.parts),
            Kind::Even(even) => Ok(even),
        }
    }
}

impl<B> From<Vec<Part<B>>> for Parts<B> {
    fn from(parts: Vec<Part<B>>) -> Self {
        Self::of_pieces(parts, None)
    }
}

impl<B> fmt::Debug for Parts<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl<B> Even<B> {
    pub(crate) fn len(&self) -> usize {
        self.records.div_ceil(self.size)
    }

    pub(crate) fn next_seq(&self) -> Option<u32> {
        self.data.as_ref().map(|_| self.next)
    }

    pub(crate) fn records(&self) -> usize {
        self.records
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    pub(crate) fn is_free(&self) -> bool {
        self.is_free
    }

    /// Cuts off so many batches, or all there are, as one.
    #[inline]
    pub(crate) fn cut(&mut self, batches: usize) -> Option<(u32, Part<B>)> {
        let data = self.data.take()?;
        let seq = self.next;
        let wanted = self.size.saturating_mul(batches);
        let (batch, records) = if self.records <= wanted {
            (data, std::mem::take(&mut self.records))
        } else {
            let (batch, rest) = (self.split)(data, wanted);
            (self.data, self.records) = (Some(rest), self.records - wanted);
            self.next += batches as u32;
            (batch, wanted)
        };
        Some((seq, Part { partition: seq, records, batch }))
    }

    /// Keeps so many batches; what comes after them.
    pub(crate) fn split_off(&mut self, batches: usize) -> Self {
        let kept = self.size.saturating_mul(batches).min(self.records);
        let (data, rest) = match self.data.take() {
            Some(data) if kept == 0 => (None, Some(data)),
            Some(data) if kept < self.records => {
                let (data, rest) = (self.split)(data, kept);
                (Some(data), Some(rest))
            }
            data => (data, None),
        };
        let rest = Even { data: rest, next: self.next + batches.min(self.len()) as u32, records: self.records - kept, ..*self };
        (self.data, self.records) = (data, kept);
        rest
    }
}

impl<B> Iterator for Even<B> {
    type Item = (u32, Part<B>);

    #[inline]
    fn next(&mut self) -> Option<(u32, Part<B>)> {
        self.cut(1)
    }
}
