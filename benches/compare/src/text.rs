//! What contestants share who take text apart by hand.

use crate::answer::Weather;
use ahash::RandomState;
use memchr::{memchr, memchr_iter};
use std::collections::HashMap;
use std::fs::File;
use std::hash::{BuildHasher, Hash};
use std::os::unix::fs::FileExt;
use std::path::Path;

const BLOCK: u64 = 1 << 20;

/// The table of those who bring their own.
pub type Table<K, V> = HashMap<K, V, RandomState>;

pub fn table<K, V>() -> Table<K, V> {
    HashMap::with_hasher(RandomState::with_seeds(1, 2, 3, 4))
}

/// Adds entries to a table.
pub fn merge<K: Eq + Hash, V, S: BuildHasher>(
    all: &mut HashMap<K, V, S>,
    more: impl IntoIterator<Item = (K, V)>,
    join: impl Fn(&mut V, V),
) {
    for (key, value) in more {
        match all.get_mut(&key) {
            Some(known) => join(known, value),
            None => drop(all.insert(key, value)),
        }
    }
}

/// Changes the value of a name, which is only copied where it is new.
fn update<V, S: BuildHasher>(table: &mut HashMap<String, V, S>, name: &str, none: V, change: impl FnOnce(&mut V)) {
    match table.get_mut(name) {
        Some(value) => change(value),
        None => change(table.entry(name.to_owned()).or_insert(none)),
    }
}

/// Counts the words of a text.
pub fn count_words<S: BuildHasher>(table: &mut HashMap<String, u64, S>, text: &str) {
    text.split_ascii_whitespace().for_each(|word| update(table, word, 0, |count| *count += 1));
}

/// Measures by station the lines of a text.
pub fn measure_lines(table: &mut Table<String, Weather>, text: &str) {
    let mut start = 0;
    for end in memchr_iter(b'\n', text.as_bytes()) {
        measure_line(table, &text[start..end]);
        start = end + 1;
    }
    if start < text.len() {
        measure_line(table, &text[start..]);
    }
}

pub fn measure_line<S: BuildHasher>(table: &mut HashMap<String, Weather, S>, line: &str) {
    let (station, degrees) = parse(line);
    update(table, station, NONE, |weather| measure(weather, degrees));
}

/// The station, and tenths of a degree.
pub fn parse(line: &str) -> (&str, i64) {
    let at = memchr(b';', line.as_bytes()).unwrap_or_else(|| panic!("no semicolon: {line}"));
    let (station, degrees) = (&line[..at], &line.as_bytes()[at + 1..]);
    let (sign, digits) = degrees.strip_prefix(b"-").map_or((1, degrees), |digits| (-1, digits));
    let tenths = digits.iter().filter(|byte| **byte != b'.').fold(0, |all, digit| all * 10 + i64::from(digit - b'0'));
    (station, sign * tenths)
}

/// Of no measurement.
pub const NONE: Weather = (i64::MAX, i64::MIN, 0, 0);

pub fn measure((least, most, sum, count): &mut Weather, degrees: i64) {
    (*least, *most, *sum, *count) = ((*least).min(degrees), (*most).max(degrees), *sum + degrees, *count + 1);
}

pub fn join(all: &mut Weather, more: Weather) {
    *all = (all.0.min(more.0), all.1.max(more.1), all.2 + more.2, all.3 + more.3);
}

pub fn add(all: &mut u64, more: u64) {
    *all += more;
}

/// A file in blocks, which are read where they are used.
pub struct Blocks {
    file: File,
    len: u64,
}

impl Blocks {
    pub fn of(path: &Path) -> Self {
        let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let len = file.metadata().unwrap().len();
        Blocks { file, len }
    }

    pub fn count(&self) -> u64 {
        self.len.div_ceil(BLOCK)
    }

    /// The lines that start in a block.
    pub fn read(&self, block: u64) -> String {
        let (start, end) = (block * BLOCK, ((block + 1) * BLOCK).min(self.len));
        let first = self.line_after(start);
        let last = self.line_after(end);
        let mut bytes = vec![0; (last - first) as usize];
        self.file.read_exact_at(&mut bytes, first).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// Where the first line starts that starts at `offset` or after.
    fn line_after(&self, offset: u64) -> u64 {
        let mut at = offset.saturating_sub(1);
        let mut buffer = [0; 4096];
        while offset > 0 && at < self.len {
            let read = self.file.read_at(&mut buffer, at).unwrap();
            if let Some(end) = memchr(b'\n', &buffer[..read]) {
                return at + end as u64 + 1;
            }
            at += read as u64;
        }
        at
    }
}
