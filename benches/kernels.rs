//! The hot kernels, each over small data that are always the same, on an engine of one thread: what `.ci/instructions` counts.
//!
//! `kernels` lists them, `kernels NAME TIMES` makes the data of one and runs it so many times. Between two numbers of times lies what the
//! runs alone take.

#[path = "workloads/numbers.rs"]
mod numbers;

use microbatch::prelude::*;
use numbers::numbers;
use std::hint::black_box;
use std::time::Duration;

const NOVEL: &str = include_str!("../examples/data/moby-dick.txt");

/// Makes its data, and runs so many times.
type Kernel = fn(&Engine, usize);

const KERNELS: &[(&str, Kernel)] = &[
    ("sum", sum),
    ("map-filter-map-sum", chain),
    ("keyed-sum-100", |engine, times| keyed(200_000, 100, engine, times)),
    ("keyed-sum-10-thousand", |engine, times| keyed(200_000, 10_000, engine, times)),
    ("keyed-sum-1-million", |engine, times| keyed(1_000_000, 1_000_000, engine, times)),
    ("keyed-words", keyed_words),
    ("keyed-mean-and-count", keyed_mean),
    ("windows-by-key", windows),
    ("sort", sort),
    ("collect", collect),
    ("filter-collect", filter),
    ("top-100", top),
    ("word-count", word_count),
    ("batches-of-64", batches),
    ("runs-of-1024", small),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let [name, times] = &arguments[..] else { return KERNELS.iter().for_each(|(name, _)| println!("{name}")) };
    let times = times.parse().expect("how often is a number");
    let engine = Engine::builder().threads(1).build().expect("one thread");
    let (_, kernel) = KERNELS.iter().find(|(known, _)| known == name).expect("there is such a kernel");
    kernel(&engine, times);
}

fn repeat<R>(times: usize, run: impl Fn() -> R) {
    for _ in 0..times {
        black_box(run());
    }
}

fn values(count: usize) -> Vec<u64> {
    numbers(count).map(|n| n >> 32).collect()
}

fn rows(count: usize, keys: u64) -> Vec<(u32, u64)> {
    numbers(count).map(|n| ((((n >> 32) * keys) >> 32) as u32, n & 1023)).collect()
}

fn sum(engine: &Engine, times: usize) {
    let data = values(1_000_000);
    repeat(times, || Pipeline::over(&data).on(engine).integrator(Sum).run());
}

fn chain(engine: &Engine, times: usize) {
    let data = values(500_000);
    let over = || Pipeline::over(&data).map(|n| (n * n) >> 8).filter(|n| !n.is_multiple_of(3)).map(|n| n ^ (n >> 7));
    repeat(times, || over().on(engine).integrator(Sum).run());
}

fn keyed(count: usize, keys: u64, engine: &Engine, times: usize) {
    let data = rows(count, keys);
    repeat(times, || Pipeline::over(&data).key_by(|row| row.0).map(|row| row.1).on(engine).integrator(Sum).run());
}

fn keyed_words(engine: &Engine, times: usize) {
    let data: Vec<&str> = NOVEL.split_ascii_whitespace().collect();
    repeat(times, || Pipeline::over(&data).key_by(|word| **word).on(engine).integrator(Count).run());
}

fn keyed_mean(engine: &Engine, times: usize) {
    let data = rows(200_000, 1_000);
    repeat(times, || Pipeline::over(&data).key_by(|row| row.0).map(|row| row.1).on(engine).integrator((Mean, Count)).run());
}

/// Ten tumbling windows.
fn windows(engine: &Engine, times: usize) {
    let data: Vec<(i64, (u32, u64))> = (0..).zip(rows(200_000, 1_000)).collect();
    let timed = || Pipeline::over(&data).event_time(|row| Timestamp::from_micros(row.0)).window(Tumbling::of(Duration::from_millis(20)));
    repeat(times, || timed().key_by(|row| row.1.0).map(|row| row.1.1).on(engine).integrator(Sum).run());
}

fn sort(engine: &Engine, times: usize) {
    let data = values(200_000);
    repeat(times, || Pipeline::over(&data).copied().on(engine).sort().run());
}

fn collect(engine: &Engine, times: usize) {
    let data = values(500_000);
    repeat(times, || Pipeline::over(&data).map(|n| n ^ (n >> 7)).on(engine).run());
}

fn filter(engine: &Engine, times: usize) {
    let data = values(500_000);
    repeat(times, || Pipeline::over(&data).copied().filter(|n| !n.is_multiple_of(3)).on(engine).run());
}

fn top(engine: &Engine, times: usize) {
    let data = values(500_000);
    repeat(times, || Pipeline::over(&data).copied().on(engine).top_by_key(100, |n| *n).run());
}

fn word_count(engine: &Engine, times: usize) {
    let words = || Pipeline::over(Lines::of(NOVEL)).flat_map(str::split_ascii_whitespace).key_by(|word| *word);
    repeat(times, || words().on(engine).integrator(Count).run());
}

fn batches(engine: &Engine, times: usize) {
    let data = values(500_000);
    repeat(times, || Pipeline::over(&data).partitioner(Chunks::of(64)).map(|n| (n * n) >> 8).on(engine).integrator(Sum).run());
}

/// As many runs as make up for what is counted of other things.
fn small(engine: &Engine, times: usize) {
    let data = values(1_024);
    repeat(100 * times, || Pipeline::over(&data).map(|n| n ^ (n >> 7)).on(engine).integrator(Max).run());
}
