use super::error::SpoolError;
use super::log::Log;
use crate::saved::put;
use serde::Serialize;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// The sending half of a [`Spool`](crate::Spool). Clones send into the same one; when all are dropped, the stream ends with what they sent.
pub struct SpoolSender<T> {
    log: Arc<Log>,
    item: PhantomData<fn(&T)>,
}

impl<T> SpoolSender<T> {
    pub(super) fn new(log: Arc<Log>) -> Self {
        SpoolSender { log, item: PhantomData }
    }

    /// How many records are safe, in all the time of the spool: a producer whose records are numbered goes on with this one after a crash.
    ///
    /// ```
    /// use microbatch::Spool;
    ///
    /// let folder = std::env::temp_dir().join(format!("microbatch-spool-sent-{}", std::process::id()));
    /// let (sender, source) = Spool::at(&folder).open::<u64>()?;
    /// sender.send(&7)?;
    /// drop((sender, source));
    /// assert_eq!(Spool::at(&folder).open::<u64>()?.0.sent(), 1);
    /// # std::fs::remove_dir_all(&folder).unwrap();
    /// # Ok::<(), microbatch::SpoolError>(())
    /// ```
    pub fn sent(&self) -> u64 {
        self.log.safe()
    }

    /// How many bytes its segments have, with what was sent and is not written yet.
    pub fn bytes(&self) -> u64 {
        self.log.held()
    }

    /// Waits until all that was sent is safe, by whatever sender.
    ///
    /// # Errors
    /// [`SpoolError`] where it could not be written.
    pub fn sync(&self) -> Result<(), SpoolError> {
        self.log.sync()
    }
}

impl<T: Serialize> SpoolSender<T> {
    /// Sends a record, and waits until it is safe; does not wait for that where records are [grouped](crate::Spool::grouped). Where the spool is
    /// [full](crate::Spool::capacity), it waits for room first.
    ///
    /// # Errors
    /// [`SpoolError`] where it cannot be made into bytes, or could not be written: then it is not known whether it is there when the spool is opened
    /// again, and nothing more can be sent before. Where the spool is full and its source is dropped, so that nobody makes room: then it is not there.
    pub fn send(&self, record: &T) -> Result<(), SpoolError> {
        self.append(record, true)
    }

    /// The same, but where the spool is full it does not wait for room.
    ///
    /// # Errors
    /// As [`send`](Self::send), and [`SpoolError::is_full`] where there is no room: then the record is not there.
    pub fn try_send(&self, record: &T) -> Result<(), SpoolError> {
        self.append(record, false)
    }

    fn append(&self, record: &T, waits: bool) -> Result<(), SpoolError> {
        let mut bytes = Vec::new();
        put(&mut bytes, record).map_err(|error| SpoolError::record(self.log.folder(), error))?;
        self.log.append(&bytes, waits)
    }
}

impl<T> Clone for SpoolSender<T> {
    fn clone(&self) -> Self {
        self.log.join();
        SpoolSender::new(Arc::clone(&self.log))
    }
}

impl<T> Drop for SpoolSender<T> {
    fn drop(&mut self) {
        self.log.leave();
    }
}

impl<T> fmt::Debug for SpoolSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpoolSender").field("sent", &self.sent()).finish_non_exhaustive()
    }
}
