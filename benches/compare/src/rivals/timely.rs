//! timely dataflow: the part of the data that is a worker's own as its source, `exchange` by key, tables in operators.

use super::shard;
use crate::answer::{self, Weather};
use crate::contestant::Contestant;
use crate::text::{self, Blocks, Table, table};
use crate::work::{Row, Work};
use ::timely::dataflow::channels::pact::{Exchange, Pipeline};
use ::timely::dataflow::operators::vec::{Filter, Map};
use ::timely::dataflow::operators::{Operator, ToStream};
use ::timely::dataflow::{InputHandle, StreamVec};
use ::timely::worker::Worker;
use ::timely::{Config, ExchangeData};
use ahash::RandomState;
use std::cell::RefCell;
use std::hash::Hash;

use std::path::Path;
use std::rc::Rc;

const NAME: &str = "timely";

type Sums = Table<u32, u64>;

pub fn offers(work: Work) -> Vec<Contestant> {
    let of_tables = |tables: Vec<Sums>| answer::keyed(tables.into_iter().flatten());
    match work {
        Work::Sum(data) => vec![Contestant::new(NAME, "", move || sum(data), |sum| sum)],
        Work::Keyed(rows) => vec![
            Contestant::new(NAME, "rows exchanged", move || exchanged(rows), of_tables),
            Contestant::new(NAME, "tables exchanged", move || aggregated(rows), of_tables),
        ],
        Work::Collect(data) => vec![Contestant::new(NAME, "", move || collect(data), |all| answer::sequence(&all))],
        Work::Filter(data) => vec![Contestant::new(NAME, "", move || filter(data), |kept| answer::bag(&kept))],
        Work::Words(path) => vec![Contestant::new(NAME, "", move || words(path), |tables| answer::words(tables.into_iter().flatten()))],
        Work::Stations(path) => {
            vec![Contestant::new(NAME, "", move || stations(path), |tables| answer::stations(tables.into_iter().flatten()))]
        }
        // It has no operator for them.
        Work::Sort(_) | Work::Top(_) => vec![],
    }
}

/// What a worker gathers, and gives back once its dataflow has ended.
pub type Gathered<R> = Rc<RefCell<R>>;

/// Runs a worker a core: each builds its dataflow around what it gathers, and perhaps feeds it.
pub fn run<R: Default + Send + 'static>(build: impl Fn(&mut Worker, Gathered<R>) + Send + Sync + 'static) -> Vec<R> {
    let workers = ::timely::execute(Config::process(super::cores()), move |worker| {
        let gathered = Gathered::<R>::default();
        build(worker, Rc::clone(&gathered));
        while worker.has_dataflows() {
            worker.step_or_park(None);
        }
        gathered.take()
    });
    workers.unwrap().join().into_iter().map(Result::unwrap).collect()
}

