//! The scoreboard as a table: all contestants of a row in one process, in turn, with medians and ratios.
//!
//! `cargo bench --bench scoreboard` for all rows, `-- sort keyed` for those whose names hold one of the words, `-- --memory` for the peak
//! memory of each contestant as well (on Linux).

#[path = "scoreboard/memory.rs"]
mod memory;
mod workloads;

use std::time::{Duration, Instant};
use workloads::Contestant;

const ROUNDS: usize = 7;
const TRIAL: usize = 1000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((first, rest)) if first == memory::CHILD => memory::report(rest),
        _ => scoreboard(&arguments),
    }
}

fn scoreboard(arguments: &[String]) {
    let (flags, words): (Vec<&str>, Vec<&str>) = arguments.iter().map(String::as_str).partition(|word| word.starts_with("--"));
    let (scale, rounds) = if flags.contains(&"--test") { (TRIAL, 1) } else { (1, ROUNDS) };
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word));
    let with_memory = flags.contains(&"--memory");
    let columns = if with_memory { (" peak memory | times that of the fastest by hand |", "---|---|") } else { ("", "") };
    println!("| work | who | median | records a second | times as fast as microbatch |{}\n|---|---|---|---|---|{}", columns.0, columns.1);
    workloads::rows(scale, &wanted, &mut |name, records, contestants| {
        let medians = medians(contestants, rounds);
        let peaks = if with_memory { contestants.iter().map(|one| memory::peak(scale, name, one.name)).collect() } else { Vec::new() };
        report(name, records, contestants, &medians, &peaks);
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

fn report(name: &str, records: usize, contestants: &[Contestant<'_>], medians: &[Duration], peaks: &[u64]) {
    let by_hand = (0..contestants.len()).filter(|at| !contestants[*at].name.starts_with("microbatch"));
    let fastest = by_hand.min_by_key(|at| medians[*at]).and_then(|at| peaks.get(at)).filter(|peak| **peak > 0);
    for (at, (contestant, median)) in contestants.iter().zip(medians).enumerate() {
        let ratio = medians[0].as_secs_f64() / median.as_secs_f64();
        let rate = records as f64 / median.as_secs_f64() / 1e6;
        let memory = peaks.get(at).map_or(String::new(), |peak| {
            let times = fastest.map_or("-".to_owned(), |fastest| format!("{:.2}", *peak as f64 / *fastest as f64));
            format!(" {:.1} MiB | {times} |", *peak as f64 / 1024.0 / 1024.0)
        });
        println!("| {name} | {} | {median:.2?} | {rate:.1} M | {ratio:.2} |{memory}", contestant.name);
    }
}
