//! pipe-io: a pipeline a core over its part of the data, run side by side on rayon, as in its example `rayon_driver`.

use super::shard;
use crate::answer;
use crate::contestant::Contestant;
use crate::work::Work;
use ::pipe_io::sink::VecSink;
use ::pipe_io::{Pipeline, Sink, Source};
use ::rayon::prelude::*;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const NAME: &str = "pipe-io";

pub fn offers(work: Work) -> Vec<Contestant> {
    match work {
        Work::Sum(data) => vec![Contestant::new(NAME, "", move || sum(data), |sum| sum)],
        Work::Collect(data) => vec![Contestant::new(NAME, "", move || collect(data), |all| answer::sequence(&all))],
        Work::Filter(data) => vec![Contestant::new(NAME, "", move || filter(data), |kept| answer::bag(&kept))],
        // It has no step that folds, by key or without, nor one that sorts: its windows hold their items, and close by time.
        Work::Keyed(_) | Work::Sort(_) | Work::Top(_) | Work::Words(_) | Work::Stations(_) => vec![],
    }
}

fn parts(data: &'static [u64]) -> Vec<impl Iterator<Item = u64> + Send + use<>> {
    let cores = super::cores();
    (0..cores).map(|core| shard(data, core, cores).iter().copied()).collect()
}

fn run<S: Source<Item: Send + 'static> + Send + 'static>(pipelines: Vec<Pipeline<S>>) {
    pipelines.into_par_iter().for_each(|pipeline| {
        pipeline.run().unwrap();
    });
}

/// Adds up what it is given, and tells when it is closed.
#[derive(Default)]
struct Sum {
    sum: u64,
    total: Arc<AtomicU64>,
}

impl Sink for Sum {
    type Item = u64;
    type Error = Infallible;

    fn write(&mut self, item: u64) -> Result<(), Infallible> {
        self.sum += item;
        Ok(())
    }

    fn close(&mut self) -> Result<(), Infallible> {
        self.total.fetch_add(self.sum, Ordering::Relaxed);
        Ok(())
    }
}

fn sum(data: &'static [u64]) -> u64 {
    let total = Arc::new(AtomicU64::new(0));
    run(parts(data).into_iter().map(|part| Pipeline::from_iter(part).sink(Sum { sum: 0, total: Arc::clone(&total) })).collect());
    total.load(Ordering::Relaxed)
}

fn collect(data: &'static [u64]) -> Vec<u64> {
    let sinks: Vec<_> = parts(data).into_iter().map(|part| (part, VecSink::new())).collect();
    let outputs: Vec<_> = sinks.iter().map(|(_, sink)| sink.handle()).collect();
    run(sinks.into_iter().map(|(part, sink)| Pipeline::from_iter(part).map(|n: u64| n * 3 + 1).sink(sink)).collect());
    outputs.iter().map(|output| output.take()).collect::<Vec<_>>().concat()
}

fn filter(data: &'static [u64]) -> Vec<u64> {
    let sinks: Vec<_> = parts(data).into_iter().map(|part| (part, VecSink::new())).collect();
    let outputs: Vec<_> = sinks.iter().map(|(_, sink)| sink.handle()).collect();
    run(sinks.into_iter().map(|(part, sink)| Pipeline::from_iter(part).filter(|n: &u64| !n.is_multiple_of(3)).sink(sink)).collect());
    outputs.iter().map(|output| output.take()).collect::<Vec<_>>().concat()
}
