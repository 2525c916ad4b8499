use crate::data::{beside, fixed_hash};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The last epoch that was committed, noted in a file beside the checkpoint.
///
/// Where the last commit is damaged the database falls back to the one before it, and says nothing: as after a crash in the middle of a commit it
/// cannot tell that this one was whole. An epoch is noted when it is on the disk, so a checkpoint that knows less than its mark has lost something.
/// The mark is not synced, and no mark is no error: it costs no time that could be measured, and a crash of the machine may take it back.
#[derive(Debug)]
pub(super) struct Mark(Option<File>);

impl Mark {
    /// Beside a checkpoint.
    pub(super) fn beside(checkpoint: &Path) -> Self {
        #[cfg(test)]
        if super::disk::Disk::at(checkpoint).is_some() {
            return Mark(None);
        }
        let options = File::options().read(true).write(true).create(true).truncate(false).open(Self::place(checkpoint));
        Mark(options.ok())
    }

    /// Forgets what was noted of a checkpoint that is gone.
    pub(super) fn forget(checkpoint: &Path) {
        let _ = std::fs::remove_file(Self::place(checkpoint));
    }

    pub(super) fn place(checkpoint: &Path) -> PathBuf {
        beside(checkpoint, ".epoch")
    }

    /// The epoch that is noted of a checkpoint; 0 where that cannot be said.
    pub(super) fn noted(checkpoint: &Path) -> u64 {
        Mark(File::open(Self::place(checkpoint)).ok()).epoch()
    }

    /// The epoch that is noted; 0 where that cannot be said.
    pub(super) fn epoch(&self) -> u64 {
        self.read().unwrap_or(0)
    }

    fn read(&self) -> Option<u64> {
        let mut file = self.0.as_ref()?;
        let (mut epoch, mut sum) = ([0; 8], [0; 8]);
        file.rewind().ok()?;
        file.read_exact(&mut epoch).ok()?;
        file.read_exact(&mut sum).ok()?;
        let epoch = u64::from_le_bytes(epoch);
        (u64::from_le_bytes(sum) == fixed_hash(&epoch)).then_some(epoch)
    }

    /// Notes an epoch that is on the disk.
    pub(super) fn set(&self, epoch: u64) {
        let Some(mut file) = self.0.as_ref() else { return };
        let noted = [epoch.to_le_bytes(), fixed_hash(&epoch).to_le_bytes()].concat();
        let _ = file.rewind().and_then(|()| file.write_all(&noted));
    }
}
