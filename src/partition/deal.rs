use crate::stage::{Part, Parts};

/// Deals records out into `count` batches; those that stay empty are left out.
pub(super) fn deal<R>(records: impl Iterator<Item = R>, count: usize, mut place: impl FnMut(&R) -> usize) -> Vec<Part<Vec<R>>> {
    let expected = records.size_hint().0 / count;
    let mut batches: Vec<Vec<R>> = (0..count).map(|_| Vec::with_capacity(expected)).collect();
    for record in records {
        let place = place(&record);
        batches[place].push(record);
    }
    let parts = batches.into_iter().enumerate().map(|(partition, batch)| part(partition, batch.len(), batch));
    parts.filter(|part| part.records > 0).collect()
}

/// Batches of which a very large one may be cut.
pub(super) fn divisible<R>(batches: Vec<Part<Vec<R>>>) -> Parts<Vec<R>> {
    Parts::divisible(batches, |mut batch, at| {
        let rest = batch.split_off(at);
        (batch, rest)
    })
}

/// A batch with its place.
pub(crate) fn part<B>(partition: usize, records: usize, batch: B) -> Part<B> {
    Part { partition: u32::try_from(partition).unwrap_or(u32::MAX), records, batch }
}

/// Each partition has a batch in memory, from the start on.
const MOST: usize = 1 << 20;

pub(super) fn checked(count: usize, what: &str) -> usize {
    assert!(count > 0, "a {what} with 0 partitions has no place for any record: give at least 1");
    assert!(count <= MOST, "a {what} has at most {MOST} partitions, not {count}");
    count
}
