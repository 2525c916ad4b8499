use super::dialect::Dialect;
use super::error::CsvError;
use super::input::Input;
use super::records::CsvRecords;
use crate::source::TextFile;
use std::path::Path;

/// A file of CSV, larger than memory perhaps. It is read as [`Csv`](crate::Csv) is.
///
/// The cut reads the file once from its beginning to its end, block by block; then workers read the bytes of their batches. A run holds no more
/// than a batch for each thread: about a block, or what was asked of [`Chunks`](crate::Chunks), and the longest record. A quote that is never
/// closed makes a record of the rest of the file.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
///
/// # let path = std::env::temp_dir().join(format!("microbatch-csv-file-{}", std::process::id()));
/// std::fs::write(&path, "city,people\nBerlin,3\n\"New\nYork\",8\n")?;
/// let cities = CsvFile::open(&path)?.records::<(String, u64)>();
/// let people = Pipeline::over(cities).try_map(|city| city).map(|(_, people)| people).integrator(Sum).try_run()?;
/// assert_eq!(people, 11);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "name what its records are: `.records::<T>()`"]
pub struct CsvFile {
    file: TextFile,
    dialect: Dialect,
}

impl CsvFile {
    /// Opens a file with a header.
    ///
    /// # Errors
    /// [`CsvError`] where it cannot be opened, or is a directory, a pipe or a device.
    ///
    /// ```
    /// use microbatch::CsvFile;
    ///
    /// assert!(CsvFile::open("no-such-file.csv").unwrap_err().is_io());
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self, CsvError> {
        Ok(CsvFile { file: TextFile::open(path)?, dialect: Dialect::default() })
    }

    /// How many bytes make a batch, up to the end of the record, where none is asked of [`Chunks`](crate::Chunks). Default 1 MiB.
    ///
    /// # Panics
    /// If `bytes` is 0.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// # let path = std::env::temp_dir().join(format!("microbatch-csv-block-{}", std::process::id()));
    /// std::fs::write(&path, "a,b\n1,2\n3,4\n5,6\n")?;
    /// let pairs = CsvFile::open(&path)?.block(6).records::<(u8, u8)>();
    /// assert_eq!(Pipeline::over(pairs).process(|batch| batch.into_iter().count()).run(), [2, 1]);
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn block(self, bytes: usize) -> Self {
        CsvFile { file: self.file.block(bytes), ..self }
    }

    /// What separates fields. Default: a comma.
    ///
    /// # Panics
    /// If it is not ASCII, or a quote or a line end.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// # let path = std::env::temp_dir().join(format!("microbatch-csv-delimiter-{}", std::process::id()));
    /// std::fs::write(&path, "a;b\n1;2\n")?;
    /// let pairs = CsvFile::open(&path)?.delimiter(b';').records::<(u8, u8)>();
    /// assert_eq!(Pipeline::over(pairs).try_map(|pair| pair).try_run()?, [(1, 2)]);
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn delimiter(self, delimiter: u8) -> Self {
        CsvFile { dialect: self.dialect.delimiter(delimiter), ..self }
    }

    /// The first record is a record, and no header. Default: it is the header.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// # let path = std::env::temp_dir().join(format!("microbatch-csv-header-{}", std::process::id()));
    /// std::fs::write(&path, "1,2\n3,4\n")?;
    /// let pairs = CsvFile::open(&path)?.without_header().records::<(u8, u8)>();
    /// assert_eq!(Pipeline::over(pairs).try_map(|pair| pair).try_run()?, [(1, 2), (3, 4)]);
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn without_header(self) -> Self {
        CsvFile { dialect: self.dialect.without_header(), ..self }
    }

    /// What its records are: a struct with the header's names, or a tuple of all fields in their order.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Pair { a: u8, b: u8 }
    ///
    /// # let path = std::env::temp_dir().join(format!("microbatch-csv-records-{}", std::process::id()));
    /// std::fs::write(&path, "b,a\n1,2\n")?;
    /// let pairs = CsvFile::open(&path)?.records::<Pair>();
    /// assert_eq!(Pipeline::over(pairs).try_map(|pair| pair).map(|pair| pair.a - pair.b).try_run()?, [1]);
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn records<T>(self) -> CsvRecords<'static, T> {
        CsvRecords::new(Input::File(self.file), self.dialect)
    }
}
