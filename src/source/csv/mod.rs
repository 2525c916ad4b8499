//! CSV, in memory and in files.

mod batch;
mod cut;
mod dialect;
mod each;
mod error;
mod file;
mod folder;
mod follow;
mod input;
mod records;
mod scan;
mod text;

pub use batch::CsvBatch;
pub use each::EachRecord;
pub use error::CsvError;
pub use file::CsvFile;
pub use folder::FolderCsv;
#[cfg(feature = "checkpoint")]
pub use follow::CsvPlace;
pub use follow::FollowCsv;
pub use records::{CsvRecords, EveryRecord};
pub use text::Csv;
