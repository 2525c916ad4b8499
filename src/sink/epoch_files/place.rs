use crate::data::{beside, sync_name};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Writes a file beside its place, moves it there when it is safe, and makes that safe, too.
pub(super) fn place(path: &Path, text: &[u8]) -> io::Result<()> {
    let write = || {
        let beside = beside(path, ".part");
        let mut file = File::create(&beside)?;
        file.write_all(text)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&beside, path)?;
        sync_name(path)
    };
    write().map_err(|error| not_written(path, error))
}

/// An error that says which file it is about.
pub(super) fn not_written(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{} cannot be written: {error}", path.display()))
}
