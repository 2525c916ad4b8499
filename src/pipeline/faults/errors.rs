//! Operations that fail, with a process that lives on or that is run again.

use super::log::Ledger;
use super::runs::{KINDS, Kind, blames_the_store, blank, recovers, run, uninterrupted};
use crate::store::disk::{Crash, Disk, Fault};
use std::io::ErrorKind;

/// Fails each operation of a run in turn.
fn check(kind: Kind, error: ErrorKind, lasts: bool) {
    let blank = blank();
    let (whole, operations) = uninterrupted(kind, &blank);
    assert!(operations > 50, "{operations} operations");
    for at in 0..operations {
        let what = format!("{kind:?}, {error:?} at operation {at}, lasts: {lasts}");
        let disk = Disk::of(blank.clone()).failing(Fault { at, kind: error, lasts });
        let mut ledger = Ledger { disk: disk.clone(), ..Ledger::default() };
        let ended = run(kind, &disk, &mut ledger, 7);
        // What fails when all is committed and acknowledged, as the file is closed, is of no consequence.
        if ended.is_err() || lasts && ledger.lines() != whole {
            blames_the_store(&ended, &what);
        }
        assert_eq!(ledger.after_failure, None, "{what}: an epoch is delivered after that");
        // The process is run again, or the machine is.
        for crash in [Crash::LosesNone, Crash::LosesAll] {
            let mut again = Ledger { epochs: ledger.epochs.clone(), ..Ledger::default() };
            recovers(kind, disk.after(crash), &mut again, &whole, &format!("{what}, {crash:?}"));
        }
    }
}

#[test]
fn each_operation_fails_once() {
    KINDS.iter().for_each(|kind| check(*kind, ErrorKind::Other, false));
}

#[test]
fn each_operation_fails_and_all_after_it() {
    KINDS.iter().for_each(|kind| check(*kind, ErrorKind::Other, true));
}

#[test]
fn the_disk_is_full_at_each_operation() {
    KINDS.iter().for_each(|kind| check(*kind, ErrorKind::StorageFull, true));
}
