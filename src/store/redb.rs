use super::error::StoreErrorKind;
use super::mark::Mark;
use super::pieces::{ByName, PIECES, Sums};
use super::writer::Writer;
use super::{Checkpoint, StoreError, rows, writer};
use crate::data::{beside, fixed_hash, sync_name};
use crate::saved::{DamagedState, Pieces};
use crate::stage::Rows;
use redb::{Database, DatabaseError, ReadableDatabase, StorageError, Table, TableDefinition, TableError};
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Of the bytes in the tables.
const FORMAT: u64 = 5;
/// Files of fewer bytes are not worth making smaller; of larger ones it is worth while where the used part is less than one in so many.
const LARGE: u64 = 16 << 20;
const SPARSE: u64 = 4;
/// Numbers by name: the format, the last epoch that was committed, the last that was delivered, and sums.
pub(super) const NUMBERS: TableDefinition<'_, &str, u64> = TableDefinition::new("numbers");
const DELIVERED_SUM: &str = "sum of delivered";
/// Bytes by name: the plan, the offsets, and the results of the last epoch.
const BYTES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("bytes");

/// A redb file, which one process has open at a time.
pub(crate) struct Store {
    path: PathBuf,
    /// Until it is dropped.
    database: Option<Database>,
    plan: String,
    mark: Mark,
    writer: Writer,
    sums: Sums,
    /// Whether a commit has failed: what the file holds then is known when it is opened again.
    has_failed: bool,
}

/// What was committed last.
pub(crate) struct Found {
    pub(crate) epoch: u64,
    pub(crate) is_delivered: bool,
    pub(crate) offset: Vec<u8>,
    pub(crate) state: ByName,
    pub(crate) results: Vec<u8>,
}

/// What is committed together.
pub(crate) struct Commit<'c> {
    pub(crate) epoch: u64,
    /// The last epoch that the sink has.
    pub(crate) delivered: u64,
    pub(crate) offset: &'c [u8],
    pub(crate) state: &'c Pieces,
    pub(crate) results: &'c [u8],
    /// Results that need no sink.
    pub(crate) rows: Option<&'c Rows>,
}

impl Store {
    /// Opens the file, or makes it.
    pub(crate) fn open(checkpoint: &Checkpoint, steps: &str) -> Result<Self, StoreError> {
        let path = checkpoint.path().to_path_buf();
        if !path.exists() {
            Mark::check(&path, 0)?;
        }
        make(&path).map_err(|error| StoreError::new(&path, StoreErrorKind::Failed(error.to_string())))?;
        let database = contain(|| open(&path)).map_err(|panicked| StoreError::new(&path, StoreErrorKind::Damaged(panicked)))?;
        let database = database.map_err(|error| StoreError::new(&path, kind(&path, error.into())))?;
        let (plan, mark, writer) = (checkpoint.plan(steps), Mark::beside(&path), Writer::of(&path));
        Ok(Store { path, database: Some(database), plan, mark, writer, sums: Sums::default(), has_failed: false })
    }

    fn database(&self) -> Result<&Database, StoreError> {
        self.database.as_ref().ok_or_else(|| self.failed("it is closed"))
    }

    pub(crate) fn failed(&self, error: impl Display) -> StoreError {
        StoreError::new(&self.path, StoreErrorKind::Failed(error.to_string()))
    }

    pub(crate) fn damaged(&self, error: impl Display) -> StoreError {
        StoreError::new(&self.path, StoreErrorKind::Damaged(error.to_string()))
    }

    /// What was read of it cannot be made into values.
    pub(crate) fn unreadable(&self, error: DamagedState) -> StoreError {
        if error.is_panic() { self.failed(error) } else { self.damaged(error) }
    }

    /// What was committed last, if anything was; refuses what another plan has committed.
    pub(crate) fn found(&mut self) -> Result<Option<Found>, StoreError> {
        let mut sums = Sums::default();
        let found = contain(|| self.read(&mut sums)).map_err(|panicked| self.damaged(panicked))??;
        Mark::check(&self.path, found.as_ref().map_or(0, |found| found.epoch))?;
        self.sums = sums;
        self.compact()?;
        Ok(found)
    }

