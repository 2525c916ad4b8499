//! An embeddable micro-batch engine: bounded data and streams in small batches, in parallel, on the cores you have.
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
//! A pipeline is made of parts, each a trait with built-in implementations that a type of your own can replace. Four serve data of both kinds:
//!
//! | part | job | built in |
//! |---|---|---|
//! | [`Partitioner`] | cut the data into batches | [`Chunks`], [`RandomPartitioner`], [`HashPartitioner`], [`RangePartitioner`] |
//! | [`Scheduler`] | decide which batch runs next | [`Fcfs`], [`Sjf`], [`Priority`], [`Deadline`], [`Fair`], [`LongestFirst`], [`LeastLoaded`] |
//! | [`Processor`] | compute one batch | the verbs `map filter flat_map try_map key_by reduce scan`, and `process` for whole batches |
//! | [`Integrator`] | turn what comes out into the result | [`Sum`], [`Count`], [`Mean`], [`Min`], [`Max`], [`Collect`], [`Sort`], [`TopK`], [`Accumulate`], [`Merge`], tuples of them |
//!
//! And these serve streams:
//!
//! | part | job | built in |
//! |---|---|---|
//! | [`Source`] | give records | iterators, the receiving half of a [`channel`], [`FollowFile`], `FollowCsv`, [`FolderLines`], `FolderCsv`, [`Union`] |
//! | [`Trigger`] | decide when what waits becomes a micro-batch | [`Available`], [`Every`], [`Records`], [`Bytes`], [`Adaptive`], one `or`, `and` another |
//! | [`Watermark`] | say how far event time has come | [`BoundedDisorder`] |
//! | [`Windows`] | cut event time | [`Tumbling`], [`Sliding`], [`Session`], [`Global`] |
//! | [`KeyedProcessor`] | keep state by key, with timers | |
//! | [`Sink`] | take results | [`ForEach`], the sending half of a [`channel`], `&mut Vec` |
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
//! # Streams
//! [`Pipeline::stream`] takes any [`Source`], which may never end, and the same verbs. Results leave as they are ready: to a closure, a [`Sink`], or
//! as an iterator, in the order of the source. Windows leave when event time has come to their end
//! ([event time](guide::event_time)); a trigger says when what waits is processed ([choosing a trigger](guide::choosing_a_trigger)):
//! ```
//! # use microbatch::prelude::*;
//! # use std::time::Duration;
//! let readings = [(0, "north", 20), (40, "south", 15), (61, "north", 23), (58, "north", 22)];
//! let mut seen = Vec::new();
//! Pipeline::stream(readings.iter())
//!     .event_time(|r| Timestamp::from_secs(r.0))
//!     .watermark(BoundedDisorder::of(Duration::from_secs(5)))
//!     .window(Tumbling::of(Duration::from_secs(60)))
//!     .key_by(|r| r.1)
//!     .map(|r| r.2)
//!     .integrator((Mean, Count))
//!     .trigger(Every::new(Duration::from_millis(200)).or(Records::of(50_000)))
//!     .for_each(|pane| seen.push((pane.key, pane.value)))?;
//! assert_eq!(seen, [("north", (21.0, 2)), ("south", (15.0, 1)), ("north", (23.0, 1))]);
//! # Ok::<(), RunError<std::convert::Infallible>>(())
//! ```
//! Other threads send into a [`channel`], and wait while it is full ([back-pressure](guide::back_pressure)); a [`StreamHandle`] tells the progress
//! of a stream that runs on a thread of its own, and ends it:
//! ```
//! # use microbatch::prelude::*;
//! let (sender, source) = channel(1_000);
//! let handle = Pipeline::stream(source).map(|n: u64| n * n).spawn(ForEach::new(|n: u64| println!("{n}")))?;
//! sender.send(7)?;
//! println!("{}", handle.progress());
//! handle.drain();
//! assert_eq!(handle.join()?.records_out, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//! As an iterator, a stream is an ordered, parallel map over a lazy iterator, with bounded look-ahead:
//! ```
//! # use microbatch::prelude::*;
//! let squares: Vec<u64> = Pipeline::stream(0u64..).map(|n| n * n).into_iter().take(4).collect();
//! assert_eq!(squares, [0, 1, 4, 9]);
//! ```
//! State by key, which may set timers in event time, is a [`KeyedProcessor`]:
//! ```
//! # use microbatch::prelude::*;
//! /// The clicks of a user until none comes for ten seconds.
//! struct Visits;
//!
//! #[derive(Default)]
//! struct Visit { clicks: u32, over: i64 }
//!
//! impl<K> KeyedProcessor<K, i64> for Visits {
//!     type State = Visit;
//!     type Out = u32;
//!     fn on_record(&self, _: &K, visit: &mut Visit, second: i64, context: &mut Context<u32>) {
//!         // Timers fire after the records of a micro-batch, so this may come before the one that would have ended the visit.
//!         if visit.clicks > 0 && second >= visit.over {
//!             context.emit(std::mem::take(&mut visit.clicks));
//!         }
//!         *visit = Visit { clicks: visit.clicks + 1, over: second + 10 };
//!         context.timer(Timestamp::from_secs(visit.over));
//!     }
//!     fn on_timer(&self, _: &K, visit: &mut Visit, at: Timestamp, context: &mut Context<u32>) {
//!         if at == Timestamp::from_secs(visit.over) {
//!             context.emit(visit.clicks);
//!             context.clear();
//!         }
//!     }
//! }
//!
//! let clicks = [("ann", 0), ("bob", 2), ("ann", 5), ("ann", 30)];
//! let clicks = Pipeline::stream(clicks.iter()).event_time(|click| Timestamp::from_secs(click.1)).key_by(|click| click.0);
//! let visits = clicks.map(|click| click.1).stateful(Visits).integrator((Count, Max)).run();
//! assert_eq!(visits.into_sorted(), [("ann", (2, Some(2))), ("bob", (1, Some(1)))]);
//! ```
//!
//! # What is promised
//! The result is a function of the data and the settings: never of the number of threads, of timing, or of which worker ran what; floats
//! included, to the bit. Every record is processed once. Of several failures the one of the lowest record is reported. A panic in a
//! closure stays in its run. There is no `unsafe` code.
//!
//! Of a stream whose disorder is within the watermark's delay, the results are those of a bounded run over the same records, however it is cut
//! into micro-batches; but for what sees the cutting: steps over whole batches, a `scan` without a key, a `reduce` that is not associative,
//! timers that look at later records, and the last bits of sums of floats. What waits is bounded: memory does not grow with the input.
//!
//! # Features
//! None is on by default.
//!
//! | feature | gives |
//! |---|---|
//! | `checkpoint` | streams that go on where they were after a crash, exactly once |
//! | `csv` | CSV records out of text and files |
//! | `metrics` | `Metrics`: counters and histograms for the crate of that name |
//! | `plot` | `Timeline`: batches over workers, as a picture and as a trace |
//! | `progress` | `Progress`: bars on the terminal |
//! | `tracing` | `Spans`: a span a run and a batch, for the crate of that name |
//! | `full` | all of them |
//!
//! # Limits
//! Batches run on the calling thread and on the engine's; where a partitioner lists the batches, or a scheduler ranks them, it does so on the calling
//! thread before the first batch starts. The batches of a `scan` by key, and of a `stateful`, run one after another, shared by threads where they have much
//! work. What a stream keeps lies in memory; with
//! the feature `checkpoint` it is written whole at each commit.
#![forbid(unsafe_code)]

