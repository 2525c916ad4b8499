use super::{Contestant, Table, Visit, contestant, numbers, table};
use microbatch::prelude::*;
use rayon::prelude::*;
use std::fmt::Write;

type Counts = Vec<(String, u64)>;

fn checksum(counts: Counts) -> u64 {
    let one = |(word, count): &(String, u64)| microbatch::fixed_hash(word) ^ count.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    counts.iter().fold(counts.len() as u64, |all, entry| all.wrapping_add(one(entry)))
}

fn owned<V>(entries: impl IntoIterator<Item = (impl Into<String>, V)>, value: impl Fn(V) -> u64) -> Counts {
    entries.into_iter().map(|(key, entry)| (key.into(), value(entry))).collect()
}

/// A buffer cut into about as many pieces as asked for, at line ends.
fn pieces(text: &str, count: usize) -> Vec<&str> {
    let size = text.len().div_ceil(count).max(1);
    let mut rest = text;
    let mut pieces = Vec::new();
    while rest.len() > size {
        let end = rest.as_bytes()[size..].iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| size + at + 1);
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

fn merge<'t, V>(mut all: Table<&'t str, V>, more: Table<&'t str, V>, join: impl Fn(&mut V, V)) -> Table<&'t str, V> {
    for (key, value) in more {
        match all.get_mut(key) {
            Some(known) => join(known, value),
            None => drop(all.insert(key, value)),
        }
    }
    all
}

fn count(text: &str) -> Table<&str, u64> {
    let mut counts = table();
    text.lines().flat_map(str::split_ascii_whitespace).for_each(|word| *counts.entry(word).or_default() += 1);
    counts
}

pub fn words(scale: usize, name: &str, visit: Visit<'_>) {
    let text = include_str!("../../examples/data/moby-dick.txt").repeat((100 / scale).max(1));
    let add = |all: &mut u64, more| *all += more;
    let by_rayon = || {
        let pieces = pieces(&text, 8 * rayon::current_num_threads());
        let counts = pieces.into_par_iter().map(count).reduce(table, |a, b| merge(a, b, add));
        owned(counts, |count| count)
    };
    let by_us = || {
        let words = Pipeline::over(Lines::of(&text)).flat_map(str::split_ascii_whitespace).key_by(|word| *word);
        owned(words.integrator(Count).run(), |count| count)
    };
    let contestants: [Contestant<'_>; 3] = [
        contestant("microbatch", by_us, checksum),
        contestant("rayon", by_rayon, checksum),
        contestant("sequential", || owned(count(&text), |count| count), checksum),
    ];
    visit(name, text.len(), &contestants);
}

/// Least, greatest, sum in tenths of a degree, and count.
type Weather = (i64, i64, i64, u64);

fn parse(line: &str) -> (&str, i64) {
    let (station, degrees) = line.split_once(';').unwrap_or((line, "0.0"));
    let (sign, digits) = degrees.strip_prefix('-').map_or((1, degrees), |digits| (-1, digits));
    let tenths = digits.bytes().filter(|byte| *byte != b'.').fold(0, |all, digit| all * 10 + i64::from(digit - b'0'));
    (station, sign * tenths)
}

fn measure((least, greatest, sum, count): &mut Weather, degrees: i64) {
    (*least, *greatest, *sum, *count) = ((*least).min(degrees), (*greatest).max(degrees), *sum + degrees, *count + 1);
}

fn join(all: &mut Weather, more: Weather) {
    *all = (all.0.min(more.0), all.1.max(more.1), all.2 + more.2, all.3 + more.3);
}

const NONE: Weather = (i64::MAX, i64::MIN, 0, 0);

fn of_weather((least, greatest, sum, count): Weather) -> u64 {
    (least * 7 + greatest * 11 + sum) as u64 ^ count
}

fn stations_of(text: &str) -> Table<&str, Weather> {
    let mut stations = table();
    for line in text.lines() {
        let (station, degrees) = parse(line);
        measure(stations.entry(station).or_insert(NONE), degrees);
    }
    stations
}

/// The one billion row challenge in small: 413 stations, temperatures from -99.9 to 99.9.
pub fn stations(scale: usize, name: &str, visit: Visit<'_>) {
    let rows = 10_000_000 / scale;
    let mut text = String::with_capacity(rows * 16);
    for n in numbers(rows) {
        let tenths = (n >> 20) as i64 % 1000 - 500;
        let sign = if tenths < 0 { "-" } else { "" };
        let _ = writeln!(text, "Station {:x};{sign}{}.{}", ((n & 0xFFFF_FFFF) * 413) >> 32, tenths.abs() / 10, tenths.abs() % 10);
    }
    let by_rayon = || {
        let pieces = pieces(&text, 8 * rayon::current_num_threads());
        owned(pieces.into_par_iter().map(stations_of).reduce(table, |a, b| merge(a, b, join)), of_weather)
    };
    let by_us = || {
        let rows = Pipeline::over(Lines::of(&text)).map(parse).key_by(|row| row.0).map(|row| row.1);
        owned(rows.accumulate(|| NONE, measure, join).run(), of_weather)
    };
    let contestants: [Contestant<'_>; 3] = [
        contestant("microbatch", by_us, checksum),
        contestant("rayon", by_rayon, checksum),
        contestant("sequential", || owned(stations_of(&text), of_weather), checksum),
    ];
    visit(name, rows, &contestants);
}
