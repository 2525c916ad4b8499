/// Values of the first piece.
const FIRST: usize = 16;
/// Bytes of a first piece that was asked for.
const ROOM: usize = 8 * 1024 * 1024;
/// Bytes of the greatest pieces.
const GREATEST: usize = 512 * 1024;

/// A long vector in pieces, each twice the one before up to half a megabyte: nothing is moved while it grows, and it is concatenated once,
/// with exact capacity.
#[derive(Clone, Debug)]
pub struct Rope<T> {
    pieces: Vec<Vec<T>>,
    /// The last piece.
    open: Vec<T>,
}

impl<T> Default for Rope<T> {
    fn default() -> Self {
        Rope { pieces: Vec::new(), open: Vec::new() }
    }
}

impl<T> From<Vec<T>> for Rope<T> {
    fn from(values: Vec<T>) -> Self {
        Rope { pieces: Vec::new(), open: values }
    }
}

impl<T> Rope<T> {
    /// With a first piece of so many values, 8 MiB at most: where they do not come, memory that is not touched is not there.
    pub(crate) fn with_room(expected: usize) -> Self {
        let most = ROOM / size_of::<T>().max(1);
        Rope { pieces: Vec::new(), open: Vec::with_capacity(expected.min(most)) }
    }

    #[inline]
    pub(crate) fn push(&mut self, value: T) {
        if self.open.len() == self.open.capacity() {
            self.next_piece();
        }
        self.open.push(value);
    }

    #[cold]
    fn next_piece(&mut self) {
        let greatest = (GREATEST / size_of::<T>().max(1)).max(1);
        let size = (self.open.capacity() * 2).clamp(FIRST.min(greatest), greatest);
        let full = std::mem::replace(&mut self.open, Vec::with_capacity(size));
        if !full.is_empty() {
            self.pieces.push(full);
        }
    }

    /// Takes in what comes after; nothing is moved.
    pub(crate) fn append(&mut self, other: Self) {
        let full = std::mem::replace(&mut self.open, other.open);
        if !full.is_empty() {
            self.pieces.push(full);
        }
        if self.pieces.is_empty() {
            self.pieces = other.pieces;
        } else {
            self.pieces.extend(other.pieces);
        }
    }

    /// All of them in their order; nothing is moved.
    pub(crate) fn concat(ropes: Vec<Self>) -> Self {
        let mut all = Rope::default();
        ropes.into_iter().for_each(|rope| all.append(rope));
        all
    }

    pub(crate) fn len(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum::<usize>() + self.open.len()
    }

    #[cfg(feature = "checkpoint")]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.pieces.iter().flatten().chain(&self.open)
    }

    /// Of pieces that follow each other; empty ones are left out.
    pub(crate) fn from_pieces(mut pieces: Vec<Vec<T>>) -> Self {
        pieces.retain(|piece| !piece.is_empty());
        Rope { pieces, open: Vec::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of it as one piece; no copy where there is one.
    pub(crate) fn make_contiguous(&mut self) -> &mut [T] {
        let all = std::mem::take(self).into_vec();
        self.open = all;
        &mut self.open
    }

    pub(crate) fn into_pieces(mut self) -> Vec<Vec<T>> {
        if !self.open.is_empty() {
            self.pieces.push(self.open);
        }
        self.pieces
    }

    /// One vector of all of it; no copy where there is one piece.
    pub(crate) fn into_vec(self) -> Vec<T> {
        let total = self.len();
        let mut pieces = self.into_pieces();
        if pieces.len() == 1 {
            return pieces.remove(0);
        }
        let mut all = Vec::with_capacity(total);
        for mut piece in pieces {
            all.append(&mut piece);
        }
        all
    }
}