    /// Makes a large file smaller, of which most is free: what was kept once and is not any more.
    fn compact(&mut self) -> Result<(), StoreError> {
        let size = self.file_bytes();
        let Some(database) = self.database.as_mut().filter(|_| size > LARGE) else { return Ok(()) };
        let mut compact = || -> Result<(), redb::Error> {
            let write = database.begin_write()?;
            let stats = write.stats()?;
            let used = stats.allocated_pages() * stats.page_size() as u64;
            write.abort()?;
            if used < size / SPARSE {
                database.compact()?;
            }
            Ok(())
        };
        let done = contain(&mut compact);
        done.map_err(|panicked| self.damaged(panicked))?.map_err(|error| self.error(error))
    }

    /// What went wrong in the database.
    fn error(&self, error: redb::Error) -> StoreError {
        StoreError::new(&self.path, kind(&self.path, error))
    }

    fn read(&self, sums: &mut Sums) -> Result<Option<Found>, StoreError> {
        let read = self.database()?.begin_read().map_err(|error| self.error(error.into()))?;
        let numbers = match read.open_table(NUMBERS) {
            Ok(numbers) => numbers,
            Err(TableError::TableDoesNotExist(_)) => return self.is_new(&read).map(|()| None),
            Err(error) => return Err(self.damaged(error)),
        };
        let number = |name: &str| -> Result<u64, StoreError> {
            let found = numbers.get(name).map_err(|error| self.damaged(error))?;
            found.map(|number| number.value()).ok_or_else(|| self.damaged(format_args!("`{name}` is missing")))
        };
        let format = number("format")?;
        if format != FORMAT {
            let kind = StoreErrorKind::Format { found: format, wanted: FORMAT };
            return Err(StoreError::new(&self.path, kind));
        }
        let bytes = read.open_table(BYTES).map_err(|error| self.damaged(error))?;
        let get = |name: &str| -> Result<Vec<u8>, StoreError> {
            let found = bytes.get(name).map_err(|error| self.damaged(error))?;
            found.map(|bytes| bytes.value().to_vec()).ok_or_else(|| self.damaged(format_args!("`{name}` is missing")))
        };
        let plan = get("plan")?;
        if plan != self.plan.as_bytes() {
            let found = String::from_utf8_lossy(&plan).into_owned();
            return Err(StoreError::new(&self.path, StoreErrorKind::Other { found, wanted: self.plan.clone() }));
        }
        let (epoch, delivered) = (number("epoch")?, number("delivered")?);
        // An epoch that was not delivered would be lost.
        if number(DELIVERED_SUM)? != delivered_sum(delivered) || delivered > epoch {
            return Err(self.damaged("the sum of `delivered` is wrong"));
        }
        let pieces = read.open_table(PIECES).map_err(|error| self.damaged(error))?;
        let state = sums.read(&pieces).map_err(|error| self.damaged(error))?.map_err(|wrong| self.damaged(wrong))?;
        let found = Found { epoch, is_delivered: delivered >= epoch, offset: get("offset")?, state, results: get("results")? };
        if number("sum")? != sum(epoch, &found.offset, sums, &found.results) {
            return Err(self.damaged("the sum of what it holds is wrong"));
        }
        Ok(Some(found))
    }

    /// A file that holds tables of others is not ours to write into.
    fn is_new(&self, read: &redb::ReadTransaction) -> Result<(), StoreError> {
        let tables = read.list_tables().map_err(|error| self.damaged(error))?.count();
        if tables > 0 { Err(self.damaged("it is the database of another program")) } else { Ok(()) }
    }

    /// Commits, durably; how many bytes of state had changed. After a failure there is no other commit.
    pub(crate) fn commit(&mut self, commit: &Commit<'_>) -> Result<u64, StoreError> {
        if self.has_failed {
            return Err(self.failed("a commit has failed before, so that it is not known what it holds until it is opened again"));
        }
        self.has_failed = true;
        self.writer.check()?;
        let mut sums = std::mem::take(&mut self.sums);
        let database = self.database()?;
        let written = contain(|| Self::write(database, &self.plan, &mut sums, commit))
            .map_err(|panicked| self.damaged(panicked))?
            .map_err(|error| self.error(error))?;
        // What a file holds that lies nowhere is not to be delivered.
        self.writer.check()?;
        self.mark.set(commit.epoch);
        (self.sums, self.has_failed) = (sums, false);
        Ok(written)
    }

    /// How many bytes of state are committed.
    pub(crate) fn state_bytes(&self) -> u64 {
        self.sums.bytes()
    }

