//! The scoreboard as a table: all contestants of a row in one process, in turn, with medians and ratios.
//!
//! `cargo bench --bench scoreboard` for all rows, `-- sort keyed` for those whose names hold one of the words.

mod workloads;

use std::time::{Duration, Instant};
use workloads::Contestant;

const ROUNDS: usize = 7;

fn main() {
    let (flags, words): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let trial = flags.iter().any(|flag| flag == "--test");
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    println!("| work | who | median | records a second | times as fast as microbatch |\n|---|---|---|---|---|");
    workloads::rows(if trial { 1000 } else { 1 }, &wanted, &mut |name, records, contestants| {
        report(name, records, contestants, &medians(contestants, if trial { 1 } else { ROUNDS }));
    });
}

/// The median time of each, after one round that does not count.
fn medians(contestants: &[Contestant<'_>], rounds: usize) -> Vec<Duration> {
    let mut times = vec![Vec::new(); contestants.len()];
    for round in 0..=rounds {
        let mut answer = None;
        for (contestant, times) in contestants.iter().zip(&mut times) {
            let began = Instant::now();
            let result = (contestant.run)();
            let elapsed = began.elapsed();
            let checksum = result();
            assert_eq!(*answer.get_or_insert(checksum), checksum, "{} differs", contestant.name);
            if round > 0 {
                times.push(elapsed);
            }
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    times.into_iter().map(median).collect()
}

fn report(name: &str, records: usize, contestants: &[Contestant<'_>], medians: &[Duration]) {
    for (contestant, median) in contestants.iter().zip(medians) {
        let ratio = medians[0].as_secs_f64() / median.as_secs_f64();
        let rate = records as f64 / median.as_secs_f64() / 1e6;
        println!("| {name} | {} | {median:.2?} | {rate:.1} M | {ratio:.2} |", contestant.name);
    }
}
