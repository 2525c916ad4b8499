//! Schedulers: which batch runs next.

mod deadline;
mod fair;
mod fcfs;
mod least_loaded;
mod longest_first;
mod priority;
mod sjf;

pub use deadline::Deadline;
pub use fair::Fair;
pub use fcfs::Fcfs;
pub use least_loaded::LeastLoaded;
pub use longest_first::LongestFirst;
pub use priority::Priority;
pub use sjf::Sjf;