mod data;
mod engine;
mod error;
pub mod guide;
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
    CancelToken, FixedHasher, HotKey, Pane, PartitionStats, RunStats, StreamProgress, Task, Timestamp, Timing, TotalOrder, Window,
    fixed_hash,
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
#[cfg(feature = "checkpoint")]
pub use saved::{Replay, Saved};
pub use schedule::{Deadline, Fair, Fcfs, LeastLoaded, LongestFirst, Priority, Sjf};
#[cfg(feature = "checkpoint")]
pub use sink::EpochFile;
pub use sink::{EpochFiles, ForEach};
#[cfg(feature = "csv")]
pub use source::{Csv, CsvBatch, CsvError, CsvFile, CsvRecords, FolderCsv, FollowCsv};
pub use source::{
    FolderLines, FollowFile, Lines, Receiver, SendError, Sender, TextBlock, TextError, TextFile, TrySendError, Union, channel,
};
#[cfg(feature = "checkpoint")]
pub use source::{Spool, SpoolError, SpoolSender, SpoolSource};
pub use stage::{
    And, Arrival, Bounded, Context, Disjoint, FailurePolicy, Inbox, Integrator, KeyedProcessor, Letter, Mode, Observer, Or, Overlap,
    Overlapping, Part, Partitioner, Parts, Pending, Place, Processor, Pull, RunPlan, Scheduler, Sink, Source, Timed, Trigger, Verdict,
    Watermark, Windows,
};
#[cfg(feature = "checkpoint")]
pub use stage::{Epoch, TransactionalSink};
#[cfg(feature = "checkpoint")]
pub use store::{Checkpoint, StoreError, Table, TableReader};
pub use trigger::{Adaptive, Available, Bytes, Every, Records};
pub use watermark::BoundedDisorder;
pub use window::{Global, PerBatch, SameWindow, Session, Sliding, Tumbling};

/// The types behind a [`Pipeline`]: its steps and what they ask of each other. Users never write them.
pub mod steps {
    pub use crate::data::{InWindow, NoTime, TimeState};
    pub use crate::engine::{Bound, Broken, Cause, Control, Costs, End, Flow, Free, Halt, Leash, Lots, Pacing, Plan, Settings};
    pub use crate::integrate::{Each, Gather, Integrated, Stated};
    pub use crate::keyed::{By, HasKey, KeyGroups, KeyState, NoKey, Shard, Slot, States};
    pub use crate::pipeline::*;
    pub use crate::process::*;
    #[cfg(all(feature = "csv", feature = "checkpoint"))]
    pub use crate::source::CsvPlace;
    pub use crate::source::{EachLine, EachTextLine};
    #[cfg(feature = "csv")]
    pub use crate::source::{EachRecord, EveryRecord};
    #[cfg(feature = "checkpoint")]
    pub use crate::source::{FilePlace, FolderPlace, SpoolPlace};
    pub use crate::stage::{Again, Aside, Assign, In, NoWindow, Refuse, Repeats, TooLate};
    pub use crate::window::{Lateness, Open as OpenWindows, Tide};
}

/// The programs of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
