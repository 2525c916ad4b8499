//! Partitioners: how data are cut into batches.

mod chunks;
mod deal;
mod divided;
mod hash;
mod random;
mod range;

pub use chunks::Chunks;
pub(crate) use deal::part;
pub use hash::HashPartitioner;
pub use random::RandomPartitioner;
pub use range::RangePartitioner;
