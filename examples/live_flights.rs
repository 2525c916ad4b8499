//! A month of flights as a stream: they come as they take off, and are counted by the hour that they should have. Who takes off late comes late.
//!
//! `cargo run --release --example live_flights`; progress goes to the standard error.

use microbatch::prelude::*;
use std::collections::BTreeMap;
use std::error::Error;
use std::thread::sleep;
use std::time::Duration;

const FLIGHTS: &str = include_str!("data/flights-2013-01.csv");
const HOUR: Duration = Duration::from_secs(3600);

#[derive(Clone, Copy)]
struct Flight {
    origin: &'static str,
    /// Minutes since the month began.
    scheduled: i64,
    /// Minutes.
    delay: i64,
}

impl Flight {
    /// None of the header, and of what did not depart.
    fn parse(line: &'static str) -> Option<Self> {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |column: usize| fields.get(column)?.parse::<i64>().ok();
        let (day, clock) = (number(2)? - 1, number(4)?);
        let scheduled = (day * 24 + clock / 100) * 60 + clock % 100;
        Some(Flight { origin: fields.get(10)?, scheduled, delay: number(5)? })
    }

    fn at(&self) -> Timestamp {
        Timestamp::from_secs(self.scheduled * 60)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let flights = Pipeline::over(Lines::of(FLIGHTS)).flat_map(Flight::parse).sort_by_key(|f| f.scheduled + f.delay).run();

    // A month in some seconds.
    let live = flights.clone().into_iter().inspect(|_| sleep(Duration::from_micros(20)));
    let (results, panes) = channel(100);
    let stream = Pipeline::stream(live)
        .event_time(|f| f.at())
        .watermark(BoundedDisorder::of(2 * HOUR))
        .window(Tumbling::of(HOUR))
        .allowed_lateness(24 * HOUR)
        .key_by(|f| f.origin)
        .map(|f| f.delay)
        .integrator((Mean, Count))
        .trigger(Records::of(100))
        .spawn(results)?;

    let (mut latest, mut corrections) = (BTreeMap::new(), 0);
    println!("the evening of the 25th, as its hours close and are corrected:");
    Pipeline::stream(panes).for_each(|pane| {
        let hours = pane.window.start.as_micros() / HOUR.as_micros() as i64;
        let (mean, count) = pane.value;
        if hours / 24 == 24 && (17..20).contains(&(hours % 24)) {
            eprint!("\r\x1b[K");
            println!("{}:00 {} {count:>3} flights, mean delay {mean:>5.1} min, {:?}", hours % 24, pane.key, pane.timing);
        }
        corrections += u32::from(pane.timing != Timing::OnTime);
        latest.insert((pane.window, pane.key), pane.value);
        let StreamProgress { records_in, late, open, .. } = stream.progress();
        eprint!("\r\x1b[K{records_in} flights, {late} late, {open} hours open");
    })?;
    let report = stream.join()?;
    eprintln!();
    let StreamProgress { records_in, records_out, late, dropped, .. } = report;
    println!("{records_in} flights, {late} of them late; {records_out} results, {corrections} of them corrections");

    let bounded = Pipeline::over(&flights).event_time(|f| f.at()).window(Tumbling::of(HOUR)).key_by(|f| f.origin).map(|f| f.delay);
    let bounded = bounded.integrator((Mean, Count)).run().into_iter().map(|pane| ((pane.window, pane.key), pane.value));
    assert_eq!(latest, bounded.collect(), "the last result of each hour and airport is that of a bounded run");
    assert_eq!((records_in, dropped), (flights.len() as u64, 0));
    Ok(())
}
