//! One row of the table.

use super::answer::Put;
use super::events::Event;
use crate::ready::Ready;
use std::fmt::Debug;
use std::time::{Duration, Instant};

/// Records of a micro-batch.
const SIZES: [usize; 2] = [65_536, 4_096];

/// Checks a query's answers, measures it, and prints a row.
pub fn measure<'e, R: Ord + Debug, O>(
    name: &str,
    renoir: &str,
    events: &'e [Event],
    rounds: usize,
    stream: fn(Ready<&'e Event>, usize, Put<'_, R>),
    owned: fn(Ready<Event>, usize, Put<'_, O>),
    sequential: fn(&'e [Event], Put<'_, R>),
) {
    let borrowed: Vec<&Event> = events.iter().collect();
    let answer = sorted(|put| sequential(events, put));
    for size in SIZES {
        let found = sorted(|put| stream(Ready::new(&borrowed, size), size, put));
        assert_eq!(found.len(), answer.len(), "{name}: rows of micro-batches of {size}");
        let differs = found.iter().zip(&answer).find(|(found, right)| found != right);
        assert!(differs.is_none(), "{name}: micro-batches of {size} differ: {differs:?}");
    }
    let mut times = [const { Vec::new() }; 4];
    for _ in 0..rounds {
        for (size, times) in SIZES.into_iter().zip(&mut times) {
            // Micro-batches are made ready before the clock starts.
            let source = Ready::new(&borrowed, size);
            times.push(timed(answer.len(), |put| stream(source, size, put)));
        }
        times[2].push(timed(answer.len(), |put| sequential(events, put)));
        let source = Ready::new(events, SIZES[0]);
        times[3].push(timed(answer.len(), |put| owned(source, SIZES[0], put)));
    }
    let rate = |time: Duration| format!("{:.1}", events.len() as f64 / time.as_secs_f64() / 1e6);
    let [large, small, alone, owned] = times.map(|times| rate(median(times)));
    println!("| {name} | {large} | {small} | {owned} | {alone} | {renoir} |");
}

fn sorted<R: Ord>(run: impl FnOnce(Put<'_, R>)) -> Vec<R> {
    let mut rows = Vec::new();
    run(&mut |row| rows.push(row));
    rows.sort();
    rows
}

/// How long it takes to make so many rows, which are thrown away.
fn timed<R>(rows: usize, run: impl FnOnce(Put<'_, R>)) -> Duration {
    let mut made = 0;
    let began = Instant::now();
    run(&mut |row| {
        std::hint::black_box(row);
        made += 1;
    });
    let elapsed = began.elapsed();
    assert_eq!(made, rows);
    elapsed
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
