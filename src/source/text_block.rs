use super::disk::{Disk, length};
use super::text_error::TextError;
use memchr::memchr;
use std::iter::FusedIterator;
use std::ops::Range;
use std::sync::Arc;

/// How far to read beyond a block for the end of its last line, at first.
const BEYOND: usize = 4 * 1024;

/// Consecutive lines of a [`TextFile`](crate::TextFile), not read yet: one batch of it.
///
/// Lines belong to the block they start in. A block begins after the first line end from the byte before it, and ends after the first line end
/// from its last byte, so that neighbours agree without knowing of each other.
///
/// It is read when it is iterated over, again for each clone.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
///
/// # let path = std::env::temp_dir().join(format!("microbatch-text-block-{}", std::process::id()));
/// std::fs::write(&path, "to be\nor not\nto be\n")?;
/// let blocks = Chunks::of(2).partition(TextFile::open(&path)?, 1);
/// let lines: Vec<String> = blocks[0].batch.clone().into_iter().collect::<Result<_, _>>()?;
/// assert_eq!(lines, ["to be", "or not"]);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TextBlock {
    disk: Arc<Disk>,
    start: u64,
    end: u64,
    /// How many bytes an iterator reads at a time.
    piece: usize,
    failed: Option<TextError>,
}

impl TextBlock {
    /// Of the lines that start at `start` or after, and before `end`.
    pub(super) fn new(disk: Arc<Disk>, start: u64, end: u64, piece: usize) -> Self {
        TextBlock { disk, start, end, piece, failed: None }
    }

    /// A block that gives nothing but this error.
    pub(super) fn failed(self, error: TextError) -> Self {
        TextBlock { start: self.end, failed: Some(error), ..self }
    }

    /// Reads the block into `buffer`, whose contents are replaced, and gives its lines with their ends: for steps over whole batches.
    ///
    /// A buffer that is used again saves its allocation. [`Lines::of`](crate::Lines::of) gives the lines one by one.
    ///
    /// # Errors
    /// [`TextError`] where the block cannot be read, or any of it is not UTF-8.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// # let path = std::env::temp_dir().join(format!("microbatch-read-{}", std::process::id()));
    /// std::fs::write(&path, "to be\nor not\nto be\n")?;
    /// let longest = Pipeline::over(TextFile::open(&path)?)
    ///     .try_process(|block| {
    ///         let mut buffer = Vec::new();
    ///         let text = block.read(&mut buffer)?;
    ///         Ok::<_, TextError>(Lines::of(text).into_iter().map(str::len).max())
    ///     })
    ///     .integrator(Max)
    ///     .try_run()?;
    /// assert_eq!(longest, Some(Some(6)));
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read<'b>(&self, buffer: &'b mut Vec<u8>) -> Result<&'b str, TextError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let (offset, lines) = load(&self.disk, self.start, self.end, buffer)?;
        text(&self.disk, offset, &buffer[lines])
    }
}

/// Reads the lines that start at `start` or after, and before `end`: where they are in the file, and in `buffer`.
fn load(disk: &Disk, start: u64, end: u64, buffer: &mut Vec<u8>) -> Result<(u64, Range<usize>), TextError> {
    let from = start.saturating_sub(1);
    buffer.resize(length(end - from), 0);
    disk.fill(buffer, from)?;
    let first = match buffer.split_last() {
        Some((_, before)) if start > 0 => memchr(b'\n', before).map(|at| at + 1),
        _ => Some(0),
    };
    let Some(first) = first else {
        // One line runs through the whole block.
        return Ok((end, 0..0));
    };
    let (mut at, mut step) = (end, BEYOND.min(buffer.len()));
    while buffer.last().is_some_and(|&last| last != b'\n') && at < disk.len() {
        let known = buffer.len();
        buffer.resize(known + step.min(length(disk.len() - at)), 0);
        disk.fill(&mut buffer[known..], at)?;
        at += (buffer.len() - known) as u64;
        if let Some(newline) = memchr(b'\n', &buffer[known..]) {
            buffer.truncate(known + newline + 1);
        }
        // A long line takes few reads, and at most doubles what is held.
        step *= 2;
    }
    Ok((from + first as u64, first..buffer.len()))
}

fn text<'b>(disk: &Disk, offset: u64, bytes: &'b [u8]) -> Result<&'b str, TextError> {
    std::str::from_utf8(bytes).map_err(|error| TextError::utf8(disk.path(), offset + error.valid_up_to() as u64))
}

impl IntoIterator for TextBlock {
    type Item = Result<String, TextError>;
    type IntoIter = EachTextLine;

    fn into_iter(self) -> EachTextLine {
        EachTextLine { block: self, buffer: Vec::new(), offset: 0, lines: 0..0 }
    }
}

/// The lines of a [`TextBlock`], one by one.
#[derive(Debug)]
pub struct EachTextLine {
    /// What is not read yet.
    block: TextBlock,
    buffer: Vec<u8>,
    /// Where the lines in the buffer are in the file.
    offset: u64,
    /// Where they are in the buffer.
    lines: Range<usize>,
}

impl EachTextLine {
    /// The next line of the buffer.
    fn line(&mut self) -> Option<Result<String, TextError>> {
        let rest = &self.buffer[self.lines.clone()];
        if rest.is_empty() {
            return None;
        }
        let (line, taken) = match memchr(b'\n', rest) {
            Some(end) => (rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]), end + 1),
            None => (rest, rest.len()),
        };
        let line = text(&self.block.disk, self.offset, line).map(str::to_owned);
        self.lines.start += taken;
        self.offset += taken as u64;
        Some(line)
    }

    /// Reads the next piece of the block.
    fn refill(&mut self) -> Result<(), TextError> {
        let start = self.block.start;
        let stop = self.block.end.min(start.saturating_add(self.block.piece as u64));
        self.block.start = stop;
        self.lines = 0..0;
        (self.offset, self.lines) = load(&self.block.disk, start, stop, &mut self.buffer)?;
        Ok(())
    }
}

impl Iterator for EachTextLine {
    type Item = Result<String, TextError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(line) = self.line() {
                return Some(line);
            }
            if let Some(error) = self.block.failed.take() {
                return Some(Err(error));
            }
            if self.block.start >= self.block.end {
                return None;
            }
            if let Err(error) = self.refill() {
                return Some(Err(error));
            }
        }
    }
}

impl FusedIterator for EachTextLine {}
