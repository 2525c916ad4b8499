//! From a record's sending to the result of its micro-batch, at a steady rate.

use microbatch::prelude::*;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const RATE: u64 = 1_000_000;

pub fn table(scale: usize, rounds: usize) {
    println!("| records a second | median | 99th percentile | 99.9th | greatest |\n|---|---|---|---|---|");
    for _ in 0..rounds.min(3) {
        let mut latencies = run(Duration::from_millis(2_000 / scale as u64 + 20));
        latencies.sort();
        let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_nanos() as f64 / 1e3;
        println!("| {RATE} | {:.0} us | {:.0} us | {:.0} us | {:.0} us |", at(0.5), at(0.99), at(0.999), at(1.0));
    }
}

fn run(time: Duration) -> Vec<Duration> {
    let (sender, source) = channel(100_000);
    let latencies = Arc::new(Mutex::new(Vec::new()));
    let theirs = latencies.clone();
    let sink = ForEach::new(move |sent: Instant| theirs.lock().unwrap().push(sent.elapsed()));
    let handle = Pipeline::stream(source).map(|sent: Instant| sent).spawn(sink).unwrap();
    let began = Instant::now();
    let mut sent = 0u64;
    while began.elapsed() < time {
        let due = (began.elapsed().as_nanos() as u64 * (RATE / 1000) / 1_000_000).max(sent);
        while sent < due {
            sender.send(Instant::now()).unwrap();
            sent += 1;
        }
        std::thread::sleep(Duration::from_micros(50));
    }
    drop(sender);
    let report = handle.join().unwrap();
    assert_eq!(report.records_out, sent);
    Arc::try_unwrap(latencies).unwrap().into_inner().unwrap()
}
