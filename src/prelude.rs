//! What call sites import: `use microbatch::prelude::*;`

pub use crate::data::{CancelToken, Pane, RunStats, Task, Timestamp, TotalOrder, Window};
pub use crate::engine::Engine;
pub use crate::error::{BuildError, RunError};
pub use crate::integrate::{Accumulate, Addend, Collect, Count, Field, Max, Mean, Merge, Min, Quantity, Sort, Sum, TopK};
pub use crate::keyed::Groups;
#[cfg(feature = "progress")]
pub use crate::observe::Progress;
pub use crate::partition::{Chunks, HashPartitioner, RandomPartitioner, RangePartitioner};
pub use crate::pipeline::Pipeline;
pub use crate::process::{Retry, Skip, Stop};
pub use crate::schedule::{Deadline, Fair, Fcfs, LeastLoaded, LongestFirst, Priority, Sjf};
#[cfg(feature = "csv")]
pub use crate::source::{Csv, CsvError, CsvFile};
pub use crate::source::{Lines, TextError, TextFile};
pub use crate::stage::{
    Arrival, Bounded, FailurePolicy, Integrator, Letter, Observer, Part, Partitioner, Place, Processor, RunPlan, Scheduler, Verdict,
};
