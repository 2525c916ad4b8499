use super::StoreError;
use super::error::StoreErrorKind;
use crate::data::beside;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long one that is refused waits to hear who has the file, which says so when it has it.
const PATIENCE: u32 = 20;
const PAUSE: Duration = Duration::from_millis(1);

/// The one that has a checkpoint's file open: it says so in a file beside it, and sees whether the file is still the one that lies there.
#[derive(Debug)]
pub(super) struct Writer {
    path: PathBuf,
    file: Option<Identity>,
}

/// What tells a file from another one of its name.
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// Elsewhere a file that is open cannot be replaced.
#[cfg(not(unix))]
fn identity(path: &Path) -> Option<Identity> {
    fs::metadata(path).ok().map(|_| (0, 0))
}

impl Writer {
    /// The lock on the file is held.
    pub(super) fn of(path: &Path) -> Self {
        let file = identity(path);
        if file.is_some() {
            // For a message alone: where it cannot be written, that one says less.
            let _ = fs::write(place(path), std::process::id().to_string());
        }
        Writer { path: path.to_path_buf(), file }
    }

    /// Fails where another file lies there by now, or none: whoever opens that one knows nothing of this one.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let is_same = self.file.is_none() || identity(&self.path) == self.file;
        if is_same { Ok(()) } else { Err(StoreError::new(&self.path, StoreErrorKind::Replaced)) }
    }

    /// The lock is about to be given up.
    pub(super) fn leave(&self) {
        if self.file.is_some() && self.check().is_ok() {
            let _ = fs::remove_file(place(&self.path));
        }
    }
}

fn place(path: &Path) -> PathBuf {
    beside(path, ".writer")
}

/// Why a file is refused whose lock another one holds.
pub(super) fn refused(path: &Path) -> StoreErrorKind {
    let read = || fs::read_to_string(place(path)).ok()?.parse::<u32>().ok();
    let holder = (0..PATIENCE).find_map(|_| {
        read().or_else(|| {
            std::thread::sleep(PAUSE);
            None
        })
    });
    StoreErrorKind::Locked(match holder {
        Some(process) if process == std::process::id() => format!("in this process, {process}"),
        Some(process) => format!("in process {process}"),
        None => "in this process or another".into(),
    })
}
