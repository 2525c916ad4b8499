use crate::error::BoxError;
use crate::stage::Sink;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A folder of files, one for each micro-batch that has results, a line a result: complete or not there.
///
/// A file is written beside its place, synced, and moved there, so that who lists the folder never sees half of one. They are numbered,
/// `00000000.txt` and so on, after those that are there already.
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
#[derive(Clone, Debug)]
pub struct EpochFiles<F> {
    folder: PathBuf,
    line: F,
    next: u64,
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
        fs::create_dir_all(&folder)?;
        let mut next = 0;
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let number = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<u64>().ok());
            next = next.max(number.map_or(0, |number| number + 1));
        }
        Ok(EpochFiles { folder, line, next })
    }
}

impl<T, F: Fn(&T) -> String + Send> Sink<T> for EpochFiles<F> {
    fn write(&mut self, results: Vec<T>) -> Result<(), BoxError> {
        let mut text = String::new();
        for result in &results {
            writeln!(text, "{}", (self.line)(result))?;
        }
        let place = self.folder.join(format!("{:08}.txt", self.next));
        let beside = place.with_extension("part");
        let file = fs::File::create(&beside)?;
        io::Write::write_all(&mut &file, text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &place)?;
        self.next += 1;
        Ok(())
    }
}
