//! Sliding windows by key over events in memory: what it costs that windows overlap.

use super::events::{Event, Ready, events};
use crate::median;
use microbatch::prelude::*;
use std::time::{Duration, Instant};

const EVENTS: usize = 5_000_000;
const KEYS: u32 = 1000;
const SIZE: usize = 65_536;

pub fn table(scale: usize, rounds: usize) {
    println!("| windows of 1,000 keys | records a second | panes |\n|---|---|---|");
    let events = events(EVENTS / scale, KEYS);
    for slides in [1, 5, 10, 60, 300] {
        let mut panes = 0;
        let times = (0..=rounds).map(|_| {
            let source = Ready::new(&events, SIZE);
            let began = Instant::now();
            panes = run(source, slides, events.iter().map(|event| event.value).sum());
            began.elapsed()
        });
        let rate = events.len() as f64 / median(times.skip(1).collect()).as_secs_f64() / 1e6;
        println!("| {slides} s by 1 s | {rate:.1} M | {panes} |");
    }
}

/// How many panes there are, whose values add up to the total, once for each slide.
fn run(source: Ready<Event>, slides: u64, total: u64) -> u64 {
    let (mut panes, mut sum) = (0, 0);
    Pipeline::stream(source)
        .event_time(|event| event.at)
        .window(Sliding::of(Duration::from_secs(slides), Duration::from_secs(1)))
        .key_by(|event| event.key)
        .map(|event| event.value)
        .integrator(Sum)
        .trigger(Records::of(SIZE))
        .for_each(|pane| {
            panes += 1;
            sum += pane.value;
        })
        .unwrap();
    assert_eq!(sum, total * slides);
    panes
}