fn part<T>(data: &'static [T], worker: &Worker) -> &'static [T] {
    shard(data, worker.index(), worker.peers())
}

fn sum(data: &'static [u64]) -> u64 {
    let sums = run(move |worker, sum: Gathered<u64>| {
        let part = part(data, worker);
        worker.dataflow::<u64, _, _>(|scope| {
            let numbers = part.iter().copied().to_stream(scope);
            keep(numbers, sum, |sum, batch| *sum += batch.iter().sum::<u64>());
        });
    });
    sums.into_iter().sum()
}

/// The parts are in the order of the workers, and each in the order of the data.
fn collect(data: &'static [u64]) -> Vec<u64> {
    let parts = run(move |worker, all: Gathered<Vec<u64>>| {
        let part = part(data, worker);
        worker.dataflow::<u64, _, _>(|scope| {
            let mapped = part.iter().copied().to_stream(scope).map(|n: u64| n * 3 + 1);
            keep(mapped, all, Vec::append);
        });
    });
    parts.concat()
}

fn filter(data: &'static [u64]) -> Vec<u64> {
    let parts = run(move |worker, all: Gathered<Vec<u64>>| {
        let part = part(data, worker);
        worker.dataflow::<u64, _, _>(|scope| {
            let kept = part.iter().copied().to_stream(scope).filter(|n: &u64| !n.is_multiple_of(3));
            keep(kept, all, Vec::append);
        });
    });
    parts.concat()
}

/// Keeps on each worker what comes there.
pub fn keep<T: Clone + 'static, R: 'static>(stream: StreamVec<'_, u64, T>, all: Gathered<R>, add: fn(&mut R, &mut Vec<T>)) {
    stream.sink(Pipeline, "keep", move |(input, _)| input.for_each(|_, batch| add(&mut all.borrow_mut(), batch)));
}

/// Each row goes to the worker of its key, as in the examples.
fn exchanged(rows: &'static [Row]) -> Vec<Sums> {
    run(move |worker, sums| {
        let part = part(rows, worker);
        worker.dataflow::<u64, _, _>(|scope| {
            let rows = part.iter().copied().to_stream(scope);
            gather(rows, sums, text::add);
        });
    })
}

/// Each worker sums its own rows, and then sends each sum to the worker of its key.
fn aggregated(rows: &'static [Row]) -> Vec<Sums> {
    run(move |worker, sums| {
        let part = part(rows, worker);
        worker.dataflow::<u64, _, _>(|scope| {
            let rows = part.iter().copied().to_stream(scope);
            let local = locally(rows, |sums, (key, value): Row| *sums.entry(key).or_default() += value);
            gather(local, sums, text::add);
        });
    })
}

/// Folds a stream into a table on each worker, and sends on its entries at the end.
fn locally<'s, T, K, V>(stream: StreamVec<'s, u64, T>, fold: impl Fn(&mut Table<K, V>, T) + 'static) -> StreamVec<'s, u64, (K, V)>
where
    T: Clone + 'static,
    K: Eq + Hash + Clone + 'static,
    V: 'static + Clone,
{
    stream.unary_frontier(Pipeline, "locally", move |capability, _| {
        let mut held = Some(capability);
        let mut entries = table();
        move |(input, frontier), output| {
            input.for_each(|_, batch| batch.drain(..).for_each(|record| fold(&mut entries, record)));
            if frontier.is_empty()
                && let Some(capability) = held.take()
            {
                output.session(&capability).give_iterator(std::mem::take(&mut entries).into_iter());
            }
        }
    })
}

/// Sends entries to the worker of their key, which merges them.
fn gather<K, V>(entries: StreamVec<'_, u64, (K, V)>, all: Gathered<Table<K, V>>, join: fn(&mut V, V))
where
    K: ExchangeData + Eq + Hash,
    V: ExchangeData,
{
    // Other seeds than those of the tables, whose keys would all share bits.
    let hasher = RandomState::with_seeds(5, 6, 7, 8);
    let by_key = Exchange::new(move |entry: &(K, V)| hasher.hash_one(&entry.0));
    entries.sink(by_key, "gather", move |(input, _)| {
        let all = &mut *all.borrow_mut();
        input.for_each(|_, batch| text::merge(all, batch.drain(..), join));
    });
}

fn words(path: &'static Path) -> Vec<Table<String, u64>> {
    by_block(path, text::count_words, text::add)
}

fn stations(path: &'static Path) -> Vec<Table<String, Weather>> {
    by_block(path, text::measure_lines, text::join)
}

/// Each worker reads its share of the blocks of the file, one a step.
fn by_block<V: ExchangeData + Clone>(
    path: &'static Path,
    fill: fn(&mut Table<String, V>, &str),
    join: fn(&mut V, V),
) -> Vec<Table<String, V>> {
    run(move |worker, all| {
        let mut input = InputHandle::new();
        worker.dataflow::<u64, _, _>(|scope| {
            let text = input.to_stream(scope);
            let local = locally(text, move |entries, text: String| fill(entries, &text));
            gather(local, all, join);
        });
        let blocks = Blocks::of(path);
        for block in (worker.index() as u64..blocks.count()).step_by(worker.peers()) {
            input.send(blocks.read(block));
            input.flush();
            worker.step();
        }
    })
}
