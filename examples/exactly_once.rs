//! A month of flights out of a CSV file into hourly totals, exactly once: stop it with Ctrl-C or `kill -9` and start it again, it goes on where it was;
//! the totals are checked at the end. `cargo run --release --example exactly_once --features checkpoint,csv -- FOLDER`

use microbatch::prelude::*;
use microbatch::{EpochFile, EpochFiles, FollowCsv};
use serde::Deserialize;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

const FLIGHTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/flights-2013-01.csv");

#[derive(Deserialize)]
struct Flight {
    day: i64,
    sched_dep_time: i64,
    origin: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).map_or_else(|| std::env::temp_dir().join("microbatch-exactly-once"), PathBuf::from);
    let results = folder.join("results");
    std::fs::create_dir_all(&folder)?;
    let line = |pane: &Pane<String, u64>| format!("{},{},{}", pane.window.start.as_micros() / 1_000_000, pane.key, pane.value);
    let report = Pipeline::stream(FollowCsv::<Flight>::open(FLIGHTS)?.until_end())
        .trigger(Records::of(500))
        .try_map(|flight| {
            // As slow as a feed: there is time to kill it.
            sleep(Duration::from_micros(20));
            flight
        })
        .event_time(|flight| Timestamp::from_secs((flight.day * 24 + flight.sched_dep_time / 100) * 3600))
        .watermark(BoundedDisorder::of(Duration::from_secs(48 * 3600)))
        .window(Tumbling::of(Duration::from_secs(3600)))
        .key_by(|flight| flight.origin.clone())
        .integrator(Count)
        .checkpoint(Checkpoint::at(folder.join("state.redb"))?.every(Duration::from_millis(100)).name("hourly"))
        .run_exactly_once(EpochFiles::in_folder(&results, line)?)?;
    let flights = total(&results)?;
    println!("{} flights in this run, {flights} in all by hour and airport in {}", report.records_in, results.display());
    assert_eq!(flights, std::fs::read_to_string(FLIGHTS)?.lines().count() as u64 - 1, "each flight is counted once");
    Ok(())
}

/// Of all epochs that are complete.
fn total(results: &Path) -> Result<u64, Box<dyn Error>> {
    let mut flights = 0;
    for epoch in EpochFile::all(results, "hourly")? {
        flights += epoch.read()?.lines().filter_map(|line| line.rsplit(',').next()?.parse::<u64>().ok()).sum::<u64>();
    }
    Ok(flights)
}
