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

/// Makes a folder, and those that it is in, where they are not there, and makes it safe that they are.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.is_dir());
    parent.map_or(Ok(()), make_folder)?;
    match std::fs::create_dir(path) {
        // Whoever has made it may have been killed before that was safe; where one may not look into the folder above, it is taken to be.
        Err(_) if path.is_dir() => sync_name(path).or(Ok(())),
        made => made.and_then(|()| sync_name(path)),
    }
}
