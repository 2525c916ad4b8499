//! Names of files.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

/// A name beside another one: the same with something behind it.
pub(crate) fn beside(path: &Path, suffix: impl AsRef<OsStr>) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(suffix);
    path.with_file_name(name)
}

/// Makes it safe which file has this name, or that none has: a crash of the machine may take a name back, and with it all that was synced under it.
pub(crate) fn sync_name(path: &Path) -> io::Result<()> {
    // Elsewhere a folder cannot be opened, and need not be.
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
