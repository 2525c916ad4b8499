//! Sources: data that do not lie in a slice.

mod channel;
#[cfg(feature = "csv")]
mod csv;
mod disk;
mod follow_file;
mod iter;
mod lines;
mod text_block;
mod text_error;
mod text_file;
mod union;

pub use channel::{Receiver, SendError, Sender, TrySendError, channel};
#[cfg(feature = "csv")]
pub use csv::{Csv, CsvBatch, CsvError, CsvFile, CsvRecords, EachRecord, EveryRecord};
pub use follow_file::FollowFile;
pub use lines::{EachLine, Lines};
pub use text_block::{EachTextLine, TextBlock};
pub use text_error::TextError;
pub use text_file::TextFile;
pub use union::Union;
