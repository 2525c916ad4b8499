//! Steps: each drives the one before it over a batch, and pushes what comes out into the next. So a chain of them is one loop a
//! batch, with no vector in between.

mod batch;
mod copied;
mod counted;
mod event_time;
mod expire;
mod failure;
mod fired;
mod held;
mod kept;
mod located;
mod operator;
mod pace;
mod panes;
mod record;
mod reduce;
mod scan;
mod scanned;
mod stateful;
mod watched;
mod whole;
mod windowed;

pub use batch::{Harmless, PerBatch, Process, TryPerBatch, TryProcess};
pub use copied::Copied;
pub use counted::{Counted, Lot};
pub use event_time::EventTime;
pub use expire::{Expire, Expiring};
pub use failure::{DeadLetter, Retry, Skip, Stop};
pub use held::Keeping;
pub use kept::Kept;
pub use operator::{Clock, Operator, Rec, StateSize, Watch};
pub use panes::EachPane;
pub use record::{Filter, FlatMap, KeyBy, Map, TryMap};
pub use reduce::Reduce;
pub use scan::Scan;
pub use scanned::{Scanned, Scans};
pub use stateful::Stateful;
pub use watched::Watched;
pub use whole::Whole;
pub(crate) use windowed::Windowed;
