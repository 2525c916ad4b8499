//! A table in the checkpoint's file as the sink.

use super::cause;
use super::folder::Folder;
use super::ledger::{Ledger, Log};
use microbatch::prelude::*;
use microbatch::{RunError, Table, TableReader};
use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;

/// Sums by second and key, of a log some records of which are late: those of a window that has left give it another pane.
fn run(file: &Path, log: Log, sink: impl TransactionalSink<Pane<u64, u64>>) -> Result<StreamProgress, RunError<Infallible>> {
    Pipeline::stream(log)
        .event_time(|n| Timestamp::from_millis((*n as i64 - if n % 10 == 9 { 11 } else { 0 }) * 100))
        .window(Tumbling::of(Duration::from_secs(1)))
        .allowed_lateness(Duration::from_secs(5))
        .key_by(|n| n % 3)
        .trigger(Records::of(7))
        .integrator(Sum)
        .checkpoint(Checkpoint::at(file).unwrap().every(Duration::ZERO).name("sums"))
        .run_exactly_once(sink)
}

fn rows(file: &Path, name: &str) -> Vec<(i64, u64, u64)> {
    let rows = TableReader::<u64, u64>::open(file, name).unwrap().rows().unwrap();
    rows.into_iter().map(|(window, key, value)| (window.start.as_micros(), key, value)).collect()
}

/// By an own calculation.
fn expected(records: u64) -> Vec<(i64, u64, u64)> {
    let mut sums = std::collections::BTreeMap::new();
    for n in 0..records {
        let at = (n as i64 - if n % 10 == 9 { 11 } else { 0 }) * 100_000;
        *sums.entry((at.div_euclid(1_000_000) * 1_000_000, n % 3)).or_insert(0) += n;
    }
    sums.into_iter().map(|((start, key), sum)| (start, key, sum)).collect()
}

#[test]
fn a_table_has_the_last_value_of_each_key_and_window() {
    let folder = Folder::new();
    let file = folder.path().join("state");
    let report = run(&file, Log::to(500), Table::named("sums")).unwrap();
    let found = rows(&file, "sums");
    assert!(found == expected(500), "{} rows", found.len());
    assert!(report.late > 0 && report.records_out > found.len() as u64, "no window left twice: {report:?}");
    let reader = TableReader::<u64, u64>::open(&file, "sums").unwrap();
    let window = Window::new(Timestamp::from_secs(3), Timestamp::from_secs(4));
    let at = found.iter().find(|row| (row.0, row.1) == (3_000_000, 2)).unwrap().2;
    assert_eq!(reader.get(window, &2).unwrap(), Some(at));
    assert_eq!(reader.get(window, &3).unwrap(), None);
}

#[test]
fn a_table_goes_on_where_the_stream_does() {
    let folder = Folder::new();
    // Names of the store's own tables are as good as others.
    for name in ["numbers", "bytes", "pieces", "", "totals"] {
        let file = folder.path().join(format!("state of {name}"));
        for at in [10, 11, 200, 499] {
            let failed = run(&file, Log { fails_at: Some(at), ..Log::to(500) }, Table::named(name));
            assert!(matches!(failed, Err(RunError::Source { .. })), "{failed:?}");
        }
        run(&file, Log::to(500), Table::named(name)).unwrap();
        assert!(rows(&file, name) == expected(500), "{name}");
        assert!(rows(&file, "another").is_empty());
    }
}

/// What another sink has not taken was committed for it, and is not lost.
#[test]
fn a_table_takes_what_another_sink_has_left() {
    let folder = Folder::new();
    let file = folder.path().join("state");
    let mut ledger = Ledger { fails_at: Some(1), ..Ledger::default() };
    assert!(matches!(run(&file, Log::to(500), &mut ledger), Err(RunError::Sink { .. })));
    run(&file, Log::to(500), Table::named("sums")).unwrap();
    assert!(rows(&file, "sums") == expected(500));
}

#[test]
fn a_table_of_other_types_or_in_use_is_an_error() {
    let folder = Folder::new();
    let file = folder.path().join("state");
    assert!(TableReader::<u64, u64>::open(&file, "sums").is_err());
    run(&file, Log::to(100), Table::named("sums")).unwrap();
    let other = TableReader::<String, u64>::open(&file, "sums").unwrap();
    assert!(other.rows().unwrap_err().is_damaged());
    let used = TableReader::<u64, u64>::open(&file, "sums").unwrap_err();
    assert!(used.is_locked(), "{used}");
    let refused = run(&file, Log::to(100), Table::named("sums")).unwrap_err();
    assert!(cause(&refused).is_locked(), "{refused}");
}

/// A stream would be refused, too: rows that were written later are not there.
#[test]
fn a_table_that_is_older_than_what_was_committed_is_refused() {
    let folder = Folder::new();
    let file = folder.path().join("state");
    run(&file, Log { fails_at: Some(100), ..Log::to(500) }, Table::named("sums")).unwrap_err();
    let older = std::fs::read(&file).unwrap();
    run(&file, Log::to(500), Table::named("sums")).unwrap();
    std::fs::write(&file, older).unwrap();
    let refused = TableReader::<u64, u64>::open(&file, "sums").unwrap_err();
    assert!(refused.is_damaged() && refused.to_string().contains("was committed, and it goes only up to"), "{refused}");
    // A copy that is to be read is taken to its place alone.
    std::fs::remove_file(folder.path().join("state.epoch")).unwrap();
    assert!(!rows(&file, "sums").is_empty());
}
