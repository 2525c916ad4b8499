//! renoir, as in its examples: sources in parallel, associative folds, batches of 1,024, a configuration of threads alone.

use super::shard;
use crate::answer::{self, Weather};
use crate::contestant::Contestant;
use crate::text::{self, count_words, measure_line};
use crate::top;
use crate::work::{Row, Work};
use ::renoir::operator::Operator;
use ::renoir::{Stream, prelude::*};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::path::Path;
use wyhash::WyHash;

const NAME: &str = "renoir";
/// As in its word count examples.
const BATCH: usize = 1024;

/// The table of its optimised word count.
type Map<K, V> = HashMap<K, V, BuildHasherDefault<WyHash>>;

pub fn offers(work: Work) -> Vec<Contestant> {
    match work {
        Work::Sum(data) => vec![Contestant::new(NAME, "", move || sum(data), |sum| sum)],
        Work::Keyed(rows) => vec![
            Contestant::new(NAME, "group_by_fold", move || keyed(rows), answer::keyed),
            Contestant::new(NAME, "fold_assoc", move || keyed_by_table(rows), answer::keyed),
        ],
        Work::Filter(data) => vec![Contestant::new(NAME, "", move || filter(data), |kept| answer::bag(&kept))],
        Work::Top(data) => vec![Contestant::new(NAME, "", move || greatest(data), |best| answer::sequence(&best))],
        Work::Words(path) => vec![Contestant::new(NAME, "", move || words(path), answer::words)],
        Work::Stations(path) => vec![Contestant::new(NAME, "", move || stations(path), answer::stations)],
        // Nothing keeps an order across its workers, and `sorted_by` sorts what each of them holds.
        Work::Sort(_) | Work::Collect(_) => vec![],
    }
}

pub fn context() -> StreamContext {
    StreamContext::new(RuntimeConfig::local(super::cores() as u64).unwrap())
}

fn over<T: Copy + Send + Sync>(context: &StreamContext, data: &'static [T]) -> Stream<impl Operator<Out = T> + use<T>> {
    let part = move |index, peers| shard(data, index as usize, peers as usize).iter().copied();
    context.stream_par_iter(part).batch_mode(BatchMode::fixed(BATCH))
}

/// Runs what has been built, whose output this is.
pub fn result<T>(context: StreamContext, output: StreamOutput<T>) -> T {
    context.execute_blocking();
    output.get().unwrap()
}

fn sum(data: &'static [u64]) -> u64 {
    let context = context();
    let sums = over(&context, data).fold_assoc(0, |all, n| *all += n, |all, n| *all += n).collect_vec();
    result(context, sums).into_iter().sum()
}

fn keyed(rows: &'static [Row]) -> Vec<Row> {
    let context = context();
    let sums = over(&context, rows).group_by_fold(|row| row.0, 0, |sum, row| *sum += row.1, |sum, more| *sum += more).collect_vec();
    result(context, sums)
}

/// A table a worker, merged on one.
fn keyed_by_table(rows: &'static [Row]) -> Map<u32, u64> {
    let context = context();
    let fold = |sums: &mut Map<u32, u64>, (key, value)| *sums.entry(key).or_default() += value;
    let tables = over(&context, rows).fold_assoc(Map::default(), fold, |all, more| text::merge(all, more, text::add)).collect_vec();
    result(context, tables).into_iter().next().unwrap()
}

fn filter(data: &'static [u64]) -> Vec<u64> {
    let context = context();
    let kept = over(&context, data).filter(|n| !n.is_multiple_of(3)).collect_vec();
    result(context, kept)
}

/// Its `sorted_limit_by` gives the first ten of each worker; a second one after it, on one worker, does not give the first ten of all.
fn greatest(data: &'static [u64]) -> Vec<u64> {
    let context = context();
    let best = over(&context, data).fold_assoc(Vec::new(), top::offer, top::merge).collect_vec();
    result(context, best).into_iter().next().unwrap()
}

/// Its optimised example: a table a worker, merged on one. A word is copied only where it is new.
fn words(path: &Path) -> Map<String, u64> {
    let context = context();
    let fold = |counts: &mut Map<String, u64>, line: String| count_words(counts, &line);
    let lines = context.stream_file(path).batch_mode(BatchMode::fixed(BATCH));
    let tables = lines.fold_assoc(Map::default(), fold, |all, more| text::merge(all, more, text::add)).collect_vec();
    result(context, tables).into_iter().next().unwrap()
}

/// The same form.
fn stations(path: &Path) -> Map<String, Weather> {
    let context = context();
    let fold = |stations: &mut Map<String, Weather>, line: String| measure_line(stations, line.trim_end());
    let lines = context.stream_file(path).batch_mode(BatchMode::fixed(BATCH));
    let tables = lines.fold_assoc(Map::default(), fold, |all, more| text::merge(all, more, text::join)).collect_vec();
    result(context, tables).into_iter().next().unwrap()
}
