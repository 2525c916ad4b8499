//! An embeddable micro-batch engine.
#![forbid(unsafe_code)]

mod data;
mod engine;
mod error;
mod integrate;
mod keyed;
mod partition;
mod pipeline;
pub mod prelude;
mod process;
mod schedule;
mod stage;

pub use data::{CancelToken, FixedHasher, Pane, PartitionStats, RunStats, Task, Timestamp, Timing, TotalOrder, Window, fixed_hash};
pub use engine::{Engine, EngineBuilder};
pub use error::{BuildError, RunError};
pub use integrate::{Accumulate, Addend, Collect, Count, Field, Max, Mean, Merge, Min, Quantity, Sort, SortByKey, Sum, TopK};
pub use keyed::{Groups, Key};
pub use partition::{Chunks, HashPartitioner, RandomPartitioner, RangePartitioner};
pub use pipeline::{Pipeline, Returns};
pub use process::{DeadLetter, Retry, Skip, Stop};
pub use schedule::{Fcfs, LongestFirst, Priority, Sjf};
pub use stage::{
    Arrival, Bounded, FailurePolicy, Integrator, Letter, Observer, Part, Partitioner, Place, Processor, RunPlan, Scheduler, Verdict,
};

/// The types behind a [`Pipeline`]: its steps and what they ask of each other. Users never write them.
pub mod steps {
    pub use crate::engine::{Bound, Broken, Cause, Free, Leash, Settings};
    pub use crate::integrate::{Each, Gather, Integrated, Panes};
    pub use crate::keyed::{By, KeyState, NoKey, Slots};
    pub use crate::pipeline::*;
    pub use crate::process::*;
}
