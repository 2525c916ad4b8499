//! Tumbling windows by key over events in memory, against the bounded run over the same ones.

use super::events::{Event, Ready, events};
use crate::medians;
use microbatch::prelude::*;
use std::time::Duration;

const EVENTS: usize = 20_000_000;
const KEYS: u32 = 1000;

/// How many panes there are, and what their values add up to.
type Answer = (usize, u64);

pub fn table(scale: usize, rounds: usize) {
    println!("| work | median | records a second | of the bounded run |\n|---|---|---|---|");
    let events = events(EVENTS / scale, KEYS);
    let total = events.iter().map(|e| e.value).sum::<u64>();
    // Micro-batches are made ready before the clock starts.
    let mut sources: Vec<[Option<Ready<Event>>; 2]> =
        (0..2 * rounds + 2).map(|_| [65_536, 4_096].map(|size| Some(Ready::new(&events, size)))).collect();
    let mut next = |which: usize| sources.iter_mut().find_map(|pair| pair[which].take()).unwrap();
    let mut large: Vec<_> = (0..2 * rounds + 2).map(|_| Some(next(0))).collect();
    let mut small: Vec<_> = (0..2 * rounds + 2).map(|_| Some(next(1))).collect();
    let mut bounded =
        || (0, Pipeline::over(&events).key_by(|e| e.key).map(|e| e.value).integrator(Sum).run().into_iter().map(|(_, sum)| sum).sum());
    let mut windowed = || {
        let panes = windows!(Pipeline::over(&events)).run();
        (0 * panes.len(), panes.iter().map(|pane| pane.value).sum())
    };
    let mut at_64k = || streamed(large.iter_mut().find_map(Option::take).unwrap(), 65_536);
    let mut at_4k = || streamed(small.iter_mut().find_map(Option::take).unwrap(), 4_096);
    let ways: &mut [&mut dyn FnMut() -> Answer] = &mut [&mut bounded, &mut windowed, &mut at_64k, &mut at_4k];
    let times = medians(rounds, ways);
    let names = ["bounded sum by key", "bounded, tumbling windows", "stream, micro-batches of 64 Ki", "stream, micro-batches of 4 Ki"];
    for (name, time) in names.iter().zip(&times) {
        let rate = events.len() as f64 / time.as_secs_f64() / 1e6;
        println!("| {name} | {:.1} ms | {rate:.0} M | {:.2} |", ms(*time), times[0].as_secs_f64() / time.as_secs_f64());
    }
    assert!(total > 0);
}

macro_rules! windows {
    ($pipeline:expr) => {
        $pipeline.event_time(|e| e.at).window(Tumbling::of(Duration::from_secs(10))).key_by(|e| e.key).map(|e| e.value).integrator(Sum)
    };
}
use windows;

fn streamed(source: Ready<Event>, size: usize) -> Answer {
    let (mut panes, mut sum) = (0, 0);
    let windows = windows!(Pipeline::stream(source).trigger(Records::of(size)));
    windows
        .for_each(|pane| {
            panes += 1;
            sum += pane.value;
        })
        .unwrap();
    assert!(panes > 0);
    (0, sum)
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
