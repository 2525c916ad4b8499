//! An embeddable micro-batch engine: bounded data in small batches, in parallel, on the cores you have.
//!
//! ```
//! use microbatch::prelude::*;
//!
//! let numbers: Vec<u64> = (1..=10).collect();
//! let total: u64 = Pipeline::over(&numbers)
//!     .partitioner(Chunks::of(3))                     // [1 2 3] [4 5 6] [7 8 9] [10]
//!     .scheduler(Fcfs)                                // in this order
//!     .process(|batch| batch.iter().sum::<u64>())     // 6 15 24 10
//!     .integrator(Sum)
//!     .run();
//! assert_eq!(total, 55);
//! ```
//!
//! # The idea
//! A pipeline has four parts, each a trait with built-in implementations that a type of your own can replace:
//!
//! | part | job | built in |
//! |---|---|---|
//! | [`Partitioner`] | cut the data into batches | [`Chunks`], [`RandomPartitioner`], [`HashPartitioner`], [`RangePartitioner`] |
//! | [`Scheduler`] | decide which batch runs next | [`Fcfs`], [`Sjf`], [`Priority`], [`Deadline`], [`Fair`], [`LongestFirst`], [`LeastLoaded`] |
//! | [`Processor`] | compute one batch | the verbs `map filter flat_map try_map key_by reduce scan`, and `process` for whole batches |
//! | [`Integrator`] | turn what comes out into the result | [`Sum`], [`Count`], [`Mean`], [`Min`], [`Max`], [`Collect`], [`Sort`], [`TopK`], [`Accumulate`], [`Merge`], tuples of them |
//!
//! Two rules make the rest guessable. *Verbs take closures, nouns take parts*: `.map(|x| ..)`, `.key_by(|x| ..)`, but `.partitioner(P)`,
//! `.scheduler(S)`, `.processor(P)`, `.integrator(I)`. And *a pipeline sees what `into_iter()` on its data gives*: `&T` over `&vec`, `T`
//! out of an owned `Vec` or a range. Data are borrowed; nothing has to be `Clone` or `'static`.
//!
//! # A tour
//! By key, in parallel, into [`Groups`]; keys may borrow from the data:
//! ```
//! # use microbatch::prelude::*;
//! struct Flight { carrier: String, delay: Option<i32> }
//! # let flights = vec![Flight { carrier: "UA".into(), delay: Some(10) }, Flight { carrier: "DL".into(), delay: None }];
//! let delays = Pipeline::over(&flights)
//!     .filter(|f| f.delay.is_some())
//!     .key_by(|f| f.carrier.as_str())
//!     .map(|f| f.delay.unwrap_or(0))
//!     .integrator((Mean, Max, Count))
//!     .run();
//! assert_eq!(delays.get("UA"), Some(&(10.0, Some(10), 1)));
//! ```
//! What can fail ends in [`try_run`](Pipeline::try_run), and the error names the record and its batch; a policy ([`Skip`], [`Retry`], dead
//! letters) may bear it:
//! ```
//! # use microbatch::prelude::*;
//! let lines = Lines::of("1\nx\n3\n");
//! let failed = Pipeline::over(lines).try_map(|line| line.parse::<i64>()).integrator(Sum).try_run();
//! assert_eq!(failed.unwrap_err().to_string(), "batch 0, record 1: invalid digit found in string");
//! let sum = Pipeline::over(lines).try_map(|line| line.parse::<i64>()).on_failure(Skip).integrator(Sum).try_run()?;
//! assert_eq!(sum, 4);
//! # Ok::<(), RunError<std::num::ParseIntError>>(())
//! ```
//! Stages compose: the results of one are the records of the next.
//! ```
//! # use microbatch::prelude::*;
//! let words = ["to", "be", "or", "not", "to", "be", "to"];
//! let most = Pipeline::over(&words).key_by(|w| **w).integrator(Count).then().top_by_key(1, |pane| pane.value).run();
//! assert_eq!((most[0].key, most[0].value), ("to", 3));
//! ```
//! Where and how it runs: an [`Engine`] of its own, a deadline, a [`CancelToken`], an [`Observer`], [`RunStats`] (and with the feature `plot`
//! a `Timeline`, to look at):
//! ```
//! # use microbatch::prelude::*;
//! # use std::time::Duration;
//! let engine = Engine::builder().threads(4).build()?;
//! let (sum, stats) = Pipeline::over(0..1_000_000u64)
//!     .integrator(Sum)
//!     .on(&engine)
//!     .deadline(Duration::from_secs(5))
//!     .try_run_with_stats()?;
//! assert_eq!((sum, stats.records), (499_999_500_000, 1_000_000));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is promised
//! The result is a function of the data and the settings: never of the number of threads, of timing, or of which worker ran what; floats
//! included, to the bit. Every record is processed once. Of several failures the one of the lowest record is reported. A panic in a
//! closure stays in its run. There is no `unsafe` code.
//!
//! # Features
//! None is on by default.
//!
//! | feature | gives |
//! |---|---|
//! | `csv` | CSV records out of text and files |
//! | `metrics` | `Metrics`: counters and histograms for the crate of that name |
//! | `plot` | `Timeline`: batches over workers, as a picture and as a trace |
//! | `progress` | `Progress`: bars on the terminal |
//! | `tracing` | `Spans`: a span a run and a batch, for the crate of that name |
//! | `full` | all of them |
//!
//! # Limits
//! Batches run on the calling thread and on the engine's; where a partitioner lists the batches, or a scheduler ranks them, it does so on the calling
//! thread before the first batch starts. A `scan` by key runs on one thread. Unbounded streams are not there yet.
#![forbid(unsafe_code)]

