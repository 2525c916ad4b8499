//! Unbounded runs: from a source to micro-batches.

mod admission;
mod control;
mod cost;
mod driver;
mod intake;
mod pump;

pub use admission::{Admission, WhenFull};
pub use control::Control;
pub(crate) use cost::Cost;
pub(crate) use driver::{Driver, start};
pub use intake::Lots;
pub use pump::{Costs, End, Flow};
pub(crate) use pump::{Pace, pump};
