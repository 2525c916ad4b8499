//! A simulated disk: what `kill -9` cannot show, as it keeps what the system had yet to write.

use redb::StorageBackend;
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Disks by the path of a checkpoint that lies on one.
static DISKS: Mutex<BTreeMap<PathBuf, Disk>> = Mutex::new(BTreeMap::new());

/// The least that a disk writes whole.
const SECTOR: usize = 512;

/// Keeps what was synced apart from what was only written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk(Arc<Mutex<Contents>>);

#[derive(Debug, Default)]
struct Contents {
    /// What is read: all that was written.
    cached: Vec<u8>,
    /// What is there after a crash, at least.
    synced: Vec<u8>,
    /// What was written since, in order.
    pending: Vec<Change>,
    operations: u64,
    fault: Option<Fault>,
    has_failed: bool,
}

#[derive(Clone, Debug)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Resize(usize),
}

/// An operation that fails.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    /// Its number, from 0.
    pub(crate) at: u64,
    pub(crate) kind: ErrorKind,
    /// And so do all that come after it.
    pub(crate) lasts: bool,
}

/// What a crash leaves of what was not synced.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Crash {
    /// Nothing.
    LosesAll,
    /// All of it, as where the process alone dies.
    LosesNone,
    /// Some writes, by a seed.
    LosesSome(u64),
    /// Some sectors, by a seed.
    Tears(u64),
}

impl Disk {
    /// The disk that a path lies on, if it is simulated.
    pub(crate) fn at(path: &Path) -> Option<Disk> {
        locked(&DISKS).get(path).cloned()
    }

    /// Puts a path on this disk.
    pub(crate) fn mount(&self, path: &Path) {
        locked(&DISKS).insert(path.to_path_buf(), self.clone());
    }

    pub(crate) fn unmount(path: &Path) {
        locked(&DISKS).remove(path);
    }

    /// A disk of these bytes.
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        Disk(Arc::new(Mutex::new(Contents { synced: bytes.clone(), cached: bytes, ..Contents::default() })))
    }

    pub(crate) fn failing(self, fault: Fault) -> Self {
        locked(&self.0).fault = Some(fault);
        self
    }

    /// How many operations it has been asked for.
    pub(crate) fn operations(&self) -> u64 {
        locked(&self.0).operations
    }

    /// Whether an operation has failed.
    pub(crate) fn has_failed(&self) -> bool {
        locked(&self.0).has_failed
    }

    /// What is found when the machine has come up again.
    pub(crate) fn after(&self, crash: Crash) -> Vec<u8> {
        let contents = locked(&self.0);
        let mut left = contents.synced.clone();
        contents.pending.iter().enumerate().for_each(|(number, change)| apply(&mut left, change, crash, number));
        left
    }
}

impl Contents {
    /// Counts an operation, which may be one that fails.
    fn begin(&mut self) -> Result<(), Error> {
        let number = self.operations;
        self.operations += 1;
        match self.fault {
            Some(Fault { at, kind, lasts }) if number == at || (lasts && number > at) => {
                self.has_failed = true;
                Err(kind.into())
            }
            _ => Ok(()),
        }
    }

    fn change(&mut self, change: Change) {
        apply(&mut self.cached, &change, Crash::LosesNone, 0);
        self.pending.push(change);
    }
}

/// Applies what a crash leaves of a change.
fn apply(bytes: &mut Vec<u8>, change: &Change, crash: Crash, number: usize) {
    let is_lost = |part: usize| match crash {
        Crash::LosesAll => true,
        Crash::LosesNone => false,
        Crash::LosesSome(seed) => mixed(seed, number, 0).is_multiple_of(2),
        Crash::Tears(seed) => mixed(seed, number, part).is_multiple_of(2),
    };
    match change {
        Change::Resize(len) if !is_lost(0) => bytes.resize(*len, 0),
        Change::Resize(_) => {}
        Change::Write { offset, bytes: written } => {
            for (part, sector) in written.chunks(SECTOR).enumerate().filter(|(part, _)| !is_lost(*part)) {
                let (from, to) = (offset + part * SECTOR, offset + part * SECTOR + sector.len());
                // Where the file has not grown by what was lost.
                let len = bytes.len().max(to);
                bytes.resize(len, 0);
                bytes[from..to].copy_from_slice(sector);
            }
        }
    }
}

/// A number that looks random, by splitmix64.
fn mixed(seed: u64, number: usize, part: usize) -> u64 {
    let mut mixed = seed.wrapping_add((number as u64) << 20).wrapping_add(part as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) >> 7
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, Error> {
        Ok(locked(&self.0).cached.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let mut contents = locked(&self.0);
        contents.begin()?;
        let read = contents.cached.get(offset as usize..offset as usize + out.len());
        out.copy_from_slice(read.ok_or_else(|| Error::from(ErrorKind::UnexpectedEof))?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), Error> {
        let mut contents = locked(&self.0);
        contents.begin()?;
        contents.change(Change::Resize(len as usize));
        Ok(())
    }

    /// Where it fails, what was written may be lost, and no later one brings it back.
    fn sync_data(&self) -> Result<(), Error> {
        let mut contents = locked(&self.0);
        let begun = contents.begin();
        let crash = if begun.is_ok() { Crash::LosesNone } else { Crash::Tears(contents.operations) };
        let pending = std::mem::take(&mut contents.pending);
        pending.iter().enumerate().for_each(|(number, change)| apply(&mut contents.synced, change, crash, number));
        begun
    }

    /// Where it fails, half of it may be written.
    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let mut contents = locked(&self.0);
        let begun = contents.begin();
        let written = if begun.is_ok() { data } else { &data[..data.len() / 2] };
        contents.change(Change::Write { offset: offset as usize, bytes: written.to_vec() });
        begun
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
