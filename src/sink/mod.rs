//! Sinks: where the results of streams go.

mod for_each;
mod vec;

pub use for_each::ForEach;
