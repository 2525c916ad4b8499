use crate::data::sync_name;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What a segment begins with.
pub(super) const MAGIC: &[u8; 8] = b"mbspool1";

/// A file of consecutive frames.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// The number of its first record, and of the one after its last.
    pub(super) first: u64,
    pub(super) next: u64,
    /// How many bytes are safe.
    pub(super) bytes: u64,
}

impl Segment {
    /// Where the segment that begins with a record is.
    pub(super) fn path(folder: &Path, first: u64) -> PathBuf {
        folder.join(format!("{first:020}.spool"))
    }

    /// Begins one: it is in its place when it is safe.
    pub(super) fn create(folder: &Path, first: u64) -> io::Result<(Segment, File)> {
        let path = Segment::path(folder, first);
        let beside = path.with_extension("part");
        let mut file = File::create(&beside)?;
        file.write_all(MAGIC)?;
        file.sync_all()?;
        fs::rename(&beside, &path)?;
        sync_name(&path)?;
        Ok((Segment { first, next: first, bytes: MAGIC.len() as u64 }, file))
    }

    /// The numbers in the names of the segments that are there, ascending.
    pub(super) fn all(folder: &Path) -> io::Result<Vec<u64>> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
            match (path.extension().and_then(|extension| extension.to_str()), number) {
                (Some("spool"), Some(number)) => numbers.push(number),
                (Some("part"), Some(_)) => fs::remove_file(path)?,
                _ => {}
            }
        }
        numbers.sort_unstable();
        Ok(numbers)
    }
}
