//! What call sites import: `use microbatch::prelude::*;`

pub use crate::data::{CancelToken, Pane, RunStats, StreamProgress, Task, Timestamp, Timing, TotalOrder, Window};
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
pub use crate::pipeline::{Pipeline, StreamHandle};
pub use crate::process::{Retry, Skip, Stop};
#[cfg(feature = "checkpoint")]
pub use crate::saved::Replay;
pub use crate::schedule::{Deadline, Fair, Fcfs, LeastLoaded, LongestFirst, Priority, Sjf};
pub use crate::sink::ForEach;
#[cfg(feature = "csv")]
pub use crate::source::{Csv, CsvError, CsvFile};
pub use crate::source::{Lines, TextError, TextFile, channel};
pub use crate::stage::{
    Arrival, Bounded, Context, FailurePolicy, Inbox, Integrator, KeyedProcessor, Letter, Mode, Observer, Part, Partitioner, Place,
    Processor, Pull, RunPlan, Scheduler, Sink, Source, Trigger, Verdict, Watermark, Windows,
};
#[cfg(feature = "checkpoint")]
pub use crate::stage::{Epoch, TransactionalSink};
#[cfg(feature = "checkpoint")]
pub use crate::store::Checkpoint;
pub use crate::trigger::{Adaptive, Available, Bytes, Every, Records};
pub use crate::watermark::BoundedDisorder;
pub use crate::window::{Global, SameWindow, Session, Sliding, Tumbling};
