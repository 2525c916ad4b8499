//! This project, as its README shows it.

use crate::answer::{self, Weather};
use crate::contestant::Contestant;
use crate::text::{self, Table, table};
use crate::work::{Row, Work};
use ::microbatch::TextBlock;
use ::microbatch::prelude::*;
use std::path::Path;

const NAME: &str = "microbatch";

pub fn offers(work: Work) -> Vec<Contestant> {
    match work {
        Work::Sum(data) => vec![Contestant::new(NAME, "", move || Pipeline::over(data).integrator(Sum).run(), |sum| sum)],
        Work::Keyed(rows) => vec![Contestant::new(NAME, "", move || keyed(rows), of_groups)],
        Work::Sort(data) => vec![Contestant::new(NAME, "stable", move || Pipeline::over(data).copied().sort().run(), of_sequence)],
        Work::Collect(data) => vec![Contestant::new(NAME, "", move || Pipeline::over(data).map(|n| n * 3 + 1).run(), of_sequence)],
        Work::Filter(data) => vec![Contestant::new(NAME, "", move || filter(data), |kept| answer::bag(&kept))],
        Work::Top(data) => vec![Contestant::new(NAME, "", move || Pipeline::over(data).copied().top_by_key(10, |n| *n).run(), of_sequence)],
        Work::Words(path) => vec![
            Contestant::new(NAME, "the file in memory", move || words(path), answer::words),
            Contestant::new(NAME, "block by block", move || words_by_block(path), answer::words),
        ],
        Work::Stations(path) => vec![
            Contestant::new(NAME, "the file in memory", move || stations(path), answer::stations),
            Contestant::new(NAME, "block by block", move || stations_by_block(path), answer::stations),
        ],
    }
}

fn of_sequence(values: Vec<u64>) -> u64 {
    answer::sequence(&values)
}

fn of_groups(groups: Groups<u32, u64>) -> u64 {
    answer::keyed(groups.iter().map(|(key, sum)| (*key, *sum)))
}

fn keyed(rows: &[Row]) -> Groups<u32, u64> {
    Pipeline::over(rows).key_by(|row| row.0).map(|row| row.1).integrator(Sum).run()
}

fn filter(data: &[u64]) -> Vec<u64> {
    Pipeline::over(data).copied().filter(|n| !n.is_multiple_of(3)).run()
}

fn owned<V: Copy>(groups: &Groups<&str, V>) -> Vec<(String, V)> {
    groups.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
}

fn words(path: &Path) -> Vec<(String, u64)> {
    let text = std::fs::read_to_string(path).unwrap();
    owned(&Pipeline::over(Lines::of(&text)).flat_map(str::split_ascii_whitespace).key_by(|word| *word).integrator(Count).run())
}

fn stations(path: &Path) -> Vec<(String, Weather)> {
    let text = std::fs::read_to_string(path).unwrap();
    let rows = Pipeline::over(Lines::of(&text)).map(text::parse).key_by(|row| row.0).map(|row| row.1);
    owned(&rows.accumulate(|| text::NONE, text::measure, text::join).run())
}

fn words_by_block(path: &Path) -> Table<String, u64> {
    by_block(path, text::count_words, text::add)
}

fn stations_by_block(path: &Path) -> Table<String, Weather> {
    by_block(path, text::measure_lines, text::join)
}

/// The blocks of the file into few tables, merged. Relaxed, since it is not known of a fold of one's own that the answer is the same however its
/// records are grouped: else there would be a table a block.
fn by_block<V: Send>(path: &Path, fill: fn(&mut Table<String, V>, &str), join: fn(&mut V, V)) -> Table<String, V> {
    let read = |block: TextBlock| block.read(&mut Vec::new()).map(str::to_owned);
    let fold = move |filled: &mut Table<String, V>, text: String| fill(filled, &text);
    let merge = move |all: &mut Table<String, V>, more: Table<String, V>| text::merge(all, more, join);
    Pipeline::over(TextFile::open(path).unwrap()).try_process(read).accumulate(table, fold, merge).relaxed().try_run().unwrap()
}
