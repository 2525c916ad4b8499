//! A month of flights into a table of SQLite, exactly once: an epoch's totals and its number are one transaction, and an epoch that is there changes
//! nothing. `cargo run --release --manifest-path examples/sqlite/Cargo.toml -- FOLDER`; stop it and start it again.

use microbatch::prelude::*;
use microbatch::{BoxError, FollowFile};
use rusqlite::{Connection, OptionalExtension, params};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

const FLIGHTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/flights-2013-01.csv");

/// Adds the counts of epochs to totals by airport.
struct Totals(Connection);

impl Totals {
    fn open(path: &Path) -> rusqlite::Result<Self> {
        let database = Connection::open(path)?;
        database.execute_batch(
            "CREATE TABLE IF NOT EXISTS epochs (pipeline TEXT PRIMARY KEY, last INTEGER NOT NULL);
             CREATE TABLE IF NOT EXISTS totals (airport TEXT PRIMARY KEY, flights INTEGER NOT NULL);",
        )?;
        Ok(Totals(database))
    }

    fn flights(&self) -> rusqlite::Result<i64> {
        self.0.query_row("SELECT COALESCE(SUM(flights), 0) FROM totals", [], |row| row.get(0))
    }

    /// Takes an epoch in one transaction; whether it was not there.
    fn add(&mut self, epoch: &Epoch, counts: &[(String, i64)]) -> Result<bool, BoxError> {
        let number = i64::try_from(epoch.number)?;
        // Dropped without a commit, it changes nothing.
        let transaction = self.0.transaction()?;
        let last = transaction.query_row("SELECT last FROM epochs WHERE pipeline = ?1", [&epoch.pipeline], |row| row.get::<_, i64>(0));
        if last.optional()?.is_some_and(|last| last >= number) {
            return Ok(false);
        }
        for (airport, flights) in counts {
            transaction.execute(
                "INSERT INTO totals VALUES (?1, ?2) ON CONFLICT (airport) DO UPDATE SET flights = flights + excluded.flights",
                params![airport, flights],
            )?;
        }
        transaction.execute(
            "INSERT INTO epochs VALUES (?1, ?2) ON CONFLICT (pipeline) DO UPDATE SET last = excluded.last",
            params![epoch.pipeline, number],
        )?;
        transaction.commit()?;
        Ok(true)
    }
}

impl TransactionalSink<Pane<String, u64>> for &mut Totals {
    fn deliver(&mut self, epoch: &Epoch, results: Vec<Pane<String, u64>>) -> Result<(), BoxError> {
        let counts: Vec<_> = results.into_iter().map(|pane| (pane.key, pane.value as i64)).collect();
        let was_new = self.add(epoch, &counts)?;
        // The same epoch again, as after a crash between the commit of the stream and the note that it has arrived.
        let before = self.flights()?;
        assert!(!self.add(epoch, &counts)?, "an epoch that is there was taken again");
        assert_eq!(self.flights()?, before, "an epoch that is there has changed something");
        println!("epoch {}: {}, {before} flights", epoch.number, if was_new { "new" } else { "there already" });
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).map_or_else(|| std::env::temp_dir().join("microbatch-sqlite"), PathBuf::from);
    std::fs::create_dir_all(&folder)?;
    let mut totals = Totals::open(&folder.join("totals.db"))?;
    let fields = |line: &String| line.split(',').map(String::from).collect::<Vec<_>>();
    Pipeline::stream(FollowFile::open(FLIGHTS)?.until_end())
        .filter(|line| !line.starts_with("year"))
        .event_time(move |line| {
            let number = |column: usize| fields(line)[column].parse::<i64>().unwrap_or(0);
            Timestamp::from_secs((number(2) * 24 + number(4) / 100) * 3600)
        })
        .watermark(BoundedDisorder::of(Duration::from_secs(48 * 3600)))
        .window(Tumbling::of(Duration::from_secs(3600)))
        .key_by(move |line| fields(line)[10].clone())
        .integrator(Count)
        .trigger(Records::of(1000))
        .checkpoint(Checkpoint::at(folder.join("state.redb"))?.every(Duration::ZERO).name("flights by airport"))
        .run_exactly_once(&mut totals)?;
    let flights = std::fs::read_to_string(FLIGHTS)?.lines().count() as i64 - 1;
    assert_eq!(totals.flights()?, flights, "each flight is counted once");
    println!("{flights} flights by airport in {}", folder.join("totals.db").display());
    Ok(())
}
