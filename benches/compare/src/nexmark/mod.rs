//! The queries of Nexmark, as in `benches/nexmark`: there are microbatch's, and the sequential programs that all answers are checked by.
//!
//! Events are made once, in the order of their times. Each contestant of a row is handed them in memory before the clock starts, and
//! runs until the last row of its answer is in the digest.

#[path = "../../../nexmark/answer.rs"]
mod answer;
#[path = "../../../nexmark/events.rs"]
mod events;
#[path = "../../../nexmark/q0.rs"]
mod q0;
#[path = "../../../nexmark/q1.rs"]
mod q1;
#[path = "../../../nexmark/q2.rs"]
mod q2;
#[path = "../../../nexmark/q3.rs"]
mod q3;
#[path = "../../../nexmark/q4.rs"]
mod q4;
#[path = "../../../nexmark/q5.rs"]
mod q5;
#[path = "../../../nexmark/q6.rs"]
mod q6;
#[path = "../../../nexmark/q7.rs"]
mod q7;
#[path = "../../../nexmark/q8.rs"]
mod q8;
#[path = "../../../nexmark/record.rs"]
mod record;
#[path = "../../../nexmark/winners.rs"]
mod winners;

mod digest;
mod given;
mod keys;
mod microbatch;
mod renoir;
mod rows;
mod sequential;
mod steps;
mod timely;

use self::events::Event;
pub use self::rows::{ROWS, Row, make};

/// Records of a micro-batch. The others tell of the time as often: a watermark for so many events of all workers.
const BATCH: usize = 65_536;

#[derive(Clone, Copy)]
enum Query {
    PassThrough,
    Conversion,
    Selection,
    Local,
    AverageByCategory,
    Hot,
    HotForLong,
    AverageBySeller,
    Highest,
    NewUsers,
}

/// How a contestant is given the events.
#[derive(Clone, Copy)]
enum Form {
    /// Copies of its own, which it drops.
    Owned,
    /// References to those that all share.
    Borrowed,
}

/// A query over events.
#[derive(Clone, Copy)]
struct Job {
    query: Query,
    form: Form,
    events: &'static [Event],
}
