use super::deal::{deal, divisible};
use crate::stage::Parts;

/// From so many records on, what it costs to move those of a large batch once more is worth saving.
const LARGE: usize = 1 << 19;
/// A batch of more than this part of all records is made in pieces ..
const GIANT: usize = 8;
/// .. of this part each ..
const PIECES: usize = 128;
/// .. or so many.
const MOST: usize = 64 * 1024;

/// Deals records out, as `deal` does; very large batches into pieces at once, where there are so many records that to cut a batch takes a while.
pub(super) fn divided<R>(records: impl Iterator<Item = R>, count: usize, mut place: impl FnMut(&R) -> usize) -> Parts<Vec<R>> {
    let (all, most) = records.size_hint();
    if all < LARGE || most != Some(all) {
        return divisible(deal(records, count, place));
    }
    let (room, size) = (all / GIANT, all.div_ceil(PIECES).min(MOST));
    let mut batches: Vec<_> = (0..count).map(|_| Growing { full: Vec::new(), last: Vec::with_capacity(all / count), room }).collect();
    for record in records {
        let place = place(&record);
        batches[place].push(record, size);
    }
    let batches = batches.into_iter().zip(0..).filter(|(batch, _)| !batch.last.is_empty());
    Parts::in_given_pieces(batches.map(|(batch, partition)| (partition, batch.into_pieces(size))))
}

/// A batch that may turn out very large: then what it has grown to by that time, and pieces.
struct Growing<R> {
    full: Vec<Vec<R>>,
    last: Vec<R>,
    room: usize,
}

impl<R> Growing<R> {
    #[inline]
    fn push(&mut self, record: R, size: usize) {
        if self.last.len() == self.room {
            self.full.push(std::mem::replace(&mut self.last, Vec::with_capacity(size)));
            self.room = size;
        }
        self.last.push(record);
    }

    fn into_pieces(self, size: usize) -> Vec<(usize, Vec<R>)> {
        let mut full = self.full.into_iter();
        let mut pieces = Vec::new();
        if let Some(mut first) = full.next() {
            // From its end, so that each record is moved once.
            let cuts = (size..first.len()).step_by(size).rev();
            let mut rest: Vec<_> = cuts.map(|at| first.split_off(at)).collect();
            pieces.push(first);
            pieces.extend(rest.drain(..).rev());
        }
        pieces.extend(full);
        pieces.push(self.last);
        pieces.into_iter().map(|piece| (piece.len(), piece)).collect()
    }
}
