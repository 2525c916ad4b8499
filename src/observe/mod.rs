//! Observers: somebody to be told what happens.

#[cfg(feature = "progress")]
mod progress;
#[cfg(feature = "plot")]
mod timeline;

#[cfg(feature = "progress")]
pub use progress::Progress;
#[cfg(feature = "plot")]
pub use timeline::Timeline;
