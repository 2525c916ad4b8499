#[cfg(feature = "checkpoint")]
mod manifest;
mod place;
#[cfg(feature = "checkpoint")]
mod transactional;

use crate::data::make_folder;
use crate::error::BoxError;
use crate::stage::Sink;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

#[cfg(feature = "checkpoint")]
pub use manifest::EpochFile;

/// A folder of files, one for each micro-batch or epoch that has results, a line a result: complete or not there.
///
/// A file is written beside its place, synced, and moved there, so that who lists the folder never sees half of one. Those of
/// micro-batches are numbered, `00000000.txt` and so on, after those that are there already.
///
/// ```
/// use microbatch::prelude::*;
/// use microbatch::EpochFiles;
///
/// let folder = std::env::temp_dir().join(format!("microbatch-epochs-{}", std::process::id()));
/// let sink = EpochFiles::in_folder(&folder, |n: &u64| n.to_string())?;
/// Pipeline::stream(1..=5u64).trigger(Records::of(3)).run_into(sink)?;
/// assert_eq!(std::fs::read_to_string(folder.join("00000001.txt"))?, "4\n5\n");
/// std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Exactly once
/// With the feature `checkpoint` it is a `TransactionalSink`: the file of an epoch is named by the pipeline and the epoch, `totals-00000007.txt`,
/// and a manifest, `totals.manifest`, gets a line when it is complete: its name, the epoch, how many lines and bytes it has, their
/// CRC-32, and the CRC-32 of the line itself. What is listed is complete and will not change: read it by `EpochFile::all`. The manifest,
/// and not the file, decides whether an epoch is there, so files that were listed may be taken away.
///
/// | crash | left behind | when the epoch is delivered again |
/// |---|---|---|
/// | while the file is written | half of a `.part` | it is removed, and the file is written |
/// | after it is synced, before it is moved | a whole `.part` | the same |
/// | after it is moved, before the manifest is written | a whole file that is not listed | the file is written again, with the same lines |
/// | while the manifest is written | half of a last line, which no reader takes for one | it is cut off, and the same |
/// | after the manifest is synced | everything | nothing changes |
///
/// What no crash leaves is an error: a line of the manifest that has its end and a wrong sum, and a file that is not listed, but for that of the epoch
/// that is delivered again. Then the manifest was damaged or cut off.
///
/// An epoch that is listed with other lines, or is older than the last one and not listed, is of another run, as when a checkpoint was
/// deleted and its results were not: it is an error, instead of being taken for one that is there. So `line` must make the same of the same
/// result. One stream writes to a pipeline's files at a time, which its checkpoint sees to.
#[derive(Clone, Debug)]
pub struct EpochFiles<F> {
    folder: PathBuf,
    line: F,
    next: u64,
    #[cfg(feature = "checkpoint")]
    written: Option<transactional::Written>,
}

impl<F> EpochFiles<F> {
    /// In a folder, which is made if it is not there; `line` makes a line of a result.
    ///
    /// # Errors
    /// Where the folder cannot be made or read.
    pub fn in_folder<T>(folder: impl AsRef<Path>, line: F) -> io::Result<Self>
    where
        F: Fn(&T) -> String,
    {
        let folder = folder.as_ref().to_path_buf();
        make_folder(&folder)?;
        let mut next = 0;
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let number = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<u64>().ok());
            next = next.max(number.map_or(0, |number| number.saturating_add(1)));
        }
        Ok(EpochFiles {
            folder,
            line,
            next,
            #[cfg(feature = "checkpoint")]
            written: None,
        })
    }
}

impl<F> EpochFiles<F> {
    /// A line a result.
    fn text<T>(&self, results: &[T]) -> Result<String, std::fmt::Error>
    where
        F: Fn(&T) -> String,
    {
        let mut text = String::new();
        results.iter().try_for_each(|result| writeln!(text, "{}", (self.line)(result)))?;
        Ok(text)
    }
}

impl<T, F: Fn(&T) -> String + Send> Sink<T> for EpochFiles<F> {
    fn write(&mut self, results: Vec<T>) -> Result<(), BoxError> {
        place::place(&self.folder.join(format!("{:08}.txt", self.next)), self.text(&results)?.as_bytes())?;
        self.next += 1;
        Ok(())
    }
}
