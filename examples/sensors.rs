//! Sensors on threads of their own send faster than a database takes the results: a full channel keeps them waiting, and nothing is lost.
//!
//! `cargo run --release --example sensors`

use microbatch::Admission;
use microbatch::prelude::*;
use std::error::Error;
use std::sync::Barrier;
use std::thread::{scope, sleep};
use std::time::Duration;

const SENSORS: i64 = 4;
const MINUTES: i64 = 120;
const MINUTE: Duration = Duration::from_secs(60);

struct Reading {
    sensor: i64,
    at: Timestamp,
    millidegrees: i64,
}

impl Reading {
    /// Twenty degrees and the sensor's number, and a degree more an hour.
    fn new(sensor: i64, second: i64) -> Self {
        Reading { sensor, at: Timestamp::from_secs(second), millidegrees: 20_000 + sensor * 1_000 + second * 1_000 / 3_600 }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (sender, source) = channel(100);
    // Sensors share the time of day: none begins a minute before all have ended the last one.
    let clock = Barrier::new(SENSORS as usize);
    let (mut panes, mut warmest) = (0, Vec::new());
    let (report, waits) = scope(|threads| {
        let produce = |sensor: i64| {
            let (sender, clock) = (sender.clone(), &clock);
            threads.spawn(move || {
                let mut waits = 0;
                for minute in 0..MINUTES {
                    for second in minute * 60..(minute + 1) * 60 {
                        if let Err(full) = sender.try_send(Reading::new(sensor, second)) {
                            waits += 1;
                            sender.send(full.into_inner()).expect("the stream ends after its senders");
                        }
                    }
                    clock.wait();
                }
                waits
            })
        };
        let producers: Vec<_> = (0..SENSORS).map(produce).collect();
        // The stream ends when the last sender is gone.
        drop(sender);
        let report = Pipeline::stream(source)
            .event_time(|r| r.at)
            .watermark(BoundedDisorder::of(MINUTE))
            .window(Tumbling::of(MINUTE))
            .key_by(|r| r.sensor)
            .map(|r| r.millidegrees)
            .integrator((Mean, Max, Count))
            .admission(Admission::new().records(200))
            .for_each(|pane| {
                sleep(Duration::from_millis(2)); // The database.
                assert_eq!(pane.value.2, 60, "a reading a second");
                panes += 1;
                warmest.push((pane.value.1, pane.key, pane.window));
            });
        (report, producers.into_iter().map(|producer| producer.join().expect("no sensor panics")).sum::<u32>())
    });
    let report = report?;
    println!("{report}\nsensors found the channel full {waits} times");
    let (highest, sensor, window) = warmest.into_iter().max().ok_or("no readings")?;
    println!("the warmest minute: sensor {sensor} in {window:?} with {:.1} degrees", highest.unwrap_or(0) as f64 / 1e3);
    assert_eq!((report.records_in, report.late, panes), ((SENSORS * MINUTES * 60) as u64, 0, SENSORS * MINUTES));
    Ok(())
}
