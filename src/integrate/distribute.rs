//! Values moved into ranges, each of which can be sorted by itself.
//!
//! Blocks of values count how many they have for each range; then each block moves its values to their places in a new vector. Rayon's
//! consumers write there, one a block and range.

use super::ranking::Ranking;
use super::splitters::Splitters;
use rayon::iter::plumbing::{Consumer, Folder, Producer, ProducerCallback, Reducer, UnindexedConsumer};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelDrainRange, ParallelIterator};
use rayon::slice::ParallelSlice;

/// The fewest values of a block.
const BLOCK: usize = 8 * 1024;
/// Blocks are moved in so many waves, after each of which the memory that they lay in is given back.
const WAVES: usize = 4;

/// All values by range, in their order inside each; and how many each range has.
pub(super) fn distribute<T: Send + Sync>(
    all: Vec<T>,
    splitters: impl Fn(&[T]) -> Splitters<'_, T>,
    ranking: &impl Ranking<T>,
) -> (Vec<T>, Vec<usize>) {
    let wave = (2 * rayon::current_num_threads()).max(8);
    let size = all.len().div_ceil(wave * WAVES).max(BLOCK);
    let blocks: Vec<Block> = {
        let splitters = splitters(&all);
        let block = |values: &[T]| {
            let (ranges, counts) = splitters.ranges(values, ranking);
            Block { ranges, counts }
        };
        all.par_chunks(size).with_max_len(1).map(block).collect()
    };
    let ranges = blocks.first().map_or(0, |block| block.counts.len());
    let sizes = (0..ranges).map(|range| blocks.iter().map(|block| block.counts[range]).sum()).collect();
    let mut out = Vec::new();
    Moving { all, size, wave, blocks }.collect_into_vec(&mut out);
    (out, sizes)
}

/// Where the values of a block go.
struct Block {
    /// The range of each.
    ranges: Vec<u16>,
    /// How many go to each range.
    counts: Vec<usize>,
}

/// All values in the order of their ranges, as a parallel iterator.
struct Moving<T> {
    all: Vec<T>,
    /// Values a block.
    size: usize,
    /// Blocks that are moved at once.
    wave: usize,
    blocks: Vec<Block>,
}

impl<T: Send> ParallelIterator for Moving<T> {
    type Item = T;

    fn drive_unindexed<C: UnindexedConsumer<T>>(self, consumer: C) -> C::Result {
        self.drive(consumer)
    }

    fn opt_len(&self) -> Option<usize> {
        Some(self.len())
    }
}

impl<T: Send> IndexedParallelIterator for Moving<T> {
    fn len(&self) -> usize {
        self.all.len()
    }

    fn drive<C: Consumer<T>>(mut self, consumer: C) -> C::Result {
        let ranges = self.blocks.first().map_or(0, |block| block.counts.len());
        let mut places: Vec<Vec<C>> = self.blocks.iter().map(|_| Vec::with_capacity(ranges)).collect();
        let mut reducers = Vec::with_capacity(ranges * self.blocks.len());
        let mut rest = consumer;
        for range in 0..ranges {
            for (block, places) in self.blocks.iter().zip(&mut places) {
                let (place, after, reducer) = rest.split_at(block.counts[range]);
                places.push(place);
                reducers.push(reducer);
                rest = after;
            }
        }
        // From the end, so that what is left of the vector stays in one piece.
        let mut moved = Vec::with_capacity(self.blocks.len());
        while !self.blocks.is_empty() {
            let first = self.blocks.len().saturating_sub(self.wave);
            let wave = Wave { size: self.size, blocks: self.blocks.split_off(first), places: places.split_off(first) };
            moved.extend(self.all.par_drain(first * self.size..).with_producer(wave).into_iter().rev().map(Vec::into_iter));
            self.all.shrink_to(first * self.size);
        }
        let mut all = rest.into_folder().complete();
        while let Some(reducer) = reducers.pop() {
            let block = reducers.len() % moved.len();
            let from_end = moved.len() - 1 - block;
            if let Some(values) = moved[from_end].next_back() {
                all = reducer.reduce(values, all);
            }
        }
        all
    }

    fn with_producer<P: ProducerCallback<T>>(self, callback: P) -> P::Output {
        let mut all = Vec::new();
        self.collect_into_vec(&mut all);
        all.into_par_iter().with_producer(callback)
    }
}

/// Blocks that are moved at once, and the places that their values go to, by range.
struct Wave<C> {
    size: usize,
    blocks: Vec<Block>,
    places: Vec<Vec<C>>,
}

impl<T, C: Consumer<T>> ProducerCallback<T> for Wave<C> {
    /// What the consumers made, by block and range.
    type Output = Vec<Vec<C::Result>>;

    fn callback<P: Producer<Item = T>>(self, producer: P) -> Self::Output {
        let mut rest = Some(producer);
        let mut jobs = Vec::with_capacity(self.blocks.len());
        for (block, places) in self.blocks.into_iter().zip(self.places) {
            let values = match rest.take() {
                // The last block may have fewer.
                Some(values) if block.ranges.len() == self.size => {
                    let (values, after) = values.split_at(self.size);
                    rest = Some(after);
                    values
                }
                Some(values) => values,
                None => break,
            };
            jobs.push((values, block.ranges, places));
        }
        jobs.into_par_iter().with_max_len(1).map(|(values, ranges, places)| spread(values.into_iter(), &ranges, places)).collect()
    }
}

/// Moves each value to the next place of its range.
fn spread<T, C: Consumer<T>>(values: impl Iterator<Item = T>, ranges: &[u16], places: Vec<C>) -> Vec<C::Result> {
    let mut folders: Vec<Option<C::Folder>> = places.into_iter().map(|place| Some(place.into_folder())).collect();
    for (value, range) in values.zip(ranges) {
        let folder = &mut folders[usize::from(*range)];
        *folder = folder.take().map(|folder| folder.consume(value));
    }
    folders.into_iter().flatten().map(Folder::complete).collect()
}
