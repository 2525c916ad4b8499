//! Watermarks: how far event time has come.

mod bounded_disorder;
mod tracker;

pub use bounded_disorder::BoundedDisorder;
pub(crate) use tracker::Tracker;
