//! One row of the table.

use super::events::{Event, Source};
use crate::ready::Ready;
use std::fmt::Debug;
use std::time::{Duration, Instant};

/// Records of a micro-batch.
const SIZES: [usize; 2] = [65_536, 4_096];

/// Takes the rows of an answer.
pub type Put<'p, R> = &'p mut dyn FnMut(R);

/// How a query runs over records that are moved through it, and dropped.
pub type Owned<R> = Option<fn(Ready<Event>, usize, Put<'_, R>)>;

/// Checks a query's answers, measures it, and prints a row.
pub fn measure<'e, R: Ord + Debug>(
    name: &str,
    renoir: &str,
    events: &'e [Event],
    rounds: usize,
    stream: fn(Source<'e>, usize, Put<'_, R>),
    owned: Owned<R>,
    sequential: fn(&'e [Event], Put<'_, R>),
) {
    let borrowed: Vec<&Event> = events.iter().collect();
    let answer = sorted(|put| sequential(events, put));
    for size in SIZES {
        let found = sorted(|put| stream(Source::new(&borrowed, size), size, put));
        assert_eq!(found.len(), answer.len(), "{name}: rows of micro-batches of {size}");
        let differs = found.iter().zip(&answer).find(|(found, right)| found != right);
        assert!(differs.is_none(), "{name}: micro-batches of {size} differ: {differs:?}");
    }
    let mut times = [const { Vec::new() }; 4];
    for _ in 0..rounds {
        for (size, times) in SIZES.into_iter().zip(&mut times) {
            // Micro-batches are made ready before the clock starts.
            let source = Source::new(&borrowed, size);
            times.push(timed(answer.len(), |put| stream(source, size, put)));
        }
        times[2].push(timed(answer.len(), |put| sequential(events, put)));
        if let Some(owned) = owned {
            let source = Ready::new(events, SIZES[0]);
            times[3].push(timed(answer.len(), |put| owned(source, SIZES[0], put)));
        }
    }
    let rate = |time: Duration| format!("{:.1}", events.len() as f64 / time.as_secs_f64() / 1e6);
    let [large, small, alone, owned] = times.map(|times| median(times).map(rate).unwrap_or_default());
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

fn median(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort();
    times.get(times.len() / 2).copied()
}
