//! State by key, on one thread and on two: what threads share of it.

use crate::medians;
use microbatch::prelude::*;
use std::time::Duration;

/// Sums up a key's values, after so many rounds of work on each.
#[derive(Clone, Copy)]
struct Summing {
    rounds: u64,
}

impl KeyedProcessor<u64, u64> for Summing {
    type State = u64;
    type Out = u64;

    fn on_record(&self, _: &u64, sum: &mut u64, value: u64, context: &mut Context<u64>) {
        let value = (0..self.rounds).fold(value, |n, _| (n ^ (n >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        *sum = sum.wrapping_add(value);
        context.emit(*sum);
    }
}

pub fn table(scale: usize, rounds: usize) {
    println!("| work a record | 1 thread, M/s | 2 threads, M/s | factor |\n|---|---|---|---|");
    let engines = [1, 2].map(|threads| Engine::builder().threads(threads).build().unwrap());
    for (name, work, records) in [("none", 0, 4_000_000), ("about 100 ns", 75, 2_000_000), ("about 1 us", 750, 500_000)] {
        let records = records / scale as u64;
        let run = |engine: &Engine| {
            let keys = |n: &u64| n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 50;
            let stream = Pipeline::stream(0..records).trigger(Records::of(32_768)).key_by(keys);
            let mut last = 0u64;
            stream.stateful(Summing { rounds: work }).on(engine).for_each(|sum| last = last.rotate_left(1) ^ sum).unwrap();
            last
        };
        let times = medians(rounds, &mut [&mut || run(&engines[0]), &mut || run(&engines[1])]);
        let millions = |time: Duration| records as f64 / time.as_secs_f64() / 1e6;
        println!(
            "| {name} | {:.2} | {:.2} | {:.2} |",
            millions(times[0]),
            millions(times[1]),
            times[0].as_secs_f64() / times[1].as_secs_f64()
        );
    }
}
