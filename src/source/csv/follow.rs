#[cfg(feature = "checkpoint")]
mod place;
mod whole;

use super::dialect::Dialect;
use super::error::CsvError;
use crate::stage::{Inbox, Pull, Source};
use serde::de::DeserializeOwned;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::path::Path;
use std::time::{Duration, Instant};
pub(super) use whole::WholeRecords;

#[cfg(feature = "checkpoint")]
pub use place::CsvPlace;

/// The records of a CSV file that others append to, as they come. It is read as [`Csv`](crate::Csv) is.
///
/// A record is a `Result<T, CsvError>`: one that is malformed costs that record. `.try_map(|record| record)` brings errors before the failure
/// policy. A header that cannot be read, as a file that cannot, ends the stream.
///
/// A record is read when it has an end: half of one is none, and neither is half of a quoted field, whatever line ends it holds. The source never
/// ends, unless it is told to after some time without a record, or at the end of the file; then, what follows the last end is a record as well.
/// No more is held than what is read at once and the longest record; a quote that is never closed makes a record of the rest of the file.
///
/// With the feature `checkpoint` it can be read again from any of its records: a place is saved with some of the bytes before it, and a file that
/// is shorter, or has others there, or another header, is refused. What has no end yet is read anew. If it was taken for the last record, and has
/// been written on since, that is an error, too.
///
/// ```
/// use microbatch::prelude::*;
/// use microbatch::FollowCsv;
///
/// let path = std::env::temp_dir().join(format!("microbatch-follow-csv-{}", std::process::id()));
/// std::fs::write(&path, "city,people\nBerlin,3\nRome,many\n\"New\nYork\",8\n")?;
/// let (people, stats) = Pipeline::stream(FollowCsv::<(String, u64)>::open(&path)?.until_end())
///     .try_map(|city| city)
///     .on_failure(Skip)
///     .map(|(_, people)| people)
///     .integrator(Sum)
///     .try_run_with_stats()?;
/// assert_eq!((people, stats.failed), (11, 1));
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FollowCsv<T> {
    records: WholeRecords,
    quiet: Option<Duration>,
    /// When something came last.
    active: Instant,
    item: PhantomData<fn() -> T>,
}

impl<T> FollowCsv<T> {
    /// From the beginning of a file with a header. `T` is what its records are: a struct with the header's names, or a tuple of all fields in
    /// their order.
    ///
    /// # Errors
    /// Where it cannot be opened, or is a directory, a pipe or a device.
    ///
    /// ```
    /// use microbatch::FollowCsv;
    ///
    /// assert!(FollowCsv::<(String, u64)>::open("no-such-file.csv").is_err());
    /// ```
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let records = WholeRecords::open(path.as_ref())?;
        Ok(FollowCsv { records, quiet: None, active: Instant::now(), item: PhantomData })
    }

    /// What separates fields. Default: a comma.
    ///
    /// # Panics
    /// If it is not ASCII, or a quote or a line end.
    ///
    /// ```
    /// use microbatch::prelude::*;
    /// use microbatch::FollowCsv;
    ///
    /// # let path = std::env::temp_dir().join(format!("microbatch-follow-delimiter-{}", std::process::id()));
    /// std::fs::write(&path, "a;b\n1;2\n")?;
    /// let pairs = FollowCsv::<(u8, u8)>::open(&path)?.delimiter(b';').until_end();
    /// assert_eq!(Pipeline::stream(pairs).try_map(|pair| pair).try_run()?, [(1, 2)]);
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn delimiter(self, delimiter: u8) -> Self {
        self.dialect(|dialect| dialect.delimiter(delimiter))
    }

    /// The first record is a record, and no header. Default: it is the header.
    ///
    /// ```
    /// use microbatch::prelude::*;
    /// use microbatch::FollowCsv;
    ///
    /// # let path = std::env::temp_dir().join(format!("microbatch-follow-header-{}", std::process::id()));
    /// std::fs::write(&path, "1,2\n3,4\n")?;
    /// let pairs = FollowCsv::<(u8, u8)>::open(&path)?.without_header().until_end();
    /// assert_eq!(Pipeline::stream(pairs).try_map(|pair| pair).try_run()?, [(1, 2), (3, 4)]);
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn without_header(self) -> Self {
        self.dialect(Dialect::without_header)
    }

    fn dialect(self, change: impl FnOnce(Dialect) -> Dialect) -> Self {
        FollowCsv { records: self.records.dialect(change), ..self }
    }

    /// Ends when nothing has come for so long. Default: never.
    ///
    /// ```
    /// use microbatch::prelude::*;
    /// use microbatch::FollowCsv;
    /// use std::time::Duration;
    ///
    /// # let path = std::env::temp_dir().join(format!("microbatch-follow-quiet-{}", std::process::id()));
    /// std::fs::write(&path, "a,b\n1,2\n3,4")?;
    /// let pairs = FollowCsv::<(u8, u8)>::open(&path)?.until_quiet(Duration::from_millis(20));
    /// assert_eq!(Pipeline::stream(pairs).try_map(|pair| pair).try_run()?, [(1, 2), (3, 4)]);
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn until_quiet(self, quiet: Duration) -> Self {
        FollowCsv { quiet: Some(quiet), ..self }
    }

    /// Ends at the end of the file, where it does not wait for more. Default: it never ends.
    ///
    /// ```
    /// use microbatch::prelude::*;
    /// use microbatch::FollowCsv;
    ///
    /// # let path = std::env::temp_dir().join(format!("microbatch-follow-end-{}", std::process::id()));
    /// std::fs::write(&path, "a,b\n1,2\n3,4")?;
    /// let pairs = FollowCsv::<(u8, u8)>::open(&path)?.until_end();
    /// assert_eq!(Pipeline::stream(pairs).integrator(Count).try_run()?, 2);
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn until_end(self) -> Self {
        self.until_quiet(Duration::ZERO)
    }
}

impl<T> fmt::Debug for FollowCsv<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FollowCsv").field("records", &self.records).field("quiet", &self.quiet).finish_non_exhaustive()
    }
}

impl<T: DeserializeOwned + Send> Source for FollowCsv<T> {
    type Item = Result<T, CsvError>;
    type Error = io::Error;

    fn pull(&mut self, max: usize, inbox: &mut Inbox<Self::Item>) -> io::Result<Pull> {
        if self.records.give(max, inbox)? {
            return Ok(Pull::Ready);
        }
        if self.records.read()? > 0 {
            self.active = Instant::now();
            return Ok(Pull::Ready);
        }
        match self.quiet {
            Some(quiet) if self.active.elapsed() >= quiet => {
                self.records.give_last(inbox)?;
                Ok(Pull::End)
            }
            _ => Ok(Pull::Idle),
        }
    }
}

#[cfg(feature = "checkpoint")]
impl<T: DeserializeOwned + Send> crate::saved::Replay for FollowCsv<T> {
    type Offset = CsvPlace;

    fn offset(&self) -> CsvPlace {
        self.records.place()
    }

    fn seek(&mut self, place: CsvPlace) -> io::Result<()> {
        self.records.seek(place)
    }
}
