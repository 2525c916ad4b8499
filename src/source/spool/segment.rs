use super::identity::Identity;
use crate::data::{fixed_hash, sync_name};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What a segment begins with; then comes the spool's identity, and a sum of that and of the number in the segment's name.
const MAGIC: &[u8; 8] = b"mbspool2";
/// How many bytes come before the first frame.
pub(super) const HEADER: usize = 24;

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
    /// One without records.
    pub(super) fn empty(first: u64) -> Self {
        Segment { first, next: first, bytes: HEADER as u64 }
    }

    /// Where the segment that begins with a record is.
    pub(super) fn path(folder: &Path, first: u64) -> PathBuf {
        folder.join(format!("{first:020}.spool"))
    }

    /// Begins one: it is in its place when it is safe.
    pub(super) fn create(folder: &Path, of: Identity, first: u64) -> io::Result<(Segment, File)> {
        let path = Segment::path(folder, first);
        let beside = path.with_extension("part");
        let mut file = File::create(&beside)?;
        file.write_all(&Segment::header(of, first))?;
        file.sync_all()?;
        fs::rename(&beside, &path)?;
        sync_name(&path)?;
        Ok((Segment::empty(first), file))
    }

    fn header(of: Identity, first: u64) -> Vec<u8> {
        [*MAGIC, of.number().to_le_bytes(), fixed_hash(&(of.number(), first)).to_le_bytes()].concat()
    }

    /// Which spool the segment that begins with this record is of, out of its bytes.
    pub(super) fn spool(bytes: &[u8], first: u64) -> Option<Identity> {
        let number = bytes.get(MAGIC.len()..)?.first_chunk()?;
        let of = Identity::from_number(u64::from_le_bytes(*number));
        bytes.starts_with(&Segment::header(of, first)).then_some(of)
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
