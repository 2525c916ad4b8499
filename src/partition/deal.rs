use crate::stage::Part;

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

/// A batch with its place.
pub(crate) fn part<B>(partition: usize, records: usize, batch: B) -> Part<B> {
    Part { partition: u32::try_from(partition).unwrap_or(u32::MAX), records, batch }
}

/// Partitions are numbered by 32 bits, and each has a batch in memory.
pub(super) fn checked(count: usize, what: &str) -> usize {
    assert!(count > 0, "a {what} with 0 partitions has no place for any record: give at least 1");
    assert!(u32::try_from(count).is_ok(), "a {what} has at most 2^32 - 1 partitions, not {count}");
    count
}
