//! Observers: somebody to be told what happens.

#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "progress")]
mod progress;
#[cfg(feature = "tracing")]
mod spans;
#[cfg(feature = "plot")]
mod timeline;

#[cfg(feature = "metrics")]
pub use metrics::Metrics;
#[cfg(feature = "progress")]
pub use progress::Progress;
#[cfg(feature = "tracing")]
pub use spans::Spans;
#[cfg(feature = "plot")]
pub use timeline::Timeline;
