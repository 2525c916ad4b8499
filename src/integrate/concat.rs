//! Concatenation in parallel, into one vector that is allocated once.
//!
//! Rayon writes an iterator of known length in place; this makes one of pieces of a vector. Without it the concatenation of a large
//! result would be the longest sequential part of a run.

use rayon::iter::plumbing::{Consumer, Producer, ProducerCallback, UnindexedConsumer, bridge};
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use std::iter::FusedIterator;

/// Values above which it is worth it.
const LARGE: usize = 128 * 1024;

/// One vector of all pieces: in parallel inside a rayon pool.
pub(super) fn concat<T: Send>(mut pieces: Vec<Vec<T>>) -> Vec<T> {
    if pieces.len() == 1 {
        return pieces.remove(0);
    }
    let pieces = Pieces::of(pieces);
    let mut all = Vec::new();
    if pieces.len >= LARGE && rayon::current_thread_index().is_some() {
        pieces.collect_into_vec(&mut all);
    } else {
        all.reserve_exact(pieces.len);
        pieces.pieces.into_iter().for_each(|mut piece| all.append(&mut piece));
    }
    all
}

/// Pieces of a vector as a parallel iterator over its values.
struct Pieces<T> {
    pieces: Vec<Vec<T>>,
    len: usize,
}

impl<T> Pieces<T> {
    fn of(pieces: Vec<Vec<T>>) -> Self {
        let len = pieces.iter().map(Vec::len).sum();
        Pieces { pieces, len }
    }
}

impl<T: Send> ParallelIterator for Pieces<T> {
    type Item = T;

    fn drive_unindexed<C: UnindexedConsumer<T>>(self, consumer: C) -> C::Result {
        bridge(self, consumer)
    }

    fn opt_len(&self) -> Option<usize> {
        Some(self.len)
    }
}

impl<T: Send> IndexedParallelIterator for Pieces<T> {
    fn len(&self) -> usize {
        self.len
    }

    fn drive<C: Consumer<T>>(self, consumer: C) -> C::Result {
        bridge(self, consumer)
    }

    fn with_producer<C: ProducerCallback<T>>(self, callback: C) -> C::Output {
        callback.callback(self)
    }
}

impl<T: Send> Producer for Pieces<T> {
    type Item = T;
    type IntoIter = Values<T>;

    fn into_iter(self) -> Values<T> {
        Values { left: self.len, pieces: self.pieces.into_iter(), front: Vec::new().into_iter(), back: Vec::new().into_iter() }
    }

    /// Moves no values but those of the piece that is cut in two.
    fn split_at(mut self, index: usize) -> (Self, Self) {
        let mut before = 0;
        let at = self.pieces.iter().position(|piece| {
            before += piece.len();
            before > index
        });
        let Some(at) = at else { return (self, Pieces::of(Vec::new())) };
        let inside = index - (before - self.pieces[at].len());
        let mut right = self.pieces.split_off(at);
        if inside > 0 {
            let rest = right[0].split_off(inside);
            self.pieces.push(std::mem::replace(&mut right[0], rest));
        }
        (Pieces { pieces: self.pieces, len: index }, Pieces { pieces: right, len: self.len - index })
    }
}

/// The values of pieces, from both ends.
struct Values<T> {
    front: std::vec::IntoIter<T>,
    pieces: std::vec::IntoIter<Vec<T>>,
    back: std::vec::IntoIter<T>,
    left: usize,
}

impl<T> Iterator for Values<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        loop {
            if let Some(value) = self.front.next() {
                self.left -= 1;
                return Some(value);
            }
            self.front = match self.pieces.next() {
                Some(piece) => piece.into_iter(),
                None if self.back.len() > 0 => std::mem::take(&mut self.back),
                None => return None,
            };
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }

    /// Piece by piece: a loop that the compiler can turn into a copy.
    fn fold<A, F: FnMut(A, T) -> A>(self, first: A, mut fold: F) -> A {
        let mut all = self.front.fold(first, &mut fold);
        for piece in self.pieces {
            all = piece.into_iter().fold(all, &mut fold);
        }
        self.back.fold(all, fold)
    }
}

impl<T> DoubleEndedIterator for Values<T> {
    fn next_back(&mut self) -> Option<T> {
        loop {
            if let Some(value) = self.back.next_back() {
                self.left -= 1;
                return Some(value);
            }
            self.back = match self.pieces.next_back() {
                Some(piece) => piece.into_iter(),
                None if self.front.len() > 0 => std::mem::take(&mut self.front),
                None => return None,
            };
        }
    }
}

impl<T> ExactSizeIterator for Values<T> {}

impl<T> FusedIterator for Values<T> {}

#[cfg(test)]
mod tests {
    use super::{Pieces, concat};
    use rayon::iter::plumbing::Producer;

    fn pieces(sizes: &[usize]) -> (Vec<Vec<String>>, Vec<String>) {
        let mut values = (0..).map(|n: u32| n.to_string());
        let pieces: Vec<Vec<String>> = sizes.iter().map(|size| values.by_ref().take(*size).collect()).collect();
        (pieces.clone(), pieces.concat())
    }

    fn check(sizes: &[usize]) {
        let (cut, whole) = pieces(sizes);
        let (a, b) = (cut.clone(), cut.clone());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        assert_eq!(pool.install(|| concat(a)), whole);
        assert_eq!(concat(b), whole);
        let back: Vec<String> = Pieces::of(cut.clone()).into_iter().rev().collect();
        assert!(back.iter().rev().eq(&whole));
        for index in 0..=whole.len().min(50) {
            let (left, right) = Pieces::of(cut.clone()).split_at(index);
            assert_eq!((left.len, right.len), (index, whole.len() - index));
            assert_eq!(right.into_iter().len(), whole.len() - index);
            let (left, right) = Pieces::of(cut.clone()).split_at(index);
            assert!(left.into_iter().chain(right.into_iter()).eq(whole.iter().cloned()));
        }
    }

    #[test]
    fn pieces_are_concatenated_however_they_are_cut() {
        check(&[]);
        check(&[0]);
        check(&[3]);
        check(&[0, 1, 0, 2, 5, 0]);
        check(&[10; 7]);
        check(&[1; 40]);
        check(&[70_000, 1, 0, 30_000, 50_000]);
        check(&[100_000, 100_000]);
    }
}
