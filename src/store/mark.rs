use super::StoreError;
use super::error::StoreErrorKind;
use crate::data::{beside, fixed_hash, sync_name};
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often it is synced while epochs are noted: that costs no time that could be measured.
const SYNC: Duration = Duration::from_secs(5);

/// The last epoch that was committed, noted in a file beside the checkpoint.
///
/// Where the last commit is damaged the database falls back to the one before it, and says nothing: as after a crash in the middle of a commit it
/// cannot tell that this one was whole. An epoch is noted when it is on the disk, so a checkpoint that knows less than its mark has lost something.
/// No mark is no error. The mark is synced now and then, and when the checkpoint is closed: a crash of the machine may take back what was noted
/// since, and then damage of those commits alone is not noticed.
#[derive(Debug)]
pub(super) struct Mark {
    file: Option<File>,
    place: PathBuf,
    synced: Instant,
}

impl Mark {
    /// Beside a checkpoint.
    pub(super) fn beside(checkpoint: &Path) -> Self {
        #[cfg(test)]
        if super::disk::Disk::at(checkpoint).is_some() {
            return Mark::of(checkpoint, None);
        }
        let file = File::options().read(true).write(true).create(true).truncate(false).open(Self::place(checkpoint));
        Mark::of(checkpoint, file.ok())
    }

    fn of(checkpoint: &Path, file: Option<File>) -> Self {
        Mark { file, place: Self::place(checkpoint), synced: Instant::now() }
    }

    /// Forgets what was noted of a checkpoint that is gone.
    pub(super) fn forget(checkpoint: &Path) {
        let _ = std::fs::remove_file(Self::place(checkpoint));
    }

    fn place(checkpoint: &Path) -> PathBuf {
        beside(checkpoint, ".epoch")
    }

    /// Refuses a checkpoint that goes only up to this epoch where a later one is noted.
    pub(super) fn check(checkpoint: &Path, found: u64) -> Result<(), StoreError> {
        let mark = Self::place(checkpoint);
        let committed = Mark::of(checkpoint, File::open(&mark).ok()).epoch();
        match committed > found {
            true => Err(StoreError::new(checkpoint, StoreErrorKind::Older { found, committed, mark })),
            false => Ok(()),
        }
    }

    /// The epoch that is noted; 0 where that cannot be said.
    fn epoch(&self) -> u64 {
        self.read().unwrap_or(0)
    }

    fn read(&self) -> Option<u64> {
        let mut file = self.file.as_ref()?;
        let (mut epoch, mut sum) = ([0; 8], [0; 8]);
        file.rewind().ok()?;
        file.read_exact(&mut epoch).ok()?;
        file.read_exact(&mut sum).ok()?;
        let epoch = u64::from_le_bytes(epoch);
        (u64::from_le_bytes(sum) == fixed_hash(&epoch)).then_some(epoch)
    }

    /// Notes an epoch that is on the disk.
    pub(super) fn set(&mut self, epoch: u64) {
        let Some(mut file) = self.file.as_ref() else { return };
        let noted = [epoch.to_le_bytes(), fixed_hash(&epoch).to_le_bytes()].concat();
        let _ = file.rewind().and_then(|()| file.write_all(&noted));
        if self.synced.elapsed() >= SYNC {
            self.sync();
            self.synced = Instant::now();
        }
    }

    /// Makes safe what was noted.
    pub(super) fn sync(&self) {
        let sync = |file: &File| -> io::Result<()> {
            file.sync_data()?;
            sync_name(&self.place)
        };
        // Where it cannot be, there is as good as none.
        let _ = self.file.as_ref().map(sync);
    }
}
