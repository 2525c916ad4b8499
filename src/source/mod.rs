//! Sources: data that do not lie in a slice.

mod channel;
#[cfg(feature = "csv")]
mod csv;
mod disk;
mod folder;
mod folder_lines;
mod follow_file;
mod followed;
mod iter;
mod lines;
#[cfg(feature = "checkpoint")]
mod spool;
mod text_block;
mod text_error;
mod text_file;
mod union;

pub use channel::{Receiver, SendError, Sender, TrySendError, channel};
#[cfg(all(feature = "csv", feature = "checkpoint"))]
pub use csv::CsvPlace;
#[cfg(feature = "csv")]
pub use csv::{Csv, CsvBatch, CsvError, CsvFile, CsvRecords, EachRecord, EveryRecord, FolderCsv, FollowCsv};
#[cfg(feature = "checkpoint")]
pub use folder::FolderPlace;
pub use folder_lines::FolderLines;
pub use follow_file::FollowFile;
#[cfg(feature = "checkpoint")]
pub use followed::FilePlace;
pub use lines::{EachLine, Lines};
#[cfg(feature = "checkpoint")]
pub use spool::{Spool, SpoolError, SpoolPlace, SpoolSender, SpoolSource};
pub use text_block::{EachTextLine, TextBlock};
pub use text_error::TextError;
pub use text_file::TextFile;
pub use union::Union;
