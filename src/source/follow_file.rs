use super::followed::{Followed, put_line};
use crate::stage::{Inbox, Pull, Source};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// The lines of a file that others append to, as they come: without their ends, which are `"\n"` or `"\r\n"`.
///
/// A line is read when it has an end. The source never ends, unless it is told to after some time without a line, or at the end of the file;
/// then, what follows the last end is a line as well.
///
/// With the feature `checkpoint` it can be read again from any of its lines: a place is saved with some of the bytes before it, and a file that is
/// shorter, or has others there, is refused. What has no end yet is no line, and is read anew. If it was taken for the last line, and has been
/// written on since, that is an error, too.
///
/// ```
/// use microbatch::prelude::*;
/// use microbatch::FollowFile;
/// use std::time::Duration;
///
/// let path = std::env::temp_dir().join(format!("microbatch-follow-{}", std::process::id()));
/// std::fs::write(&path, "to be\nor not\nto be")?;
/// let lines = Pipeline::stream(FollowFile::open(&path)?.until_quiet(Duration::from_millis(20))).try_run()?;
/// assert_eq!(lines, ["to be", "or not", "to be"]);
/// std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FollowFile {
    file: Followed,
    quiet: Option<Duration>,
    /// When something came last.
    active: Instant,
}

impl FollowFile {
    /// From the beginning of the file.
    ///
    /// # Errors
    /// Where it cannot be opened, or is a directory, a pipe or a device.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        Ok(FollowFile { file: Followed::open(path.as_ref())?, quiet: None, active: Instant::now() })
    }

    /// Ends when nothing has come for so long. Default: never.
    pub fn until_quiet(self, quiet: Duration) -> Self {
        FollowFile { quiet: Some(quiet), ..self }
    }

    /// Ends at the end of the file, where it does not wait for more. Default: it never ends.
    ///
    /// ```
    /// use microbatch::prelude::*;
    /// use microbatch::FollowFile;
    ///
    /// let path = std::env::temp_dir().join(format!("microbatch-until-end-{}", std::process::id()));
    /// std::fs::write(&path, "to be\nor not")?;
    /// assert_eq!(Pipeline::stream(FollowFile::open(&path)?.until_end()).integrator(Count).try_run()?, 2);
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn until_end(self) -> Self {
        self.until_quiet(Duration::ZERO)
    }
}

impl Source for FollowFile {
    type Item = String;
    type Error = io::Error;

    fn pull(&mut self, max: usize, inbox: &mut Inbox<String>) -> io::Result<Pull> {
        if self.file.lines(max, |line| put_line(inbox, line))? == max {
            return Ok(Pull::Ready);
        }
        let is_between = self.file.rest().is_empty();
        if self.file.read()? > 0 {
            if is_between {
                self.file.check_line_end()?;
            }
            self.active = Instant::now();
            return Ok(Pull::Ready);
        }
        match self.quiet {
            Some(quiet) if self.active.elapsed() >= quiet => {
                self.file.last_line(|line| put_line(inbox, line))?;
                Ok(Pull::End)
            }
            _ => Ok(Pull::Idle),
        }
    }
}

#[cfg(feature = "checkpoint")]
impl crate::saved::Replay for FollowFile {
    type Offset = super::FilePlace;

    fn offset(&self) -> super::FilePlace {
        self.file.place()
    }

    fn seek(&mut self, place: super::FilePlace) -> io::Result<()> {
        self.file.seek(place)?;
        if self.file.len()? > self.file.offset() { self.file.check_line_end() } else { Ok(()) }
    }
}
