//! Schedulers: which batch runs next.

mod fcfs;
mod longest_first;
mod priority;
mod sjf;

pub use fcfs::Fcfs;
pub use longest_first::LongestFirst;
pub use priority::Priority;
pub use sjf::Sjf;