mod data;
mod engine;
mod error;
mod integrate;
mod keyed;
mod observe;
mod partition;
mod pipeline;
pub mod prelude;
mod process;
#[cfg(feature = "checkpoint")]
mod saved;
mod schedule;
mod sink;
mod source;
mod stage;
#[cfg(feature = "checkpoint")]
mod store;
mod trigger;
mod watermark;
mod window;

pub use data::{
    CancelToken, FixedHasher, Pane, PartitionStats, RunStats, StreamProgress, Task, Timestamp, Timing, TotalOrder, Window, fixed_hash,
};
pub use engine::{Admission, Engine, EngineBuilder, WhenFull};
pub use error::{BoxError, BuildError, RunError};
pub use integrate::{Accumulate, Addend, Collect, Count, Field, Max, Mean, Merge, Min, Quantity, Sort, SortByKey, Sum, TopK};
pub use keyed::{Groups, Key};
#[cfg(feature = "metrics")]
pub use observe::Metrics;
#[cfg(feature = "progress")]
pub use observe::Progress;
#[cfg(feature = "tracing")]
pub use observe::Spans;
#[cfg(feature = "plot")]
pub use observe::Timeline;
pub use partition::{Chunks, HashPartitioner, RandomPartitioner, RangePartitioner};
pub use pipeline::{Delivers, Iter, Pipeline, Returns, StreamHandle, TryIter};
pub use process::{Counted, DeadLetter, Expire, Expiring, Retry, Skip, Stop};
pub use schedule::{Deadline, Fair, Fcfs, LeastLoaded, LongestFirst, Priority, Sjf};
#[cfg(feature = "checkpoint")]
pub use saved::{Replay, Saved};
pub use sink::{EpochFiles, ForEach};
#[cfg(feature = "csv")]
pub use source::{Csv, CsvBatch, CsvError, CsvFile, CsvRecords};
pub use source::{FollowFile, Lines, Receiver, SendError, Sender, TextBlock, TextError, TextFile, TrySendError, Union, channel};
pub use stage::{
    And, Arrival, Bounded, Context, Disjoint, FailurePolicy, Inbox, Integrator, KeyedProcessor, Letter, Mode, Observer, Or, Overlap,
    Overlapping, Part, Partitioner, Parts, Pending, Place, Processor, Pull, RunPlan, Scheduler, Sink, Source, Timed, Trigger, Verdict,
    Watermark, Windows,
};
#[cfg(feature = "checkpoint")]
pub use stage::{Epoch, TransactionalSink};
#[cfg(feature = "checkpoint")]
pub use store::{Checkpoint, StoreError};
pub use trigger::{Adaptive, Available, Bytes, Every, Records};
pub use watermark::BoundedDisorder;
pub use window::{Global, SameWindow, Session, Sliding, Tumbling};

/// The types behind a [`Pipeline`]: its steps and what they ask of each other. Users never write them.
pub mod steps {
    pub use crate::data::{InWindow, NoTime, TimeState};
    pub use crate::engine::{Bound, Broken, Cause, Control, Costs, End, Flow, Free, Halt, Leash, Lots, Pacing, Plan, Settings};
    pub use crate::integrate::{Each, Gather, Integrated, Stated};
    pub use crate::keyed::{By, HasKey, KeyState, NoKey, Slot, States};
    pub use crate::pipeline::*;
    pub use crate::process::*;
    pub use crate::source::{EachLine, EachTextLine};
    #[cfg(feature = "csv")]
    pub use crate::source::{EachRecord, EveryRecord};
    pub use crate::stage::{Again, Aside, Assign, In, NoWindow, Repeats, TooLate};
    pub use crate::window::{Lateness, Open as OpenWindows, Tide};
}

/// Pages on how to use the crate well.
pub mod guide {
    #[doc = include_str!("../docs/choosing_a_policy.md")]
    pub mod choosing_a_policy {}
}

/// The programs of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
