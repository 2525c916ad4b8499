#[cfg(feature = "checkpoint")]
mod place;

use super::followed::{Followed, put_line};
use crate::stage::{Inbox, Pull, Source};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[cfg(feature = "checkpoint")]
pub use place::FolderPlace;

/// How long the names in a folder are taken for those that are there, while nothing comes.
const LOOK: Duration = Duration::from_millis(20);

/// The lines of the files in a folder, file after file in the order of their names, byte by byte: `a10` comes before `a9`.
///
/// Files come whole, moved into the folder, or are appended to until there is one with a later name: then what follows the last line end of the
/// file before is a line as well. Folders in it, and files whose names begin with a dot or end with `.part`, are passed over. So that
/// nothing is lost silently, it is an error when a file appears whose name is before that of the file that is being read, or when that
/// file becomes shorter, vanishes or is replaced before it is done.
///
/// With the feature `checkpoint` it can be read again from any line. The file of the saved place must be there, no shorter, and have the same bytes
/// before the place; files with earlier names may have been deleted, but there may be no more of them than were read.
///
/// ```
/// use microbatch::FolderLines;
/// use microbatch::prelude::*;
///
/// let folder = std::env::temp_dir().join(format!("microbatch-folder-{}", std::process::id()));
/// std::fs::create_dir_all(&folder)?;
/// std::fs::write(folder.join("day-2"), "or\nnot\n")?;
/// std::fs::write(folder.join("day-1"), "to\nbe")?;
/// assert_eq!(Pipeline::stream(FolderLines::of(&folder)?).try_run()?, ["to", "be", "or", "not"]);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FolderLines {
    folder: PathBuf,
    follows: bool,
    /// The file that is being read.
    current: Option<Open>,
    /// How many files were done before it.
    done: u64,
    /// What there was when it was last looked.
    names: BTreeSet<OsString>,
    looked: Instant,
}

#[derive(Debug)]
struct Open {
    name: OsString,
    file: Followed,
}

impl FolderLines {
    /// Of the files that are there, and come until the last one is done: then it ends.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn of(folder: impl AsRef<Path>) -> io::Result<Self> {
        FolderLines::new(folder.as_ref(), false)
    }

    /// Of the files that are there, and of all that will be: it never ends.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    ///
    /// ```
    /// use microbatch::FolderLines;
    /// use microbatch::prelude::*;
    ///
    /// let folder = std::env::temp_dir().join(format!("microbatch-folder-follow-{}", std::process::id()));
    /// std::fs::create_dir_all(&folder)?;
    /// std::fs::write(folder.join("1"), "to\n")?;
    /// let mut lines = Pipeline::stream(FolderLines::follow(&folder)?).try_iter();
    /// assert_eq!(lines.next().transpose()?.as_deref(), Some("to"));
    /// std::fs::write(folder.join("2"), "be\n")?;
    /// assert_eq!(lines.next().transpose()?.as_deref(), Some("be"));
    /// # drop(lines);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn follow(folder: impl AsRef<Path>) -> io::Result<Self> {
        FolderLines::new(folder.as_ref(), true)
    }

    fn new(folder: &Path, follows: bool) -> io::Result<Self> {
        let names = names(folder)?;
        Ok(FolderLines { folder: folder.to_path_buf(), follows, current: None, done: 0, names, looked: Instant::now() })
    }

    /// Looks which files there are.
    fn look(&mut self) -> io::Result<()> {
        let names = names(&self.folder)?;
        if let Some(Open { name, .. }) = &self.current
            && let Some(late) = names.range(..name.clone()).find(|late| !self.names.contains(*late))
        {
            return Err(late_file(&self.folder.join(late), &self.folder.join(name)));
        }
        (self.names, self.looked) = (names, Instant::now());
        Ok(())
    }

    /// The first file after the one that is being read.
    fn next(&self) -> Option<&OsString> {
        use std::ops::Bound::{Excluded, Unbounded};
        match &self.current {
            Some(open) => self.names.range::<OsString, _>((Excluded(&open.name), Unbounded)).next(),
            None => self.names.first(),
        }
    }

    fn open(&self, name: &OsString) -> io::Result<Open> {
        Ok(Open { name: name.clone(), file: Followed::open(&self.folder.join(name))? })
    }

    /// The file is done, as there is another one: the last line is given, and the next file is opened.
    fn go_on(&mut self, inbox: &mut Inbox<String>) -> io::Result<()> {
        let Some(next) = self.next().cloned() else { return Ok(()) };
        if let Some(Open { file, .. }) = &mut self.current {
            check(file)?;
            file.last_line(|line| put_line(inbox, line))?;
            self.done += 1;
        }
        self.current = Some(self.open(&next)?);
        Ok(())
    }

    /// Nothing more is in the file that is being read.
    fn end_of_file(&mut self, inbox: &mut Inbox<String>) -> io::Result<Pull> {
        if self.next().is_none() {
            if self.follows && self.looked.elapsed() < LOOK {
                return Ok(Pull::Idle);
            }
            self.look()?;
            // What was appended before the next file came is read first.
            if self.next().is_some() {
                return Ok(Pull::Ready);
            }
            if self.follows {
                return Ok(Pull::Idle);
            }
            if let Some(Open { file, .. }) = &mut self.current {
                file.last_line(|line| put_line(inbox, line))?;
            }
            return Ok(Pull::End);
        }
        self.go_on(inbox)?;
        Ok(Pull::Ready)
    }
}

impl Source for FolderLines {
    type Item = String;
    type Error = io::Error;

    fn pull(&mut self, max: usize, inbox: &mut Inbox<String>) -> io::Result<Pull> {
        if let Some(Open { file, .. }) = &mut self.current {
            if file.lines(max, |line| put_line(inbox, line))? > 0 {
                return Ok(Pull::Ready);
            }
            let is_between = file.rest().is_empty();
            if file.read()? > 0 {
                return if is_between { file.check_line_end().map(|()| Pull::Ready) } else { Ok(Pull::Ready) };
            }
        }
        self.end_of_file(inbox)
    }
}

/// The names of the files in a folder.
fn names(folder: &Path) -> io::Result<BTreeSet<OsString>> {
    let failed = |error: io::Error| io::Error::new(error.kind(), format!("the folder {} cannot be read: {error}", folder.display()));
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let bytes = name.as_encoded_bytes();
        if bytes.starts_with(b".") || bytes.ends_with(b".part") || entry.path().is_dir() {
            continue;
        }
        names.insert(name);
    }
    Ok(names)
}

fn late_file(late: &Path, current: &Path) -> io::Error {
    let what = "name files so that later ones come later";
    let what = format!("{} has appeared before {}, which is being read, and would be lost: {what}", late.display(), current.display());
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// All of what is in the place of a file was read.
fn check(file: &Followed) -> io::Result<()> {
    let end = file.offset() + file.rest().len() as u64;
    match fs::metadata(file.path()) {
        Ok(metadata) if metadata.len() == end => Ok(()),
        Ok(metadata) => {
            Err(file.error(format_args!("another file of {} bytes is in its place: let it be until there is a later one", metadata.len())))
        }
        Err(error) => Err(file.error(format_args!("it is not there any more ({error}): let it be until it is done"))),
    }
}
