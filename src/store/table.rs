use super::error::StoreErrorKind;
use super::mark::Mark;
use super::redb::NUMBERS;
use super::{StoreError, rows, writer};
use crate::data::{Pane, Window};
use crate::error::BoxError;
use crate::saved::{DamagedState, contained, put, take};
use crate::stage::{Epoch, Rows, TransactionalSink};
use redb::{Database, ReadOnlyTable, ReadableDatabase, ReadableTable, TableError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// A table in the checkpoint's own file, as the sink of [`run_exactly_once`](crate::Pipeline::run_exactly_once): of each key and window the
/// last value.
///
/// Its rows are written by the transaction that commits the state they come from: nothing is kept to be delivered again, and nothing needs to know
/// which epoch it has. A pane of a key and window that has a row replaces its value, as a late one does. Rows are never removed. [`TableReader`]
/// reads them when the stream has ended.
///
/// ```
/// # #[derive(Default)] struct Log { at: u64 }
/// # impl microbatch::Source for Log {
/// #     type Item = u64;
/// #     type Error = std::convert::Infallible;
/// #     fn pull(&mut self, max: usize, inbox: &mut microbatch::Inbox<u64>) -> Result<microbatch::Pull, Self::Error> {
/// #         let end = 100.min(self.at + max as u64);
/// #         (self.at..end).for_each(|n| inbox.push(n));
/// #         self.at = end;
/// #         Ok(if end == 100 { microbatch::Pull::End } else { microbatch::Pull::Ready })
/// #     }
/// # }
/// # impl microbatch::Replay for Log {
/// #     type Offset = u64;
/// #     fn offset(&self) -> u64 { self.at }
/// #     fn seek(&mut self, at: u64) -> Result<(), Self::Error> { self.at = at; Ok(()) }
/// # }
/// # let file = std::env::temp_dir().join(format!("microbatch-table-{}.redb", std::process::id()));
/// # let log = Log::default();
/// use microbatch::prelude::*;
/// use microbatch::{Table, TableReader};
/// use std::time::Duration;
///
/// Pipeline::stream(log) // The numbers to 100.
///     .event_time(|n| Timestamp::from_secs(*n as i64))
///     .window(Tumbling::of(Duration::from_secs(50)))
///     .key_by(|n| n % 2)
///     .integrator(Count)
///     .checkpoint(Checkpoint::at(&file)?)
///     .run_exactly_once(Table::named("counts"))?;
///
/// let counts = TableReader::<u64, u64>::open(&file, "counts")?;
/// let first = Window::new(Timestamp::from_secs(0), Timestamp::from_secs(50));
/// assert_eq!(counts.get(first, &1)?, Some(25));
/// assert_eq!(counts.rows()?.len(), 4);
/// # drop(counts);
/// # std::fs::remove_file(&file)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    name: String,
}

impl Table {
    /// The table of this name, which is made with its first row. Any name will do: the store's own tables have other ones.
    pub fn named(name: impl Into<String>) -> Self {
        Table { name: name.into() }
    }
}

impl<K: Serialize, V: Serialize> TransactionalSink<Pane<K, V>> for Table {
    /// Nothing is left to be done.
    fn deliver(&mut self, _: &Epoch, _: Vec<Pane<K, V>>) -> Result<(), BoxError> {
        Ok(())
    }

    fn rows(&mut self, results: &[Pane<K, V>]) -> Result<Option<Rows>, BoxError> {
        let row = |pane: &Pane<K, V>| -> Result<(Vec<u8>, Vec<u8>), DamagedState> {
            let mut value = Vec::new();
            put(&mut value, &pane.value)?;
            Ok((rows::key(pane.window, &pane.key)?, value))
        };
        let rows = contained(|| results.iter().map(row).collect::<Result<_, _>>())?;
        Ok(Some(Rows { table: self.name.clone(), rows }))
    }
}

/// Reads a [`Table`]: values by window and key.
///
/// The file is open while this lives, so that no stream can run on it.
pub struct TableReader<K, V> {
    path: PathBuf,
    /// None where nothing has been written yet.
    table: Option<ReadOnlyTable<&'static [u8], rows::Row>>,
    /// Behind the table: it is dropped last.
    _database: Database,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K, V> fmt::Debug for TableReader<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableReader").field("path", &self.path).finish_non_exhaustive()
    }
}

