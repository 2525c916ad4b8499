//! Integrators: how values become one result.

mod accumulate;
mod collect;
mod concat;
mod count;
mod distribute;
mod field;
mod gather;
mod mean;
mod merge;
mod min_max;
mod per_key;
mod ranking;
mod sliced;
mod sort;
mod splitters;
mod stated;
mod sum;
mod top_k;
mod tuple;

pub use accumulate::Accumulate;
pub use collect::Collect;
pub use count::Count;
pub use field::Field;
pub use gather::{Each, Gather, Integrated};
pub use mean::{Mean, Quantity};
pub use merge::Merge;
pub use min_max::{Max, Min};
pub(crate) use sliced::Sliced;
pub use sliced::SlicedMemory;
pub use sort::{Sort, SortByKey};
pub use stated::Stated;
pub use sum::{Addend, Sum};
pub use top_k::TopK;
