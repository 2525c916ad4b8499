//! Tumbling windows by key over events in memory, against the bounded run over the same ones.

use super::events::{Event, Ready, events};
use crate::median;
use microbatch::prelude::*;
use std::time::{Duration, Instant};

const EVENTS: usize = 20_000_000;
const KEYS: u32 = 1000;

pub fn table(scale: usize, rounds: usize) {
    println!("| work | median | records a second | of the bounded run |\n|---|---|---|---|");
    let events = events(EVENTS / scale, KEYS);
    let bounded = || Pipeline::over(&events).key_by(|e| e.key).map(|e| e.value).integrator(Sum).run().into_iter().map(|(_, sum)| sum).sum();
    let windowed = || windows!(Pipeline::over(&events)).run().iter().map(|pane| pane.value).sum();
    let mut times: [Vec<Duration>; 4] = Default::default();
    for round in 0..=rounds {
        // Micro-batches are made ready before the clock starts.
        let streams = [65_536, 4_096].map(|size| {
            let source = Ready::new(&events, size);
            timed(|| streamed(source, size))
        });
        let found = [timed(bounded), timed(windowed), streams[0], streams[1]];
        assert!(found.iter().all(|(_, sum)| *sum == found[0].1), "the ways differ");
        if round > 0 {
            times.iter_mut().zip(found).for_each(|(times, (time, _))| times.push(time));
        }
    }
    let times = times.map(median);
    let names = ["bounded sum by key", "bounded, tumbling windows", "stream, micro-batches of 64 Ki", "stream, micro-batches of 4 Ki"];
    for (name, time) in names.iter().zip(&times) {
        let (seconds, all) = (time.as_secs_f64(), times[0].as_secs_f64());
        println!("| {name} | {:.1} ms | {:.0} M | {:.2} |", seconds * 1e3, events.len() as f64 / seconds / 1e6, all / seconds);
    }
}

macro_rules! windows {
    ($pipeline:expr) => {
        $pipeline.event_time(|e| e.at).window(Tumbling::of(Duration::from_secs(10))).key_by(|e| e.key).map(|e| e.value).integrator(Sum)
    };
}
use windows;

fn timed(work: impl FnOnce() -> u64) -> (Duration, u64) {
    let began = Instant::now();
    let sum = work();
    (began.elapsed(), sum)
}

/// What the values of all panes add up to.
fn streamed(source: Ready<Event>, size: usize) -> u64 {
    let mut sum = 0;
    windows!(Pipeline::stream(source).trigger(Records::of(size))).for_each(|pane| sum += pane.value).expect("nothing can fail");
    sum
}
