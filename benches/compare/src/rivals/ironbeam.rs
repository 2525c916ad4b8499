//! ironbeam: collections out of vectors, which it takes over, run by `collect_par`.

use crate::answer::{self, Weather};
use crate::contestant::Contestant;
use crate::text::{self, table};
use crate::work::Work;
use ::ironbeam::{CombineFn, PCollection, Pipeline, from_vec};
use std::path::Path;

const NAME: &str = "ironbeam";
/// Lines a batch.
const LINES: usize = 16 * 1024;

pub fn offers(work: Work) -> Vec<Contestant> {
    match work {
        Work::Sum(data) => vec![over(data, "", |all| parallel(all.sum_globally()), |sums| sums[0])],
        Work::Keyed(rows) => vec![
            over(rows, "sum_per_key", |rows| parallel(rows.sum_per_key()), answer::keyed),
            over(rows, "a combiner", |rows| parallel(rows.combine_values(Folded(0, text::add, text::add))), answer::keyed),
        ],
        Work::Sort(data) => vec![over(data, "stable", |all| all.collect_par_sorted(None, None).unwrap(), |all| answer::sequence(&all))],
        Work::Collect(data) => vec![over(data, "", |all| parallel(all.map(|n| n * 3 + 1)), |all| answer::sequence(&all))],
        Work::Filter(data) => vec![over(data, "", |all| parallel(all.filter(|n| !n.is_multiple_of(3))), |kept| answer::bag(&kept))],
        Work::Top(data) => vec![over(data, "", |all| parallel(all.top_k_globally(10)), |best| answer::sequence(&best[0]))],
        Work::Words(path) => vec![Contestant::new(NAME, "", move || words(path), answer::words)],
        Work::Stations(path) => vec![Contestant::new(NAME, "", move || stations(path), answer::stations)],
    }
}

/// Takes a copy of the data, made before the clock starts.
fn over<T, R>(
    data: &'static [T],
    form: &'static str,
    run: impl Fn(PCollection<T>) -> R + 'static,
    checksum: impl Fn(R) -> u64 + 'static,
) -> Contestant
where
    T: Copy + Send + Sync + 'static,
    R: 'static,
{
    Contestant::given(NAME, form, move || data.to_vec(), move |data| run(from_vec(&Pipeline::default(), data)), checksum)
}

fn parallel<T: Clone + Send + Sync + 'static>(collection: PCollection<T>) -> Vec<T> {
    collection.collect_par(None, None).unwrap()
}

/// A combiner out of an empty state, how a value is added, and how two are merged. Not declared associative: those that are hold all values of a
/// key first.
struct Folded<A, V>(A, fn(&mut A, V), fn(&mut A, A));

impl<A: Clone + Send + Sync + 'static, V: 'static> CombineFn<V, A, A> for Folded<A, V> {
    fn create(&self) -> A {
        self.0.clone()
    }

    fn add_input(&self, state: &mut A, value: V) {
        (self.1)(state, value);
    }

    fn merge(&self, state: &mut A, other: A) {
        (self.2)(state, other);
    }

    fn finish(&self, state: A) -> A {
        state
    }
}

fn lines(path: &Path) -> PCollection<String> {
    let text = std::fs::read_to_string(path).unwrap();
    from_vec(&Pipeline::default(), text.lines().map(str::to_owned).collect())
}

/// A word at a time would be a string a word, all of them in memory: so a batch of lines at a time.
fn words(path: &Path) -> Vec<(String, u64)> {
    let counted = lines(path).map_batches(LINES, |lines: &[String]| {
        let mut counts = table();
        lines.iter().for_each(|line| text::count_words(&mut counts, line));
        counts.into_iter().collect()
    });
    parallel(counted.combine_values(Folded(0, text::add, text::add)))
}

fn stations(path: &Path) -> Vec<(String, Weather)> {
    let measured = lines(path).map_batches(LINES, |lines: &[String]| {
        let mut stations = table();
        lines.iter().for_each(|line| text::measure_line(&mut stations, line));
        stations.into_iter().collect()
    });
    parallel(measured.combine_values(Folded(text::NONE, text::join, text::join)))
}
