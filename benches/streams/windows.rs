//! Tumbling windows by key over events in memory, against the bounded run over the same ones.

use super::events::{Event, Ready, events};
use crate::medians;
use microbatch::prelude::*;
use std::time::Duration;

const EVENTS: usize = 20_000_000;
const KEYS: u32 = 1000;

pub fn table(scale: usize, rounds: usize) {
    println!("| work | median | records a second | of the bounded run |\n|---|---|---|---|");
    let events = events(EVENTS / scale, KEYS);
    // Micro-batches are made ready before the clock starts.
    let ready = |size| (0..=rounds).map(|_| Ready::new(&events, size)).collect::<Vec<_>>();
    let (mut large, mut small) = (ready(65_536), ready(4_096));
    let mut bounded =
        || Pipeline::over(&events).key_by(|e| e.key).map(|e| e.value).integrator(Sum).run().into_iter().map(|(_, sum)| sum).sum();
    let mut windowed = || windows!(Pipeline::over(&events)).run().iter().map(|pane| pane.value).sum();
    let mut at_64k = || streamed(large.pop(), 65_536);
    let mut at_4k = || streamed(small.pop(), 4_096);
    let ways: &mut [&mut dyn FnMut() -> u64] = &mut [&mut bounded, &mut windowed, &mut at_64k, &mut at_4k];
    let times = medians(rounds, ways);
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

/// What the values of all panes add up to.
fn streamed(source: Option<Ready<Event>>, size: usize) -> u64 {
    let source = source.expect("there is one for each round");
    let mut sum = 0;
    windows!(Pipeline::stream(source).trigger(Records::of(size))).for_each(|pane| sum += pane.value).expect("nothing can fail");
    sum
}
