use crate::stage::{Inbox, Pull, Source};
use memchr::memchr_iter;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How much is read at once.
const BLOCK: usize = 64 * 1024;

/// The lines of a file that others append to, as they come: without their ends, which are `"\n"` or `"\r\n"`.
///
/// A line is read when it has an end. The source never ends, unless it is told to after some time without a line; then, what follows
/// the last end is a line as well.
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
    path: PathBuf,
    file: File,
    /// What was read and is not a line yet.
    rest: Vec<u8>,
    /// Lines and bytes that have been given.
    lines: u64,
    offset: u64,
    quiet: Option<Duration>,
    /// When something came last.
    active: Instant,
}

impl FollowFile {
    /// From the beginning of the file.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_path_buf();
        let file = File::open(&path)?;
        Ok(FollowFile { path, file, rest: Vec::new(), lines: 0, offset: 0, quiet: None, active: Instant::now() })
    }

    /// Ends when nothing has come for so long. Default: never.
    pub fn until_quiet(self, quiet: Duration) -> Self {
        FollowFile { quiet: Some(quiet), ..self }
    }

    fn error(&self, what: impl std::fmt::Display) -> io::Error {
        let place = format!("{}, line {}, byte {}", self.path.display(), self.lines, self.offset);
        io::Error::new(io::ErrorKind::InvalidData, format!("{place}: {what}"))
    }

    /// Gives the line that is the first bytes of what was read.
    fn give(&mut self, line: &[u8], inbox: &mut Inbox<String>) -> io::Result<()> {
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        let text = std::str::from_utf8(text).map_err(|error| self.error(format_args!("{error}: convert the file to UTF-8")))?;
        inbox.push(text.to_string());
        inbox.owns(text.len());
        self.lines += 1;
        Ok(())
    }

    /// Gives lines that have an end, up to so many.
    fn give_lines(&mut self, max: usize, inbox: &mut Inbox<String>) -> io::Result<usize> {
        let read = std::mem::take(&mut self.rest);
        let (mut start, mut given) = (0, 0);
        let mut done = Ok(());
        for end in memchr_iter(b'\n', &read).take(max) {
            done = self.give(&read[start..end], inbox);
            if done.is_err() {
                break;
            }
            self.offset += (end + 1 - start) as u64;
            (start, given) = (end + 1, given + 1);
        }
        self.rest = read;
        self.rest.drain(..start);
        done.map(|()| given)
    }
}

impl Source for FollowFile {
    type Item = String;
    type Error = io::Error;

    fn pull(&mut self, max: usize, inbox: &mut Inbox<String>) -> io::Result<Pull> {
        if self.give_lines(max, inbox)? == max {
            return Ok(Pull::Ready);
        }
        let before = self.rest.len();
        let read = (&self.file).take(BLOCK as u64).read_to_end(&mut self.rest)?;
        if read > 0 {
            self.active = Instant::now();
            return Ok(Pull::Ready);
        }
        if self.file.metadata()?.len() < self.offset + before as u64 {
            return Err(self.error("the file has become shorter: a file that is followed may only grow"));
        }
        match self.quiet {
            Some(quiet) if self.active.elapsed() >= quiet => {
                let last = std::mem::take(&mut self.rest);
                if !last.is_empty() {
                    self.give(&last, inbox)?;
                }
                Ok(Pull::End)
            }
            _ => Ok(Pull::Idle),
        }
    }
}
