//! Windows: how event time is cut, and what is kept of windows that are open.

mod global;
mod ladder;
mod merged;
mod open;
mod per_batch;
mod repeats;
mod rolling;
mod running;
mod same;
#[cfg(feature = "checkpoint")]
mod saved;
mod session;
mod sessions;
mod slices;
mod sliding;
mod span;
mod tumbling;

pub use global::Global;
pub use open::{Lateness, Open, Tide};
pub use per_batch::PerBatch;
pub use same::SameWindow;
pub use session::Session;
pub use sliding::Sliding;
pub use tumbling::Tumbling;
