use crate::partition::{Chunks, part};
use crate::stage::{Bounded, Part, Partitioner};
use memchr::{Memchr, memchr, memchr_iter};
use std::iter::FusedIterator;

/// Into at most about this many batches by default.
const BATCHES: usize = 128;
/// Default batches have at least this many bytes, where there are so many ..
const LEAST: usize = 64 * 1024;
/// .. and at most this many, but for the rest of their last line.
const MOST: usize = 1024 * 1024;

/// The bytes of a default batch of text of this length.
pub(super) fn block(len: usize) -> usize {
    len.div_ceil(BATCHES).clamp(LEAST, MOST)
}

/// Text in memory, whose records are its lines.
///
/// The lines are what [`str::lines`] gives: without their ends, which are `"\n"` or `"\r\n"`; what follows the last end is a line where it is
/// not empty. Nothing is copied.
///
/// [`Chunks`] cuts it into consecutive lines, which are `Lines` again: `Chunks::of(n)` into batches of `n` lines, and by default into batches
/// of whole lines of about a 128th of the text, 64 KiB at least and 1 MiB at most. The other partitioners deal lines out one by one.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
///
/// let text = "to be\nor not\nto be\n";
/// let words = Pipeline::over(Lines::of(text)).flat_map(|line| line.split(' ')).key_by(|word| *word).integrator(Count).run();
/// assert_eq!(words.get("to"), Some(&2));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines<'t> {
    text: &'t str,
}

impl<'t> Lines<'t> {
    /// The lines of a text.
    ///
    /// ```
    /// use microbatch::Lines;
    ///
    /// let lines: Vec<&str> = Lines::of("a\r\n\nb").into_iter().collect();
    /// assert_eq!(lines, ["a", "", "b"]);
    /// ```
    pub const fn of(text: &'t str) -> Self {
        Lines { text }
    }

    /// The text, with its line ends: for steps over whole batches.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let bytes = Pipeline::over(Lines::of("a\nbc\nd\n")).partitioner(Chunks::of(2)).process(|batch| batch.text().len()).run();
    /// assert_eq!(bytes, [5, 2]);
    /// ```
    pub const fn text(&self) -> &'t str {
        self.text
    }

    /// How many lines there are.
    fn count(&self) -> usize {
        let bytes = self.text.as_bytes();
        memchr_iter(b'\n', bytes).count() + usize::from(bytes.last().is_some_and(|&last| last != b'\n'))
    }
}

impl<'t> Bounded for Lines<'t> {
    type Data = Self;
    type Item = &'t str;

    fn into_data(self) -> Self {
        self
    }
}

impl<'t> IntoIterator for Lines<'t> {
    type Item = &'t str;
    type IntoIter = EachLine<'t>;

    fn into_iter(self) -> EachLine<'t> {
        EachLine { text: self.text, start: 0, ends: memchr_iter(b'\n', self.text.as_bytes()) }
    }
}

/// The lines of [`Lines`], one by one.
#[derive(Clone, Debug)]
pub struct EachLine<'t> {
    text: &'t str,
    start: usize,
    ends: Memchr<'t>,
}

impl<'t> Iterator for EachLine<'t> {
    type Item = &'t str;

    #[inline]
    fn next(&mut self) -> Option<&'t str> {
        let Some(end) = self.ends.next() else {
            let rest = &self.text[self.start..];
            self.start = self.text.len();
            return (!rest.is_empty()).then_some(rest);
        };
        let line = &self.text[self.start..end];
        self.start = end + 1;
        Some(line.strip_suffix('\r').unwrap_or(line))
    }
}

impl FusedIterator for EachLine<'_> {}

impl<'t> Partitioner<Lines<'t>> for Chunks {
    type Batch = Lines<'t>;

    fn partition(&self, data: Lines<'t>, _: usize) -> Vec<Part<Lines<'t>>> {
        match self.asked() {
            Some(lines) => by_lines(data.text, lines),
            None => by_bytes(data.text, block(data.text.len())),
        }
    }
}

/// Batches of `size` lines.
fn by_lines(text: &str, size: usize) -> Vec<Part<Lines<'_>>> {
    let mut parts = Vec::new();
    let mut start = 0;
    // `nth` leaves out the ends inside a batch.
    let mut ends = memchr_iter(b'\n', text.as_bytes());
    while let Some(end) = ends.nth(size - 1) {
        parts.push(part(parts.len(), size, Lines::of(&text[start..=end])));
        start = end + 1;
    }
    let rest = Lines::of(&text[start..]);
    if !rest.text.is_empty() {
        parts.push(part(parts.len(), rest.count(), rest));
    }
    parts
}

/// Batches of at least `size` bytes, cut at the first line end from there.
fn by_bytes(mut text: &str, size: usize) -> Vec<Part<Lines<'_>>> {
    let mut parts = Vec::new();
    while !text.is_empty() {
        let end = text.as_bytes().get(size - 1..).and_then(|rest| memchr(b'\n', rest)).map_or(text.len(), |at| size + at);
        let (batch, rest) = text.split_at(end);
        let batch = Lines::of(batch);
        parts.push(part(parts.len(), batch.count(), batch));
        text = rest;
    }
    parts
}
