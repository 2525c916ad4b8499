use super::Part;

/// Batches in a list.
pub(super) struct Listed<B> {
    pub(super) parts: Vec<Part<B>>,
    /// How a batch is cut after so many records, where that may be done.
    pub(super) split: Option<fn(B, usize) -> (B, B)>,
    /// Where each part belongs, if some batches have been cut.
    pub(super) pieces: Option<Vec<Piece>>,
}

/// Where a part belongs that may be a piece of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The number of the batch.
    pub(crate) batch: u32,
    /// How many records of the batch come before.
    pub(crate) offset: usize,
}

impl<B> Listed<B> {
    pub(super) fn records(&self) -> usize {
        self.parts.iter().fold(0, |all, part| all.saturating_add(part.records))
    }

    /// Cuts batches of more than `most` records, where that may be done, into pieces of about equal size that have no more than `size`.
    pub(super) fn in_pieces(self, most: usize, size: usize) -> Self {
        let is_giant = |part: &Part<B>| part.records > most.max(size);
        let Some(split) = self.split.filter(|_| self.parts.iter().any(is_giant)) else { return self };
        let (mut parts, mut pieces) = (Vec::new(), Vec::new());
        for (batch, part) in (0..).zip(self.parts) {
            let first = parts.len();
            if is_giant(&part) {
                cut(part, size, split, &mut parts);
            } else {
                parts.push(part);
            }
            let mut offset = 0;
            for piece in &parts[first..] {
                pieces.push(Piece { batch, offset });
                offset += piece.records;
            }
        }
        Listed { parts, split: None, pieces: Some(pieces) }
    }
}

/// Cuts one batch, from its end, so that data that are moved when they are cut are moved once.
fn cut<B>(part: Part<B>, size: usize, split: fn(B, usize) -> (B, B), pieces: &mut Vec<Part<B>>) {
    let Part { partition, records, mut batch } = part;
    let size = records.div_ceil(records.div_ceil(size));
    let first = pieces.len();
    let mut end = records;
    for at in (size..records).step_by(size).rev() {
        let (before, piece) = split(batch, at);
        pieces.push(Part { partition, records: end - at, batch: piece });
        (batch, end) = (before, at);
    }
    pieces.push(Part { partition, records: end, batch });
    pieces[first..].reverse();
}
