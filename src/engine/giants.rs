//! Batches that hold so large a part of the records that one worker would run while the others wait.

use super::lanes::LANES;
use crate::stage::Parts;

/// A batch of more than this part of all records is cut.
const PART: usize = 8;
/// The most records of a piece: about a millisecond of light work, so that more urgent work waits no longer.
const MOST: usize = 64 * 1024;

/// Cuts giant batches into pieces of at least about so many records, where their partitioner allows it. The cuts depend on the sizes of the
/// batches alone, as what is merged with what does on them.
pub(super) fn split<B>(parts: Parts<B>, least: usize) -> Parts<B> {
    match parts.divisible_records() {
        Some(records) => parts.in_pieces(records / PART, records.div_ceil(LANES).clamp(least, MOST)),
        None => parts,
    }
}
