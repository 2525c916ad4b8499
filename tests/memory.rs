//! What a stream needs of memory does not grow with its input, however slow its sink is. Each run is a process of its own, which reports its peak.
#![cfg(target_os = "linux")]

use microbatch::prelude::*;
use microbatch::{Admission, ForEach, PerBatch, channel};
use std::process::Command;
use std::time::Duration;

/// What the child is told: the kind of its run, and its records.
const KIND: &str = "MICROBATCH_MEMORY_KIND";
const RECORDS: &str = "MICROBATCH_MEMORY_RECORDS";

const FEW: u64 = 20_000;
/// The peak of ten times as many records may be this much higher.
const MOST: f64 = 1.10;

/// A record of a kilobyte that lies elsewhere.
fn record(n: u64) -> (u64, Vec<u8>) {
    (n, vec![n as u8; 1024])
}

/// A hundred times slower than records are made.
fn take_slowly() {
    std::thread::sleep(Duration::from_micros(200));
}

fn run(kind: &str, records: u64) {
    let numbers = (0..records).map(record);
    match kind {
        "records" => Pipeline::stream(numbers).trigger(Records::of(100)).for_each(|_| ()).map(drop).unwrap(),
        "slow sink" => {
            let mut taken = 0u64;
            let stream = Pipeline::stream(numbers).admission(Admission::new().records(1_000)).map(|(n, bytes)| (n, bytes.len()));
            stream
                .for_each(|_| {
                    taken += 1;
                    if taken.is_multiple_of(100) {
                        take_slowly();
                    }
                })
                .map(drop)
                .unwrap();
        }
        "windows" => {
            let stream = Pipeline::stream(numbers).trigger(Records::of(500)).event_time(|record| Timestamp::from_millis(record.0 as i64));
            let sums =
                stream.window(Tumbling::of(Duration::from_secs(1))).key_by(|record| record.0 % 100).map(|record| record.1.len() as u64);
            sums.integrator(Sum).for_each(|_| ()).map(drop).unwrap();
        }
        // Of keys that do not come again, some with states that are taken out again, some with stacks of them.
        "sliding windows" => {
            let stream = Pipeline::stream(numbers).trigger(Records::of(500)).event_time(|record| Timestamp::from_millis(record.0 as i64));
            let windows = stream.window(Sliding::of(Duration::from_secs(1), Duration::from_millis(50))).key_by(|record| record.0);
            windows.map(|record| record.0).integrator(Sum).for_each(|_| ()).map(drop).unwrap();
        }
        "sliding maxima" => {
            let stream = Pipeline::stream(numbers).trigger(Records::of(500)).event_time(|record| Timestamp::from_millis(record.0 as i64));
            let windows = stream.window(Sliding::of(Duration::from_secs(1), Duration::from_millis(50))).key_by(|record| record.0);
            windows.map(|record| record.0).integrator(Max).for_each(|_| ()).map(drop).unwrap();
        }
        "late records of micro-batches" => {
            let stream = Pipeline::stream(numbers).trigger(Records::of(500)).event_time(|record| Timestamp::from_millis(record.0 as i64));
            let windows = stream.window(PerBatch).allowed_lateness(Duration::from_secs(1)).key_by(|record| record.0);
            windows.integrator(Count).for_each(|_| ()).map(drop).unwrap();
        }
        "channel" => {
            let (sender, source) = channel(1_000);
            let stream = Pipeline::stream(source).trigger(Records::of(100)).map(|(n, bytes): (u64, Vec<u8>)| (n, bytes));
            let handle = stream
                .spawn(ForEach::new(|(n, _): (u64, Vec<u8>)| {
                    if n.is_multiple_of(100) {
                        take_slowly();
                    }
                }))
                .unwrap();
            numbers.for_each(|record| sender.send(record).unwrap());
            drop(sender);
            handle.join().map(drop).unwrap();
        }
        _ => panic!("no run is called {kind}"),
    }
}

/// The peak of a run, in kibibytes beyond what its process has from the start.
fn peak(kind: &str, records: u64) -> f64 {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "child", "--nocapture"]).env(KIND, kind).env(RECORDS, records.to_string());
    let output = child.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text.lines().find_map(|line| line.strip_prefix("peak ")?.parse().ok()).unwrap_or_else(|| panic!("no peak in {text}"))
}

/// Of the status that the kernel tells of this process.
fn kibibytes(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Not a test by itself: what the others start.
#[test]
fn child() {
    let (Ok(kind), Ok(records)) = (std::env::var(KIND), std::env::var(RECORDS)) else { return };
    // What threads and the first allocations cost is the same for all.
    run(&kind, FEW / 10);
    let before = kibibytes("VmRSS:");
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    run(&kind, records.parse().unwrap());
    println!("\npeak {}", kibibytes("VmHWM:").saturating_sub(before));
}

fn check(kind: &str) {
    // What an allocator keeps differs from run to run by more than a tenth of what so small a run needs.
    let slack = 2.0 * 1024.0;
    let (few, many) = (peak(kind, FEW), peak(kind, 10 * FEW));
    assert!(many <= few * MOST + slack, "{kind}: {few} KiB for {FEW} records, {many} KiB for ten times as many");
    let all = 10.0 * FEW as f64;
    assert!(many < all / 4.0, "{kind}: {many} KiB are a good part of all records, which have {all} KiB");
}

#[test]
fn micro_batches_are_dropped_when_they_are_done() {
    check("records");
}

#[test]
fn a_slow_sink_keeps_the_source_waiting() {
    check("slow sink");
}

#[test]
fn windows_that_have_left_are_dropped() {
    check("windows");
}

#[test]
fn sliding_windows_forget_the_keys_that_are_gone() {
    check("sliding windows");
    check("sliding maxima");
}

/// How often each key had left was kept for ever.
#[test]
fn keys_of_windows_of_one_micro_batch_are_forgotten() {
    check("late records of micro-batches");
}

#[test]
fn a_slow_sink_keeps_producers_waiting() {
    check("channel");
}
