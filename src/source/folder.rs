//! The files of a folder, one after the other.

#[cfg(feature = "checkpoint")]
mod place;

use super::followed::Followed;
use crate::stage::{Inbox, Pull};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[cfg(feature = "checkpoint")]
pub use place::FolderPlace;
#[cfg(feature = "checkpoint")]
pub(super) use place::Replays;

/// How long the names in a folder are taken for those that are there, while nothing comes.
const LOOK: Duration = Duration::from_millis(20);

/// How the files of a folder are read.
pub(super) trait Reads {
    type File: AsRef<Followed>;
    type Record;

    /// At its beginning.
    fn open(&self, path: &Path) -> io::Result<Self::File>;

    /// Gives up to so many records, or reads on; whether there was anything.
    fn give(&self, file: &mut Self::File, max: usize, inbox: &mut Inbox<Self::Record>) -> io::Result<bool>;

    /// Gives what is left as a record, if there is anything.
    fn give_last(&self, file: &mut Self::File, inbox: &mut Inbox<Self::Record>) -> io::Result<()>;
}

/// The files of a folder, in the order of their names.
#[derive(Debug)]
pub(super) struct Folder<R, F> {
    pub(super) reads: R,
    folder: PathBuf,
    follows: bool,
    /// The file that is being read.
    current: Option<Open<F>>,
    /// How many files were done before it.
    done: u64,
    /// What there was when it was last looked.
    names: BTreeSet<OsString>,
    looked: Instant,
}

#[derive(Debug)]
struct Open<F> {
    name: OsString,
    file: F,
}

impl<R: Reads> Folder<R, R::File> {
    /// That ends after the last file, or `follows`.
    pub(super) fn new(folder: &Path, follows: bool, reads: R) -> io::Result<Self> {
        let names = names(folder)?;
        Ok(Folder { reads, folder: folder.to_path_buf(), follows, current: None, done: 0, names, looked: Instant::now() })
    }

    pub(super) fn pull(&mut self, max: usize, inbox: &mut Inbox<R::Record>) -> io::Result<Pull> {
        if let Some(Open { file, .. }) = &mut self.current
            && self.reads.give(file, max, inbox)?
        {
            return Ok(Pull::Ready);
        }
        self.end_of_file(inbox)
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

    fn open(&self, name: &OsString) -> io::Result<Open<R::File>> {
        Ok(Open { name: name.clone(), file: self.reads.open(&self.folder.join(name))? })
    }

    /// The file is done, as there is another one: the last record is given, and the next file is opened.
    fn go_on(&mut self, inbox: &mut Inbox<R::Record>) -> io::Result<()> {
        let Some(next) = self.next().cloned() else { return Ok(()) };
        if let Some(Open { file, .. }) = &mut self.current {
            check(file.as_ref())?;
            self.reads.give_last(file, inbox)?;
            self.done += 1;
        }
        self.current = Some(self.open(&next)?);
        Ok(())
    }

    /// Nothing more is in the file that is being read.
    fn end_of_file(&mut self, inbox: &mut Inbox<R::Record>) -> io::Result<Pull> {
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
                self.reads.give_last(file, inbox)?;
            }
            return Ok(Pull::End);
        }
        self.go_on(inbox)?;
        Ok(Pull::Ready)
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
