//! What call sites import: `use microbatch::prelude::*;`

pub use crate::data::{CancelToken, Pane, RunStats, Task, Timestamp, TotalOrder, Window};
pub use crate::engine::Engine;
pub use crate::error::{BuildError, RunError};
pub use crate::integrate::{Accumulate, Addend, Collect, Count, Field, Max, Mean, Merge, Min, Quantity, Sort, Sum, TopK};
pub use crate::keyed::Groups;
#[cfg(feature = "metrics")]
pub use crate::observe::Metrics;
#[cfg(feature = "progress")]
pub use crate::observe::Progress;
#[cfg(feature = "tracing")]
pub use crate::observe::Spans;
#[cfg(feature = "plot")]
pub use crate::observe::Timeline;
pub use crate::partition::{Chunks, HashPartitioner, RandomPartitioner, RangePartitioner};
pub use crate::pipeline::Pipeline;
pub use crate::process::{Retry, Skip, Stop};
pub use crate::schedule::{Fcfs, LongestFirst, Priority, Sjf};
#[cfg(feature = "csv")]
pub use crate::source::{Csv, CsvError, CsvFile};
pub use crate::source::{Lines, TextError, TextFile};
pub use crate::stage::{
    Arrival, Bounded, FailurePolicy, Integrator, Letter, Observer, Part, Partitioner, Place, Processor, RunPlan, Scheduler, Verdict,
};
