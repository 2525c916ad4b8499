//! The traits of a pipeline's parts. Each part's is object safe, and implemented for `&P`, `Box<P>` and `Arc<P>` of a part `P`.

mod aside;
mod assign;
mod bounded;
mod failure;
mod integrator;
mod keyed_processor;
mod listed;
mod observer;
mod partitioner;
mod parts;
mod processor;
#[cfg(feature = "checkpoint")]
mod rows;
mod scheduler;
mod sink;
mod source;
#[cfg(feature = "checkpoint")]
mod transactional_sink;
mod trigger;
mod watermark;
mod windows;

pub use aside::{Aside, Refuse, TooLate};
pub use assign::{Again, Assign, In, Mode, NoWindow, Repeats};
pub use bounded::Bounded;
pub use failure::{FailurePolicy, Letter, Place, Verdict};
pub use integrator::{Arrival, Integrator, Values};
pub use keyed_processor::{Context, KeyedProcessor};
pub(crate) use listed::Piece;
pub use observer::{Observer, RunPlan};
pub use partitioner::{Part, Partitioner};
pub(crate) use parts::Even;
pub use parts::Parts;
pub use processor::Processor;
#[cfg(feature = "checkpoint")]
pub use rows::Rows;
pub use scheduler::Scheduler;
pub use sink::Sink;
pub use source::{Inbox, Pull, Source};
#[cfg(feature = "checkpoint")]
pub use transactional_sink::{Epoch, TransactionalSink};
pub use trigger::{And, Or, Pending, Trigger};
pub use watermark::Watermark;
pub use windows::{Disjoint, Overlap, Overlapping, Timed, Windows};
