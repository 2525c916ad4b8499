use super::dialect::Dialect;
use super::error::CsvError;
use super::follow::WholeRecords;
use crate::source::folder::{Folder, Reads};
use crate::stage::{Inbox, Pull, Source};
use serde::de::DeserializeOwned;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::path::Path;

/// The records of the CSV files in a folder, file after file in the order of their names, as [`FolderLines`](crate::FolderLines) has them; each file is
/// read as [`FollowCsv`](crate::FollowCsv) reads one, and has a header of its own.
///
/// A record is a `Result<T, CsvError>`, whose error names the file: one that is malformed costs that record. A quote that is never closed makes a
/// record of the rest of its file. A header that cannot be read, as a file that cannot, ends the stream.
///
/// With the feature `checkpoint` it can be read again from any of its records: the file of the saved place must be there, no shorter, and have the same
/// header and the same bytes before the place; files with earlier names may have been deleted, but there may be no more of them than were read.
///
/// ```
/// use microbatch::prelude::*;
/// use microbatch::FolderCsv;
///
/// let folder = std::env::temp_dir().join(format!("microbatch-folder-csv-{}", std::process::id()));
/// std::fs::create_dir_all(&folder)?;
/// std::fs::write(folder.join("day-2.csv"), "city,people\nRome,many\nOslo,4\n")?;
/// std::fs::write(folder.join("day-1.csv"), "city,people\n\"New\nYork\",8\nBerlin,3")?;
/// let (people, stats) = Pipeline::stream(FolderCsv::<(String, u64)>::of(&folder)?)
///     .try_map(|city| city)
///     .on_failure(Skip)
///     .map(|(_, people)| people)
///     .integrator(Sum)
///     .try_run_with_stats()?;
/// assert_eq!((people, stats.failed), (15, 1));
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FolderCsv<T>(Folder<Records<T>, WholeRecords>);

/// The records of each file.
struct Records<T> {
    dialect: Dialect,
    item: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> FolderCsv<T> {
    /// Of the files that are there, and come until the last one is done: then it ends. `T` is what records are: a struct with the headers' names, or
    /// a tuple of all fields in their order.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn of(folder: impl AsRef<Path>) -> io::Result<Self> {
        FolderCsv::new(folder.as_ref(), false)
    }

    /// Of the files that are there, and of all that will be: it never ends.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    ///
    /// ```
    /// use microbatch::FolderCsv;
    /// use microbatch::prelude::*;
    ///
    /// let folder = std::env::temp_dir().join(format!("microbatch-folder-csv-follow-{}", std::process::id()));
    /// std::fs::create_dir_all(&folder)?;
    /// std::fs::write(folder.join("1.csv"), "a,b\n1,2\n")?;
    /// let mut pairs = Pipeline::stream(FolderCsv::<(u8, u8)>::follow(&folder)?).try_map(|pair| pair).try_iter();
    /// assert_eq!(pairs.next().transpose()?, Some((1, 2)));
    /// std::fs::write(folder.join("2.csv"), "a,b\n3,4\n")?;
    /// assert_eq!(pairs.next().transpose()?, Some((3, 4)));
    /// # drop(pairs);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn follow(folder: impl AsRef<Path>) -> io::Result<Self> {
        FolderCsv::new(folder.as_ref(), true)
    }

    fn new(folder: &Path, follows: bool) -> io::Result<Self> {
        Folder::new(folder, follows, Records { dialect: Dialect::default(), item: PhantomData }).map(FolderCsv)
    }

    /// What separates fields. Default: a comma.
    ///
    /// # Panics
    /// If it is not ASCII, or a quote or a line end.
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.0.reads.dialect = self.0.reads.dialect.delimiter(delimiter);
        self
    }

    /// The first record of each file is a record, and no header. Default: it is the header.
    ///
    /// ```
    /// use microbatch::prelude::*;
    /// use microbatch::FolderCsv;
    ///
    /// # let folder = std::env::temp_dir().join(format!("microbatch-folder-csv-header-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// std::fs::write(folder.join("1.csv"), "1;2\n")?;
    /// std::fs::write(folder.join("2.csv"), "3;4\n")?;
    /// let pairs = FolderCsv::<(u8, u8)>::of(&folder)?.delimiter(b';').without_header();
    /// assert_eq!(Pipeline::stream(pairs).try_map(|pair| pair).try_run()?, [(1, 2), (3, 4)]);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn without_header(mut self) -> Self {
        self.0.reads.dialect = self.0.reads.dialect.without_header();
        self
    }
}

impl<T> fmt::Debug for FolderCsv<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FolderCsv").finish_non_exhaustive()
    }
}

impl<T: DeserializeOwned> Reads for Records<T> {
    type File = WholeRecords;
    type Record = Result<T, CsvError>;

    fn open(&self, path: &Path) -> io::Result<WholeRecords> {
        Ok(WholeRecords::open(path)?.dialect(|_| self.dialect))
    }

    fn give(&self, file: &mut WholeRecords, max: usize, inbox: &mut Inbox<Self::Record>) -> io::Result<bool> {
        Ok(file.give(max, inbox)? || file.read()? > 0)
    }

    fn give_last(&self, file: &mut WholeRecords, inbox: &mut Inbox<Self::Record>) -> io::Result<()> {
        file.give_last(inbox)
    }
}

impl<T: DeserializeOwned + Send> Source for FolderCsv<T> {
    type Item = Result<T, CsvError>;
    type Error = io::Error;

    fn pull(&mut self, max: usize, inbox: &mut Inbox<Self::Item>) -> io::Result<Pull> {
        self.0.pull(max, inbox)
    }
}

#[cfg(feature = "checkpoint")]
impl<T: DeserializeOwned> crate::source::folder::Replays for Records<T> {
    type Place = super::CsvPlace;

    fn place(file: &WholeRecords) -> super::CsvPlace {
        file.place()
    }

    fn offset(place: &super::CsvPlace) -> u64 {
        place.offset()
    }

    fn seek(file: &mut WholeRecords, place: super::CsvPlace) -> io::Result<()> {
        file.seek(place)
    }
}

#[cfg(feature = "checkpoint")]
impl<T: DeserializeOwned + Send> crate::saved::Replay for FolderCsv<T> {
    type Offset = crate::source::FolderPlace<super::CsvPlace>;

    fn offset(&self) -> Self::Offset {
        self.0.place()
    }

    fn seek(&mut self, place: Self::Offset) -> io::Result<()> {
        self.0.seek(place)
    }
}
