use super::folder::{Folder, Reads};
use super::followed::{Followed, put_line};
use crate::stage::{Inbox, Pull, Source};
use std::io;
use std::path::Path;

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
pub struct FolderLines(Folder<Lines, Followed>);

/// The lines of each.
#[derive(Debug)]
struct Lines;

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
        Folder::new(folder, follows, Lines).map(FolderLines)
    }
}

impl Reads for Lines {
    type File = Followed;
    type Record = String;

    fn open(&self, path: &Path) -> io::Result<Followed> {
        Followed::open(path)
    }

    fn give(&self, file: &mut Followed, max: usize, inbox: &mut Inbox<String>) -> io::Result<bool> {
        if file.lines(max, |line| put_line(inbox, line))? > 0 {
            return Ok(true);
        }
        let is_between = file.rest().is_empty();
        let has_more = file.read()? > 0;
        if has_more && is_between {
            file.check_line_end()?;
        }
        Ok(has_more)
    }

    fn give_last(&self, file: &mut Followed, inbox: &mut Inbox<String>) -> io::Result<()> {
        file.last_line(|line| put_line(inbox, line))
    }
}

impl Source for FolderLines {
    type Item = String;
    type Error = io::Error;

    fn pull(&mut self, max: usize, inbox: &mut Inbox<String>) -> io::Result<Pull> {
        self.0.pull(max, inbox)
    }
}

#[cfg(feature = "checkpoint")]
impl super::folder::Replays for Lines {
    type Place = super::FilePlace;

    fn place(file: &Followed) -> super::FilePlace {
        file.place()
    }

    fn offset(place: &super::FilePlace) -> u64 {
        place.offset
    }

    fn seek(file: &mut Followed, place: super::FilePlace) -> io::Result<()> {
        file.seek(place)?;
        if file.len()? > file.offset() { file.check_line_end() } else { Ok(()) }
    }
}

#[cfg(feature = "checkpoint")]
impl crate::saved::Replay for FolderLines {
    type Offset = super::FolderPlace<super::FilePlace>;

    fn offset(&self) -> Self::Offset {
        self.0.place()
    }

    fn seek(&mut self, place: Self::Offset) -> io::Result<()> {
        self.0.seek(place)
    }
}
