//! Data that are the same on every machine, and the folder that holds those in files.

use crate::work::{Row, Work};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

const NOVEL: &str = include_str!("../../../examples/data/moby-dick.txt");
const STATIONS: u64 = 413;

/// A folder in the system's temporary one, removed at the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("microbatch-compare-{}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Folder(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Removes what is in it.
    pub fn clear(&self) -> io::Result<()> {
        fs::remove_dir_all(&self.0)?;
        fs::create_dir_all(&self.0)
    }

    /// Writes a text into a file.
    fn text(&self, name: &str, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> &'static Path {
        let path = self.0.join(name);
        let written = File::create(&path).and_then(|file| {
            let mut writer = BufWriter::with_capacity(1 << 20, file);
            write(&mut writer)?;
            writer.flush()
        });
        written.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Box::leak(path.into_boxed_path())
    }

    /// Writes data in memory for the Python script: a raw file of little-endian integers a column.
    pub fn write_columns(&self, work: Work) -> io::Result<()> {
        let column = |name: &str| File::create(self.0.join(name)).map(|file| BufWriter::with_capacity(1 << 20, file));
        match work {
            Work::Sum(data) | Work::Sort(data) | Work::Collect(data) | Work::Filter(data) | Work::Top(data) => {
                let mut n = column("n")?;
                data.iter().try_for_each(|value| n.write_all(&value.to_le_bytes()))?;
                n.flush()
            }
            Work::Keyed(rows) => {
                let (mut keys, mut values) = (column("key")?, column("value")?);
                for (key, value) in rows {
                    keys.write_all(&key.to_le_bytes())?;
                    values.write_all(&value.to_le_bytes())?;
                }
                keys.flush()?;
                values.flush()
            }
            Work::Words(_) | Work::Stations(_) => Ok(()),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind is in a temporary folder: no reason to hide what went wrong before.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Pseudo-random numbers by SplitMix64.
fn numbers(count: usize) -> impl Iterator<Item = u64> {
    let mut state = 0u64;
    (0..count).map(move |_| {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    })
}

fn kept<T>(values: impl Iterator<Item = T>) -> &'static [T] {
    Vec::leak(values.collect())
}

/// Numbers of 64 bits.
pub fn large(count: usize) -> &'static [u64] {
    kept(numbers(count))
}

/// Numbers of 32 bits, so that sums fit.
pub fn small(count: usize) -> &'static [u64] {
    kept(numbers(count).map(|n| n >> 32))
}

/// Rows whose keys are equally likely.
pub fn uniform(count: usize, keys: u64) -> &'static [Row] {
    kept(numbers(count).map(|n| ((((n >> 32) * keys) >> 32) as u32, n & 1023)))
}

/// Rows whose keys obey the law of Zipf, exponent 1: the inverse of an exponential, cut at a million.
pub fn zipf(count: usize) -> &'static [Row] {
    let key = |n: u64| ((1e6f64.powf((n >> 11) as f64 / (1u64 << 53) as f64)) as u32).wrapping_mul(0x9E37_79B9);
    kept(numbers(count).map(|n| (key(n), n & 1023)))
}

/// Copies of the novel.
pub fn novels(copies: usize, folder: &Folder) -> &'static Path {
    folder.text("novels.txt", |file| (0..copies).try_for_each(|_| file.write_all(NOVEL.as_bytes())))
}

/// The one billion row challenge in small: temperatures from -99.9 to 99.9 at stations with names of about 15 bytes.
pub fn weather(rows: usize, folder: &Folder) -> &'static Path {
    let stations: Vec<String> = (0..STATIONS).map(station).collect();
    folder.text("weather.txt", |file| {
        for n in numbers(rows) {
            let station = &stations[(((n & 0xFFFF_FFFF) * STATIONS) >> 32) as usize];
            let tenths = (n >> 33) as i64 % 1999 - 999;
            let sign = if tenths < 0 { "-" } else { "" };
            writeln!(file, "{station};{sign}{}.{}", tenths.abs() / 10, tenths.abs() % 10)?;
        }
        Ok(())
    })
}

/// The name of a station: 2 to 7 syllables, and its number in letters, so that no two are the same.
fn station(number: u64) -> String {
    const SYLLABLES: [&str; 16] = ["ba", "ko", "ri", "ten", "lo", "ma", "sur", "e", "vi", "nor", "du", "pa", "gre", "ja", "mi", "ö"];
    let mix = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let syllables = (0..2 + mix % 6).map(|i| SYLLABLES[(mix >> (8 + 4 * i)) as usize % 16]);
    let letter = |n: u64| char::from(b'a' + (n % 26) as u8);
    let name: String = syllables.collect();
    format!("St {name} {}{}", letter(number / 26), letter(number))
}
