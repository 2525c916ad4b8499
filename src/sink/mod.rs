//! Sinks: where the results of streams go.

mod epoch_files;
mod for_each;
mod vec;

#[cfg(feature = "checkpoint")]
pub use epoch_files::EpochFile;
pub use epoch_files::EpochFiles;
pub use for_each::ForEach;
