//! Unbounded runs: from a source to micro-batches.

mod admission;
mod control;
mod cost;
mod driver;
mod help;
mod intake;
mod patience;
mod pump;

pub use admission::{Admission, WhenFull};
pub use control::Control;
pub(crate) use cost::Cost;
pub(crate) use driver::{Driver, start};
pub(crate) use help::Help;
pub use intake::Lots;
pub use pump::{Costs, End, Flow};
pub(crate) use pump::{Pace, pump};
