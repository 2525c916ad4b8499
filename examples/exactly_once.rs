//! A month of flights into hourly totals, exactly once: stop it with Ctrl-C or `kill -9` and start it again, it goes on where it was; the totals are
//! checked at the end. `cargo run --release --example exactly_once --features checkpoint -- FOLDER`

use microbatch::prelude::*;
use microbatch::{BoxError, Epoch, Inbox, Pull};
use std::convert::Infallible;
use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

const FLIGHTS: &str = include_str!("data/flights-2013-01.csv");
const HOUR: i64 = 3600;

/// The lines of the month, which can be read again from any of them; a thousand a tenth of a second.
struct Log(usize);

impl Source for Log {
    type Item = &'static str;
    type Error = Infallible;
    fn pull(&mut self, max: usize, inbox: &mut Inbox<&'static str>) -> Result<Pull, Infallible> {
        let lines = FLIGHTS.lines().skip(1 + self.0).take(max.min(200));
        let before = inbox.len();
        lines.for_each(|line| inbox.push(line));
        self.0 += inbox.len() - before;
        std::thread::sleep(Duration::from_millis(20));
        Ok(if inbox.len() == before { Pull::End } else { Pull::Ready })
    }
}

impl Replay for Log {
    type Offset = usize;
    fn offset(&self) -> usize {
        self.0
    }
    fn seek(&mut self, offset: usize) -> Result<(), Infallible> {
        println!("goes on at line {offset}");
        self.0 = offset;
        Ok(())
    }
}

/// A file an epoch, moved into place whole; one that is there is left alone.
struct Files(PathBuf);

impl TransactionalSink<Pane<String, u64>> for Files {
    fn deliver(&mut self, epoch: &Epoch, results: Vec<Pane<String, u64>>) -> Result<(), BoxError> {
        let place = self.0.join(format!("{:06}.csv", epoch.number));
        if !place.exists() {
            let mut text = String::new();
            for pane in &results {
                writeln!(text, "{},{},{}", pane.window.start.as_micros() / 1_000_000, pane.key, pane.value)?;
            }
            std::fs::write(place.with_extension("part"), text)?;
            std::fs::rename(place.with_extension("part"), &place)?;
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).map_or_else(|| std::env::temp_dir().join("microbatch-exactly-once"), PathBuf::from);
    let results = folder.join("results");
    std::fs::create_dir_all(&results)?;
    let fields = |line: &&'static str| line.split(',').collect::<Vec<_>>();
    Pipeline::stream(Log(0))
        .event_time(move |line| {
            let number = |column: usize| fields(line)[column].parse::<i64>().unwrap_or(0);
            Timestamp::from_secs((number(2) * 24 + number(4) / 100) * HOUR)
        })
        .watermark(BoundedDisorder::of(Duration::from_secs(48 * 3600)))
        .window(Tumbling::of(Duration::from_secs(3600)))
        .key_by(move |line| fields(line)[10].to_string())
        .integrator(Count)
        .checkpoint(Checkpoint::at(folder.join("state.redb"))?.every(Duration::from_millis(100)).name("hourly totals"))
        .run_exactly_once(Files(results.clone()))?;
    let mut flights = 0;
    for file in std::fs::read_dir(&results)? {
        let text = std::fs::read_to_string(file?.path())?;
        flights += text.lines().filter_map(|line| line.rsplit(',').next()?.parse::<u64>().ok()).sum::<u64>();
    }
    println!("{flights} flights by hour and airport in {}", results.display());
    assert_eq!(flights, FLIGHTS.lines().count() as u64 - 1, "each flight is counted once");
    Ok(())
}
