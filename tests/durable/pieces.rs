//! State in pieces: what is written of it, and what is noticed when some are missing or have changed places.

use super::folder::Folder;
use super::ledger::{Ledger, Log};
use super::{cause, run as sums};
use microbatch::prelude::*;
use microbatch::{BoxError, RunError};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;

const KEYS: u64 = 5000;
const RECORDS: u64 = 6000;
const PIECES: TableDefinition<'_, &[u8], (u64, &[u8])> = TableDefinition::new("pieces");

/// Sums and numbers of panes.
#[derive(Default)]
struct Totals {
    epoch: u64,
    sum: u64,
    panes: usize,
}

impl TransactionalSink<Pane<u64, u64>> for &mut Totals {
    fn deliver(&mut self, epoch: &Epoch, results: Vec<Pane<u64, u64>>) -> Result<(), BoxError> {
        if epoch.number > self.epoch {
            self.epoch = epoch.number;
            self.sum += results.iter().map(|pane| pane.value).sum::<u64>();
            self.panes += results.len();
        }
        Ok(())
    }
}

/// One long window with many keys, most of which are in the first records only.
fn run(file: &Path, log: Log, totals: &mut Totals) -> Result<StreamProgress, RunError<Infallible>> {
    Pipeline::stream(log)
        .event_time(|n| Timestamp::from_micros(*n as i64))
        .window(Tumbling::of(Duration::from_secs(1)))
        .key_by(|n| if *n < KEYS { *n } else { n % 16 })
        .trigger(Records::of(20))
        .integrator(Sum)
        .checkpoint(Checkpoint::at(file).unwrap().every(Duration::ZERO))
        .run_exactly_once(totals)
}

#[test]
fn only_what_has_changed_is_written() {
    let folder = Folder::new();
    let file = folder.path().join("state");
    let mut totals = Totals::default();
    let failed = run(&file, Log { fails_at: Some(KEYS), ..Log::to(RECORDS) }, &mut totals);
    assert!(matches!(failed, Err(RunError::Source { .. })), "{failed:?}");
    let failed = run(&file, Log { fails_at: Some(RECORDS - 100), ..Log::to(RECORDS) }, &mut totals);
    assert!(matches!(failed, Err(RunError::Source { .. })), "{failed:?}");
    assert_eq!(totals.panes, 0);
    let report = run(&file, Log::to(RECORDS), &mut totals).unwrap();
    assert_eq!((totals.sum, totals.panes as u64), ((0..RECORDS).sum(), KEYS));
    // The last commit, of the window's end, keeps nothing of it.
    assert!(report.kept_bytes < 200, "{report:?}");
    assert!(report.commits > 4, "{report:?}");
    assert!(report.committed_bytes < report.commits * 4000, "all of it is written each time: {report:?}");
    assert!(report.file_bytes > 0, "{report:?}");
}

/// Each piece is damaged in turn, in ways that the database knows nothing of.
#[test]
fn pieces_that_are_missing_or_have_changed_places_are_noticed() {
    let folder = Folder::new();
    let (file, damaged) = (folder.path().join("state"), folder.path().join("damaged"));
    let log = || Log { fails_at: Some(2000), ..Log::to(RECORDS) };
    assert!(run(&file, log(), &mut Totals::default()).is_err());
    let pieces: Vec<(Vec<u8>, (u64, Vec<u8>))> = {
        let database = Database::open(&file).unwrap();
        let table = database.begin_read().unwrap().open_table(PIECES).unwrap();
        let piece = |entry: Result<_, _>| {
            let (name, value): (redb::AccessGuard<'_, &[u8]>, redb::AccessGuard<'_, (u64, &[u8])>) = entry.unwrap();
            (name.value().to_vec(), (value.value().0, value.value().1.to_vec()))
        };
        table.iter().unwrap().map(piece).collect()
    };
    assert!(pieces.len() > 8, "{} pieces", pieces.len());
    for (at, (name, (sum, bytes))) in pieces.iter().enumerate() {
        let (other, (other_sum, other_bytes)) = &pieces[(at + 1) % pieces.len()];
        let mut changed = bytes.clone();
        changed[0] ^= 1;
        let check = |what: &str, change: &dyn Fn(&mut redb::Table<'_, &[u8], (u64, &[u8])>)| {
            std::fs::copy(&file, &damaged).unwrap();
            let database = Database::open(&damaged).unwrap();
            let write = database.begin_write().unwrap();
            change(&mut write.open_table(PIECES).unwrap());
            write.commit().unwrap();
            drop(database);
            let refused = run(&damaged, log(), &mut Totals::default()).unwrap_err();
            assert!(cause(&refused).is_damaged(), "{what}, piece {name:?}: {refused}");
        };
        check("gone", &|table| drop(table.remove(&name[..]).unwrap()));
        check("another", &|table| drop(table.insert(&name[..], (*sum, &changed[..])).unwrap()));
        check("in another's place", &|table| drop(table.insert(&name[..], (*other_sum, &other_bytes[..])).unwrap()));
        check("changed places", &|table| {
            table.insert(&name[..], (*other_sum, &other_bytes[..])).unwrap();
            table.insert(&other[..], (*sum, &bytes[..])).unwrap();
        });
        check("twice", &|table| drop(table.insert(&[&name[..], &[0]].concat()[..], (*sum, &bytes[..])).unwrap()));
    }
}

#[test]
fn another_format_is_refused_with_what_to_do() {
    let folder = Folder::new();
    let file = folder.path().join("state");
    sums(&file, Log::to(100), &mut Ledger::default()).unwrap();
    let numbers: TableDefinition<'_, &str, u64> = TableDefinition::new("numbers");
    let database = Database::open(&file).unwrap();
    let write = database.begin_write().unwrap();
    let own = write.open_table(numbers).unwrap().insert("format", 1).unwrap().unwrap().value();
    write.commit().unwrap();
    assert!(database.begin_read().unwrap().open_table(numbers).unwrap().get("format").unwrap().is_some());
    drop(database);
    let refused = sums(&file, Log::to(100), &mut Ledger::default()).unwrap_err();
    let said = refused.to_string();
    assert!(cause(&refused).is_other() && said.contains("format 1") && said.contains(&format!("format {own}")), "{said}");
    assert!(said.contains("another file"), "{said}");
}