    /// How large the file is.
    pub(crate) fn file_bytes(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |file| file.len())
    }

    fn write(database: &Database, plan: &str, sums: &mut Sums, commit: &Commit<'_>) -> Result<u64, redb::Error> {
        let write = database.begin_write()?;
        let written;
        {
            written = sums.write(&mut write.open_table(PIECES)?, commit.state)?;
            let mut numbers = write.open_table(NUMBERS)?;
            let sum = sum(commit.epoch, commit.offset, sums, commit.results);
            for (name, number) in [("format", FORMAT), ("epoch", commit.epoch), ("sum", sum)] {
                numbers.insert(name, number)?;
            }
            deliver(&mut numbers, commit.delivered)?;
            let mut bytes = write.open_table(BYTES)?;
            for (name, value) in [("plan", plan.as_bytes()), ("offset", commit.offset), ("results", commit.results)] {
                bytes.insert(name, value)?;
            }
        }
        if let Some(rows) = commit.rows {
            rows::write(&write, rows)?;
        }
        write.commit()?;
        Ok(written)
    }

    /// Notes that the sink has an epoch, at the end of a stream, or that its results are these rows; elsewhere the next commit does.
    pub(crate) fn acknowledge(&self, epoch: u64, results: Option<&Rows>) -> Result<(), StoreError> {
        self.writer.check()?;
        let database = self.database()?;
        let note = || -> Result<(), redb::Error> {
            let write = database.begin_write()?;
            if let Some(results) = results {
                rows::write(&write, results)?;
            }
            deliver(&mut write.open_table(NUMBERS)?, epoch)?;
            write.commit()?;
            Ok(())
        };
        contain(note).map_err(|panicked| self.damaged(panicked))?.map_err(|error| self.error(error))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.mark.sync();
        self.writer.leave();
        let database = self.database.take();
        let _ = contain(|| drop(database));
    }
}

/// What an error of the database is to the user. A file that ends too soon has lost its end.
fn kind(path: &Path, error: redb::Error) -> StoreErrorKind {
    use std::io::ErrorKind::{InvalidData, UnexpectedEof};
    match error {
        redb::Error::DatabaseAlreadyOpen => writer::refused(path),
        redb::Error::Io(error) if [InvalidData, UnexpectedEof].contains(&error.kind()) => StoreErrorKind::Damaged(error.to_string()),
        redb::Error::Corrupted(_) | redb::Error::UpgradeRequired(_) | redb::Error::RepairAborted => {
            StoreErrorKind::Damaged(error.to_string())
        }
        error => StoreErrorKind::Failed(error.to_string()),
    }
}

/// Opens the file. A new one is made whole before it gets its name, so one without bytes has lost them.
fn open(path: &Path) -> Result<Database, DatabaseError> {
    #[cfg(test)]
    if let Some(disk) = super::disk::Disk::at(path) {
        return Database::builder().create_with_backend(disk);
    }
    if path.metadata()?.len() == 0 {
        return Err(StorageError::Corrupted("it is empty".into()).into());
    }
    Database::create(path)
}

/// Makes the file where it is not there: beside its place, and linked to it when it is whole, as half of a database is none.
fn make(path: &Path) -> Result<(), redb::Error> {
    #[cfg(test)]
    if super::disk::Disk::at(path).is_some() {
        return Ok(());
    }
    if path.exists() {
        return Ok(());
    }
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let beside = beside(path, format!(".{}-{}.new", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    // One that was left by a process of the same number.
    if beside.exists() {
        std::fs::remove_file(&beside)?;
    }
    drop(Database::create(&beside)?);
    Mark::forget(path);
    let linked = std::fs::hard_link(&beside, path);
    std::fs::remove_file(&beside)?;
    match linked {
        // Another process was faster: who may have it is decided when it is opened.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        linked => Ok(linked.and_then(|()| sync_name(path))?),
    }
}

/// Notes the last epoch that the sink has: by itself, as at the end of a stream nothing else is written.
fn deliver(numbers: &mut Table<'_, &str, u64>, epoch: u64) -> Result<(), StorageError> {
    numbers.insert("delivered", epoch)?;
    numbers.insert(DELIVERED_SUM, delivered_sum(epoch))?;
    Ok(())
}

fn delivered_sum(epoch: u64) -> u64 {
    fixed_hash(&(DELIVERED_SUM, epoch))
}

/// What tells that bytes have changed since they were committed.
fn sum(epoch: u64, offset: &[u8], state: &Sums, results: &[u8]) -> u64 {
    fixed_hash(&(epoch, offset, state.total(), results))
}

/// A damaged file makes the database panic in places.
fn contain<R>(work: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| "the database cannot make sense of it".to_string())
}
