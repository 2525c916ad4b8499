use super::disk::Disk;
use super::text_block::{EachTextLine, TextBlock};
use super::text_error::TextError;
use crate::partition::{Chunks, part};
use crate::stage::{Bounded, Part, Partitioner};
use memchr::memchr_iter;
use std::path::Path;
use std::sync::Arc;

/// Bytes a read by default.
const BLOCK: usize = 1024 * 1024;

/// A text file, larger than memory perhaps, whose records are its lines.
///
/// A record is a `Result<String, TextError>`, as with [`BufRead::lines`](std::io::BufRead::lines): the line without its end, which is `"\n"` or
/// `"\r\n"`, or why it cannot be had. A line that is not UTF-8 costs that line; a failing read costs the lines of its block, for which one error
/// stands. `.try_map(|line| line)` brings errors before the failure policy.
///
/// Workers read the file where their batches lie, at most a block at a time, so that a run holds no more than a block and the longest line for
/// each thread. [`Chunks`] cuts it into [`TextBlock`]s: by default every [`block`](Self::block) of bytes is a batch, of the lines that start in
/// it, and the cut reads nothing; the number of a batch's lines is not known before it is read ([`Part::records`] is 0). `Chunks::of(n)` makes
/// batches of `n` lines, and reads the whole file once to find them. The other partitioners hold all lines in memory.
///
/// What is appended to the file after it was opened is not read. A clone reads the same open file.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
///
/// # let path = std::env::temp_dir().join(format!("microbatch-text-file-{}", std::process::id()));
/// std::fs::write(&path, "to be\nor not\r\nto be\n")?;
/// let lengths = Pipeline::over(TextFile::open(&path)?).try_map(|line| line).map(|line| line.len()).try_run()?;
/// assert_eq!(lengths, [5, 6, 5]);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TextFile {
    disk: Arc<Disk>,
    block: usize,
}

impl TextFile {
    /// Opens a file, and asks for its length.
    ///
    /// # Errors
    /// [`TextError`] where it cannot be opened, or is a directory, a pipe or a device.
    ///
    /// ```
    /// use microbatch::TextFile;
    ///
    /// assert!(TextFile::open(std::env::temp_dir()).unwrap_err().is_not_a_file());
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TextError> {
        Ok(TextFile { disk: Arc::new(Disk::open(path.as_ref())?), block: BLOCK })
    }

    /// How many bytes a worker reads at a time. Default 1 MiB.
    ///
    /// # Panics
    /// If `bytes` is 0.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// # let path = std::env::temp_dir().join(format!("microbatch-block-{}", std::process::id()));
    /// std::fs::write(&path, "to be\nor not\nto be\n")?;
    /// let blocks = Pipeline::over(TextFile::open(&path)?.block(8)).process(|block| block.into_iter().count()).run();
    /// assert_eq!(blocks, [2, 1, 0]);
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn block(self, bytes: usize) -> Self {
        assert!(bytes > 0, "blocks of 0 bytes never end the file: give at least 1");
        TextFile { block: bytes, ..self }
    }

    /// The lines that start at `start` or after, and before `end`.
    fn lines(&self, start: u64, end: u64) -> TextBlock {
        TextBlock::new(Arc::clone(&self.disk), start, end, self.block)
    }

    /// Every block a batch.
    fn by_bytes(&self) -> Vec<Part<TextBlock>> {
        let len = self.disk.len();
        let starts = (0..len).step_by(self.block);
        starts.enumerate().map(|(i, start)| part(i, 0, self.lines(start, len.min(start.saturating_add(self.block as u64))))).collect()
    }

    /// Batches of `size` lines. Where the file cannot be read, the rest of it is one batch, which says so.
    fn by_lines(&self, size: usize) -> Vec<Part<TextBlock>> {
        let mut parts = Vec::new();
        let (mut start, mut lines) = (0, 0);
        let done = self.disk.pieces(self.block, |offset, piece| {
            for end in memchr_iter(b'\n', piece) {
                lines += 1;
                if lines == size {
                    let next = offset + end as u64 + 1;
                    parts.push(part(parts.len(), size, self.lines(start, next)));
                    (start, lines) = (next, 0);
                }
            }
            // The last line needs no end.
            if offset + piece.len() as u64 == self.disk.len() && piece.last() != Some(&b'\n') {
                lines += 1;
            }
        });
        let rest = self.lines(start, self.disk.len());
        match done {
            Err(error) => parts.push(part(parts.len(), 1, rest.failed(error))),
            Ok(()) if lines > 0 => parts.push(part(parts.len(), lines, rest)),
            Ok(()) => {}
        }
        parts
    }

    #[cfg(feature = "csv")]
    pub(super) fn disk(&self) -> &Disk {
        &self.disk
    }

    #[cfg(feature = "csv")]
    pub(super) fn block_bytes(&self) -> usize {
        self.block
    }
}

impl Bounded for TextFile {
    type Data = Self;
    type Item = Result<String, TextError>;

    fn into_data(self) -> Self {
        self
    }
}

impl IntoIterator for TextFile {
    type Item = Result<String, TextError>;
    type IntoIter = EachTextLine;

    fn into_iter(self) -> EachTextLine {
        self.lines(0, self.disk.len()).into_iter()
    }
}

impl Partitioner<TextFile> for Chunks {
    type Batch = TextBlock;

    fn partition(&self, data: TextFile, _: usize) -> Vec<Part<TextBlock>> {
        match self.asked() {
            Some(lines) => data.by_lines(lines),
            None => data.by_bytes(),
        }
    }
}
