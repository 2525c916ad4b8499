//! What it costs to be observed: the same run without observers and with, in turn, and the median of the ratios.
//!
//! `cargo bench --bench observers --features full`; with `-- --test` a single round, for the answers alone. A batch here takes 2 to 10
//! microseconds, which is little.

use microbatch::prelude::*;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Records of a batch: what a light batch has.
const BATCH: usize = 4_096;

/// An observer that does nothing, which shows what measuring costs.
struct Deaf;

impl Observer for Deaf {}

/// A new observer for each run.
type Make<'m> = &'m dyn Fn() -> Box<dyn Observer>;

/// A run over so many records, observed or not.
type Work = fn(u64, Option<&dyn Observer>) -> u64;

fn observed<'a, M, T, C, X, Ky, At, Wi, I>(
    pipeline: Pipeline<'a, M, T, C, X, Ky, At, Wi, I>,
    observer: Option<&'a dyn Observer>,
) -> Pipeline<'a, M, T, C, X, Ky, At, Wi, I> {
    match observer {
        Some(observer) => pipeline.observe(observer),
        None => pipeline,
    }
}

/// About 0.3 nanoseconds a record and core: nothing is lighter.
fn count(records: u64, observer: Option<&dyn Observer>) -> u64 {
    observed(Pipeline::over(0..records).partitioner(Chunks::of(BATCH)).filter(|n| n.count_ones() % 2 == 0).integrator(Count), observer)
        .run()
}

/// About 2 nanoseconds a record and core.
fn map_filter_sum(records: u64, observer: Option<&dyn Observer>) -> u64 {
    let over = Pipeline::over(0..records).partitioner(Chunks::of(BATCH));
    let pipeline = over.map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).filter(|n| n % 3 != 0).map(|n| n % 1_000_003).integrator(Sum);
    observed(pipeline, observer).run()
}

/// About 3 nanoseconds a record and core.
fn count_by_key(records: u64, observer: Option<&dyn Observer>) -> u64 {
    let over = Pipeline::over(0..records).partitioner(Chunks::of(BATCH));
    let counts = observed(over.key_by(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54).integrator(Count), observer).run();
    counts.iter().map(|(key, count)| key * count).sum()
}

fn time(work: Work, records: u64, observer: Option<&dyn Observer>, expected: u64) -> Duration {
    let start = Instant::now();
    let answer = black_box(work(black_box(records), observer));
    let taken = start.elapsed();
    assert_eq!(answer, expected, "observed or not, the answer is the same");
    taken
}

/// The median time without an observer, and that of the ratios with to without.
fn compare(work: Work, make: Option<Make<'_>>, records: u64, rounds: usize) -> (Duration, f64) {
    let expected = work(records, None);
    let (mut times, mut ratios) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let observer = make.map(|make| make());
        let with = || time(work, records, observer.as_deref(), expected);
        let without = || time(work, records, None, expected);
        // Each goes first as often as the other.
        let early = (round % 2 == 0).then(without);
        let with = with();
        let without = early.unwrap_or_else(without);
        times.push(without);
        ratios.push(with.as_secs_f64() / without.as_secs_f64());
    }
    times.sort();
    ratios.sort_by(f64::total_cmp);
    (times[rounds / 2], ratios[rounds / 2])
}

fn main() {
    let is_test = std::env::args().any(|argument| argument == "--test");
    let (records, rounds) = if is_test { (100_000, 1) } else { (8_000_000, 301) };
    let observers: [(&str, Option<Make<'_>>); 6] = [
        ("none", None),
        ("one that does nothing", Some(&|| Box::new(Deaf))),
        ("timeline", Some(&|| Box::new(Timeline::new()))),
        ("spans, no subscriber", Some(&|| Box::new(Spans::new()))),
        ("metrics, no recorder", Some(&|| Box::new(Metrics::new()))),
        ("progress, no terminal", Some(&|| Box::new(Progress::new()))),
    ];
    let works: [(&str, Work); 3] = [("filter count", count), ("map filter map sum", map_filter_sum), ("count by key", count_by_key)];
    println!("| work, {records} records | observer | without | ratio |\n|---|---|---|---|");
    for (work, run) in works {
        for (observer, make) in &observers {
            let (without, ratio) = compare(run, *make, records, rounds);
            println!("| {work} | {observer} | {without:.2?} | {ratio:.3} |");
        }
    }
}
