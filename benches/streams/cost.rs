//! What a micro-batch costs whatever its size, and at what size half of its time goes into its records.

use super::events::{Ready, events};
use crate::median;
use microbatch::prelude::*;
use std::time::Duration;

/// Sizes of micro-batches.
const SIZES: [usize; 5] = [16, 256, 1024, 4096, 16384];

pub fn table(scale: usize, rounds: usize) {
    println!("| micro-batches | time each | a | b | half efficiency |\n|---|---|---|---|---|");
    for (name, run) in [("sum", sum as fn(usize, usize) -> (Duration, u64)), ("sum by key, 1,000 keys, mode update", update)] {
        let mut points = Vec::new();
        for size in SIZES {
            let count = (2_000_000 / size.max(100)).clamp(200, 20_000) / scale + 2;
            let times = (0..=rounds).map(|_| {
                let (elapsed, batches) = run(size, count);
                elapsed / batches as u32
            });
            points.push((size, median(times.skip(1).collect())));
        }
        let (a, b) = fit(&points);
        for (size, each) in &points {
            println!("| {name}, {size} records | {:.2} us | | | |", each.as_nanos() as f64 / 1e3);
        }
        println!("| {name} | | {:.2} us | {b:.2} ns | {:.0} records |", a / 1e3, a / b);
    }
}

/// a and b of a + b n through the points, by least squares of the relative errors.
fn fit(points: &[(usize, Duration)]) -> (f64, f64) {
    let [mut w, mut n, mut t, mut nn, mut nt] = [0.0; 5];
    for (size, time) in points {
        let (size, time) = (*size as f64, time.as_nanos() as f64);
        let weight = 1.0 / (time * time);
        (w, n, t, nn, nt) = (w + weight, n + weight * size, t + weight * time, nn + weight * size * size, nt + weight * size * time);
    }
    let b = (w * nt - n * t) / (w * nn - n * n);
    ((t - b * n) / w, b)
}

/// The time that micro-batches took, as the stream says, and how many there were.
fn sum(size: usize, count: usize) -> (Duration, u64) {
    let events = events(size * count, 1000);
    let source = Ready::new(&events, size);
    let mut total = 0;
    let pipeline = Pipeline::stream(source).trigger(Records::of(size)).process(|batch| batch.iter().map(|e| e.value).sum::<u64>());
    let report = pipeline.for_each(|sum| total += sum).unwrap();
    assert_eq!(total, events.iter().map(|e| e.value).sum::<u64>());
    assert_eq!(report.micro_batches, count as u64);
    (report.processing, report.micro_batches)
}

fn update(size: usize, count: usize) -> (Duration, u64) {
    let events = events(size * count, 1000);
    let source = Ready::new(&events, size);
    let pipeline =
        Pipeline::stream(source).trigger(Records::of(size)).key_by(|e| e.key).map(|e| e.value).mode(Mode::Update).integrator(Sum);
    let mut panes = 0u64;
    let report = pipeline.for_each(|_| panes += 1).unwrap();
    assert!(panes >= 1000.min(events.len() as u64 / 2));
    assert_eq!(report.micro_batches, count as u64);
    (report.processing, report.micro_batches)
}
