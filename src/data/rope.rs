/// A long vector in pieces: what is appended is kept apart, and concatenated once, with exact capacity.
#[derive(Clone, Debug)]
pub struct Rope<T> {
    pieces: Vec<Vec<T>>,
    open: Vec<T>,
}

impl<T> Default for Rope<T> {
    fn default() -> Self {
        Rope { pieces: Vec::new(), open: Vec::new() }
    }
}

impl<T> Rope<T> {
    #[inline]
    pub(crate) fn push(&mut self, value: T) {
        self.open.push(value);
    }

    pub(crate) fn append(&mut self, other: Self) {
        self.close();
        self.pieces.extend(other.pieces);
        self.open = other.open;
    }

    /// All of them in their order; nothing is copied.
    pub(crate) fn concat(ropes: Vec<Self>) -> Self {
        let mut all = Rope::default();
        ropes.into_iter().for_each(|rope| all.append(rope));
        all
    }

    pub(crate) fn len(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum::<usize>() + self.open.len()
    }

    pub(crate) fn into_pieces(mut self) -> Vec<Vec<T>> {
        self.close();
        self.pieces
    }

    pub(crate) fn from_pieces(pieces: Vec<Vec<T>>) -> Self {
        Rope { pieces, open: Vec::new() }
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

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.pieces.push(std::mem::take(&mut self.open));
        }
    }
}
