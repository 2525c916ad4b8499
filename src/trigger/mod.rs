//! Triggers: when what waits becomes a micro-batch.

mod adaptive;
mod available;
mod bytes;
mod every;
mod records;

pub use adaptive::Adaptive;
pub use available::Available;
pub use bytes::Bytes;
pub use every::Every;
pub use records::Records;
