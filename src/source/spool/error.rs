use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A spool that cannot be opened, read or written. Opaque: ask with the `is_` methods.
///
/// ```
/// use microbatch::Spool;
///
/// let folder = std::env::temp_dir().join(format!("microbatch-spool-error-{}", std::process::id()));
/// let held = Spool::at(&folder).open::<u64>()?;
/// assert!(Spool::at(&folder).open::<u64>().unwrap_err().is_locked());
/// # drop(held);
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), microbatch::SpoolError>(())
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[error("the spool {}: {kind}", path.display())]
pub struct SpoolError {
    path: PathBuf,
    kind: Kind,
}

#[derive(Clone, Debug, thiserror::Error)]
enum Kind {
    #[error("it is open already, in this process or another: one reads and writes at a time, so end that one first")]
    Locked,
    #[error("it is damaged: {0}. Nothing of it was changed: bring it back from a copy, or begin another one")]
    Damaged(String),
    #[error("{0}")]
    Missing(String),
    #[error("{0}")]
    Other(String),
    #[error("it is full: it holds {held} bytes of {capacity}, and {remedy}")]
    Full { held: u64, capacity: u64, remedy: &'static str },
    #[error("a record cannot be made into bytes: {0}")]
    Record(String),
    #[error("it could not be read or written ({0}); what `send` has returned for is safe: open it again when that is mended")]
    Failed(Arc<io::Error>),
}

impl SpoolError {
    fn new(path: &Path, kind: Kind) -> Self {
        SpoolError { path: path.to_path_buf(), kind }
    }

    pub(super) fn locked(path: &Path) -> Self {
        SpoolError::new(path, Kind::Locked)
    }

    pub(super) fn damaged(path: &Path, what: impl Display) -> Self {
        SpoolError::new(path, Kind::Damaged(what.to_string()))
    }

    pub(super) fn missing(path: &Path, what: impl Display) -> Self {
        SpoolError::new(path, Kind::Missing(what.to_string()))
    }

    pub(super) fn other(path: &Path, what: impl Display) -> Self {
        SpoolError::new(path, Kind::Other(what.to_string()))
    }

    pub(super) fn full(path: &Path, held: u64, capacity: u64, is_read: bool) -> Self {
        let remedy = match is_read {
            true => "has room again when the durable stream that reads it has committed what it holds",
            false => "nobody reads it any more, so it is not waited for: run the durable stream that reads it again",
        };
        SpoolError::new(path, Kind::Full { held, capacity, remedy })
    }

    pub(super) fn record(path: &Path, what: impl Display) -> Self {
        SpoolError::new(path, Kind::Record(what.to_string()))
    }

    pub(super) fn failed(path: &Path, error: io::Error) -> Self {
        SpoolError::new(path, Kind::Failed(Arc::new(error)))
    }

    /// Whether it is open already.
    pub fn is_locked(&self) -> bool {
        matches!(self.kind, Kind::Locked)
    }

    /// Whether its bytes are not what they should be.
    pub fn is_damaged(&self) -> bool {
        matches!(self.kind, Kind::Damaged(_))
    }

    /// Whether the records after a saved place are not there.
    pub fn is_missing(&self) -> bool {
        matches!(self.kind, Kind::Missing(_))
    }

    /// Whether it is another spool than the one that a saved place is of: the folder was made anew.
    pub fn is_other(&self) -> bool {
        matches!(self.kind, Kind::Other(_))
    }

    /// Whether it has no [room](crate::Spool::capacity) for a record, which was not taken.
    pub fn is_full(&self) -> bool {
        matches!(self.kind, Kind::Full { .. })
    }

    /// Whether the operating system could not read or write it.
    pub fn is_io(&self) -> bool {
        matches!(self.kind, Kind::Failed(_))
    }
}
