//! A channel whose records are on disk.

mod error;
mod frame;
mod identity;
mod log;
mod place;
mod recovery;
mod segment;
mod sender;
mod source;

use log::Log;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use error::SpoolError;
pub use place::SpoolPlace;
pub use sender::SpoolSender;
pub use source::SpoolSource;

/// A way into a durable stream from other threads: a channel whose records are on disk before [`SpoolSender::send`] returns, and stay there until the
/// epoch that holds them is committed and delivered.
///
/// Records are numbered from 0, in segments, which are files in a folder. After a crash a stream goes on with the first record that it has not
/// committed; [`SpoolSender::sent`] tells a producer how many are safe, so that it goes on with the next one. A record whose `send` has
/// not returned may be there or not.
///
/// Records that wait are appended and synced together: while one thread syncs, others wait, and the next of them syncs for all. Bytes have
/// sums. What was being written when the machine stopped is cut off, which was never acknowledged to a sender; damage anywhere else is
/// an error. A plain log is enough for this, and an append with one sync is the least a disk can do.
///
/// Only a durable stream purges it, by whole segments; how much it holds is bounded by [`capacity`](Self::capacity) alone. A spool has an identity,
/// so that one that was made anew in the same folder is refused. The type of the records is not kept: give another type another folder.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
/// use microbatch::{EpochFile, EpochFiles, Spool};
///
/// let folder = std::env::temp_dir().join(format!("microbatch-spool-{}", std::process::id()));
/// let (sender, source) = Spool::at(folder.join("spool")).open::<u64>()?;
/// let producer = std::thread::spawn(move || (sender.sent()..100).try_for_each(|n| sender.send(&n)));
/// Pipeline::stream(source)
///     .key_by(|n| n % 2)
///     .integrator(Sum)
///     .checkpoint(Checkpoint::at(folder.join("state.redb"))?.name("sums"))
///     .run_exactly_once(EpochFiles::in_folder(folder.join("sums"), |pane: &Pane<u64, u64>| pane.value.to_string())?)?;
/// producer.join().unwrap()?;
/// assert_eq!(EpochFile::all(folder.join("sums"), "sums")?[0].read()?, "2450\n2500\n");
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "open it: `.open::<T>()`"]
pub struct Spool {
    folder: PathBuf,
    segment: u64,
    capacity: Option<u64>,
    group: Option<Duration>,
}

impl Spool {
    /// In this folder, which is made if it is not there.
    pub fn at(folder: impl AsRef<Path>) -> Self {
        Spool { folder: folder.as_ref().to_path_buf(), segment: 16 << 20, capacity: None, group: None }
    }

    /// How many bytes a segment has before the next one is begun: what is purged at once. Default 16 MiB.
    pub fn segment(self, bytes: u64) -> Self {
        Spool { segment: bytes, ..self }
    }

    /// How many bytes the segments have at most: where there is no room for a record, [`send`](SpoolSender::send) waits until a durable stream has committed and
    /// delivered what is held, and [`try_send`](SpoolSender::try_send) fails. Default: no bound.
    ///
    /// Room is made by whole segments, so these are a quarter of it at most, whatever [`segment`](Self::segment) says. While a sender finds no room, the
    /// stream that reads does not wait: its micro-batches begin before their trigger fires, and commits come before their time. A stream without
    /// a checkpoint makes no room. Where nothing that is held is needed any more, a record of any size is taken: the rest goes before it is written.
    ///
    /// ```
    /// use microbatch::Spool;
    ///
    /// let folder = std::env::temp_dir().join(format!("microbatch-spool-capacity-{}", std::process::id()));
    /// let (sender, source) = Spool::at(&folder).capacity(200).open::<String>()?;
    /// let record = "a record".to_string();
    /// let full = loop {
    ///     if let Err(full) = sender.try_send(&record) {
    ///         break full;
    ///     }
    /// };
    /// assert!(full.is_full() && sender.sent() > 1 && sender.bytes() <= 200);
    /// # drop((sender, source));
    /// # std::fs::remove_dir_all(&folder).unwrap();
    /// # Ok::<(), microbatch::SpoolError>(())
    /// ```
    pub fn capacity(self, bytes: u64) -> Self {
        Spool { capacity: Some(bytes), ..self }
    }

    /// Records are written and synced in groups, so long after the first of a group, and before the sender is dropped: `send` does not wait.
    ///
    /// A crash, `kill -9` included, loses what was sent since the last group, though `send` has returned; [`SpoolSender::sync`] makes sure, and
    /// [`SpoolSender::sent`] counts what is safe alone. A group is written by the next `send` or by the stream that reads, so while there is neither it
    /// waits. Default: each `send` waits until its record is synced.
    pub fn grouped(self, every: Duration) -> Self {
        Spool { group: Some(every), ..self }
    }

    /// Opens the spool, and reads it once to see whether it is whole.
    ///
    /// # Errors
    /// [`SpoolError`] where the folder cannot be made, read or written, is damaged, or is open already, in this process or another.
    pub fn open<T: Serialize + DeserializeOwned + Send>(self) -> Result<(SpoolSender<T>, SpoolSource<T>), SpoolError> {
        let log = Arc::new(Log::open(&self)?);
        Ok((SpoolSender::new(Arc::clone(&log)), SpoolSource::new(log)))
    }
}
