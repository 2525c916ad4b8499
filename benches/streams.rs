//! Streams: what a micro-batch costs, windows against the bounded run, latency, the ordered parallel iterator, and state by key.
//!
//! `cargo bench --bench streams` for all tables, `-- windows latency` for those whose names hold one of the words, `-- --test` for a trial. Every
//! answer is checked; medians of several rounds, in turn in one process.

mod streams {
    pub mod cost;
    pub mod events;
    pub mod latency;
    pub mod ordered;
    pub mod ready;
    pub mod sliding;
    pub mod stateful;
    pub mod windows;
}

use std::time::{Duration, Instant};
use streams::{cost, latency, ordered, sliding, stateful, windows};

const ROUNDS: usize = 5;
const TRIAL: usize = 100;

fn main() {
    let (flags, words): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let (scale, rounds) = if flags.iter().any(|flag| flag == "--test") { (TRIAL, 1) } else { (1, ROUNDS) };
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let tables: [(&str, fn(usize, usize)); 6] = [
        ("cost", cost::table),
        ("windows", windows::table),
        ("sliding", sliding::table),
        ("latency", latency::table),
        ("ordered", ordered::table),
        ("stateful", stateful::table),
    ];
    for (_, table) in tables.into_iter().filter(|(name, _)| wanted(name)) {
        table(scale, rounds);
        println!();
    }
}

/// The median times of several ways to one answer, run in turn, after one round that does not count.
fn medians<A: PartialEq + std::fmt::Debug>(rounds: usize, ways: &mut [&mut dyn FnMut() -> A]) -> Vec<Duration> {
    let mut times = vec![Vec::new(); ways.len()];
    for round in 0..=rounds {
        let mut answer = None;
        for (way, times) in ways.iter_mut().zip(&mut times) {
            let began = Instant::now();
            let found = way();
            if round > 0 {
                times.push(began.elapsed());
            }
            match &answer {
                None => answer = Some(found),
                Some(answer) => assert!(*answer == found, "the ways differ"),
            }
        }
    }
    times.into_iter().map(median).collect()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
