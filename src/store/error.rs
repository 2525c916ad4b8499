use std::path::{Path, PathBuf};

/// A checkpoint that cannot be opened, read or written. Opaque: ask with the `is_` methods.
#[derive(Debug, thiserror::Error)]
#[error("{}: {kind}", path.display())]
pub struct StoreError {
    path: PathBuf,
    kind: StoreErrorKind,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreErrorKind {
    #[error("a checkpoint needs the name of a file, not of a folder")]
    NoFile,
    #[error("another pipeline, or a reader, has it open, {0}: one has it at a time, so end that one first")]
    Locked(String),
    #[error(
        "it was removed or replaced while this pipeline had it open: what lies there now knows nothing of this run. Nothing more was committed or delivered; run it again to go on from what lies there"
    )]
    Replaced,
    #[error(
        "it holds the checkpoint of another pipeline, or of another version of it: {found}; this one is {wanted}. Give each a file of its own, or start anew with another file"
    )]
    Other { found: String, wanted: String },
    #[error(
        "it was made by another version of this crate: it is of format {found}, and this version reads format {wanted}. Go on with the version that made it, or start anew with another file"
    )]
    Format { found: u64, wanted: u64 },
    #[error("it is damaged, or no checkpoint: {0}. Nothing of it was changed: bring it back from a copy, or start anew with another file")]
    Damaged(String),
    #[error(
        "epoch {committed} was committed, and it goes only up to {found}: what was committed last is damaged, or this is an old copy. Whoever wants to go on from there all the same removes {}",
        mark.display()
    )]
    Older { found: u64, committed: u64, mark: PathBuf },
    #[error("it could not be read or written: {0}")]
    Failed(String),
}

impl StoreError {
    pub(crate) fn new(path: &Path, kind: StoreErrorKind) -> Self {
        StoreError { path: path.to_path_buf(), kind }
    }

    /// Whether another writer has the file.
    pub fn is_locked(&self) -> bool {
        matches!(self.kind, StoreErrorKind::Locked(_))
    }

    /// Whether the file was removed or replaced while it was open.
    pub fn is_replaced(&self) -> bool {
        matches!(self.kind, StoreErrorKind::Replaced)
    }

    /// Whether the file belongs to another pipeline, or was made by another version of this crate.
    pub fn is_other(&self) -> bool {
        matches!(self.kind, StoreErrorKind::Other { .. } | StoreErrorKind::Format { .. })
    }

    /// Whether the file is damaged, was made by another program, or is older than what was committed.
    pub fn is_damaged(&self) -> bool {
        matches!(self.kind, StoreErrorKind::Damaged(_) | StoreErrorKind::Older { .. })
    }
}
