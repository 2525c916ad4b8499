//! The traits of a pipeline's parts. Each part's is object safe, and implemented for `&P`, `Box<P>` and `Arc<P>` of a part `P`.

mod bounded;
mod failure;
mod integrator;
mod observer;
mod partitioner;
mod parts;
mod processor;
mod scheduler;

pub use bounded::Bounded;
pub use failure::{FailurePolicy, Letter, Place, Verdict};
pub use integrator::{Arrival, Integrator, Values};
pub use observer::{Observer, RunPlan};
pub use partitioner::{Part, Partitioner};
pub(crate) use parts::Even;
pub use parts::Parts;
pub use processor::Processor;
pub use scheduler::Scheduler;