impl<K, V> TableReader<K, V> {
    /// The table of this name in a checkpoint's file; an empty one where nothing has been written into it.
    ///
    /// # Errors
    /// Where there is no such file, where a stream has it open, and where it is damaged, or knows less than was committed.
    pub fn open(path: impl Into<PathBuf>, name: &str) -> Result<Self, StoreError> {
        let path = path.into();
        let open = || -> Result<_, redb::Error> {
            let database = Database::open(&path)?;
            let (name, read) = (rows::name(name), database.begin_read()?);
            let table = there(read.open_table(rows::table(&name)))?;
            let epoch = match there(read.open_table(NUMBERS))? {
                Some(numbers) => numbers.get("epoch")?.map_or(0, |epoch| epoch.value()),
                None => 0,
            };
            Ok((database, table, epoch))
        };
        let (database, table, epoch) = contain(&path, open)?;
        Mark::check(&path, epoch)?;
        Ok(TableReader { path, table, _database: database, types: PhantomData })
    }
}

impl<K: Serialize + DeserializeOwned, V: DeserializeOwned> TableReader<K, V> {
    /// The value of a key in a window.
    ///
    /// # Errors
    /// Where the file cannot be read, is damaged, or holds values of another type.
    pub fn get(&self, window: Window, key: &K) -> Result<Option<V>, StoreError> {
        let Some(table) = &self.table else { return Ok(None) };
        let bytes = contained(|| rows::key(window, key)).map_err(|error| damaged(&self.path, error))?;
        let found = contain(&self.path, || Ok(table.get(bytes.as_slice())?))?;
        found.map(|value| self.value(&bytes, value.value())).transpose()
    }

    /// All rows, by window, then key.
    ///
    /// # Errors
    /// Where the file cannot be read, is damaged, or holds keys or values of another type.
    pub fn rows(&self) -> Result<Vec<(Window, K, V)>, StoreError>
    where
        K: Ord,
    {
        let mut found = Vec::new();
        if let Some(table) = &self.table {
            for entry in contain(&self.path, || Ok(table.iter()?))? {
                let (key, value) = contain(&self.path, || Ok(entry?))?;
                found.push(self.row(key.value(), value.value())?);
            }
        }
        // The file has them by the bytes of their keys, which of numbers is another order.
        found.sort_by(|(window, key, _), (other, other_key, _)| (window.start, window.end, key).cmp(&(other.start, other.end, other_key)));
        Ok(found)
    }

    fn row(&self, bytes: &[u8], value: (u64, &[u8])) -> Result<(Window, K, V), StoreError> {
        let none = || damaged(&self.path, "a row has no window");
        let (window, mut key) = rows::split(bytes).ok_or_else(none)?;
        let value = self.value(bytes, value)?;
        Ok((window, contained(|| take(&mut key)).map_err(|error| damaged(&self.path, error))?, value))
    }

    fn value(&self, key: &[u8], (sum, mut bytes): (u64, &[u8])) -> Result<V, StoreError> {
        if sum != rows::sum(key, bytes) {
            return Err(damaged(&self.path, "the sum of a row is wrong"));
        }
        let value = contained(|| take(&mut bytes)).map_err(|error| damaged(&self.path, error))?;
        if bytes.is_empty() { Ok(value) } else { Err(damaged(&self.path, "a value is longer than one of this type")) }
    }
}

fn damaged(path: &Path, error: impl fmt::Display) -> StoreError {
    StoreError::new(path, StoreErrorKind::Damaged(error.to_string()))
}

/// A table, if it is there.
fn there<T>(opened: Result<T, TableError>) -> Result<Option<T>, TableError> {
    match opened {
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        opened => opened.map(Some),
    }
}

/// Reads; a damaged file makes the database panic in places.
fn contain<R>(path: &Path, work: impl FnOnce() -> Result<R, redb::Error>) -> Result<R, StoreError> {
    let done = catch_unwind(AssertUnwindSafe(work)).map_err(|_| damaged(path, "the database cannot make sense of it"))?;
    done.map_err(|error| match error {
        redb::Error::DatabaseAlreadyOpen => StoreError::new(path, writer::refused(path)),
        redb::Error::Io(error) => StoreError::new(path, StoreErrorKind::Failed(error.to_string())),
        error => damaged(path, error),
    })
}
