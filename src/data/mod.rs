//! Plain values. Depends on the standard library alone.

mod cancel;
mod event_time;
mod hash;
mod hot_keys;
mod names;
mod order;
mod pane;
mod progress;
mod rope;
mod stats;
mod stopwatch;
mod task;
mod time;
mod window;

pub use cancel::CancelToken;
pub use event_time::{InWindow, NoTime, TimeState};
pub use hash::{FixedHasher, fixed_hash};
pub(crate) use hash::{bucket, by_words};
pub use hot_keys::HotKey;
pub(crate) use hot_keys::HotKeys;
pub(crate) use names::{beside, make_folder, sync_name};
pub use order::TotalOrder;
pub use pane::{Pane, Timing};
pub use progress::StreamProgress;
pub(crate) use rope::Rope;
pub use stats::{PartitionStats, RunStats};
pub(crate) use stopwatch::Stopwatch;
pub use task::Task;
pub(crate) use task::nanos;
pub use time::Timestamp;
pub use window::Window;
