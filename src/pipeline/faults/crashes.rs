//! Crashes of the machine, which lose or tear what was not synced: at each operation, in a row, and at each delivery.

use super::log::Ledger;
use super::runs::{KINDS, blank, recovers, run, uninterrupted};
use crate::store::disk::{Crash, Disk, Fault};
use std::io::ErrorKind;

/// How many seeds are tried at each place.
fn seeds() -> u64 {
    let times = std::env::var("MICROBATCH_TIMES").ok().and_then(|times| times.parse().ok());
    2 * times.unwrap_or(1)
}

/// After a crash there is no operation that succeeds.
fn crash_at(at: u64) -> Fault {
    Fault { at, kind: ErrorKind::Other, lasts: true }
}

#[test]
fn a_crash_at_each_operation_loses_or_tears_writes() {
    let blank = blank();
    for kind in KINDS {
        let (whole, operations) = uninterrupted(kind, &blank);
        for at in 0..operations {
            let disk = Disk::of(blank.clone()).failing(crash_at(at));
            let mut crashed = Ledger { disk: disk.clone(), ..Ledger::default() };
            let _ = run(kind, &disk, &mut crashed, 7);
            for seed in 0..seeds() {
                for crash in [Crash::LosesSome(seed), Crash::Tears(seed)] {
                    let mut ledger = Ledger { epochs: crashed.epochs.clone(), ..Ledger::default() };
                    recovers(kind, disk.after(crash), &mut ledger, &whole, &format!("{kind:?}, crash at operation {at}, {crash:?}"));
                }
            }
        }
    }
}

/// Each is at an operation of its own, and soon: most of them come while the one before is recovered from.
#[test]
fn crashes_in_a_row() {
    let blank = blank();
    for kind in KINDS {
        let (whole, operations) = uninterrupted(kind, &blank);
        for seed in 0..30 * seeds() {
            let (mut left, mut ledger) = (blank.clone(), Ledger::default());
            for crash in 0..4 {
                let disk = Disk::of(left).failing(crash_at(seed * (31 + crash) % if crash == 0 { operations } else { 25 }));
                ledger.disk = disk.clone();
                let _ = run(kind, &disk, &mut ledger, 5 + crash as usize);
                left = disk.after(if seed % 2 == 0 { Crash::Tears(seed + crash) } else { Crash::LosesSome(seed + crash) });
            }
            recovers(kind, left, &mut ledger, &whole, &format!("{kind:?}, crashes in a row, seed {seed}"));
        }
    }
}

/// An epoch that the sink gets is on the disk by then, whatever is lost.
#[test]
fn nothing_is_delivered_that_a_crash_could_take_back() {
    let blank = blank();
    for kind in KINDS {
        let (whole, _) = uninterrupted(kind, &blank);
        let mut done = Ledger { disk: Disk::of(blank.clone()), ..Ledger::default() };
        let disk = done.disk.clone();
        assert!(run(kind, &disk, &mut done, 7).is_ok());
        for (number, left) in done.moments {
            let epochs = done.epochs.range(..=number).map(|(number, lines)| (*number, lines.clone())).collect();
            let mut ledger = Ledger { epochs, ..Ledger::default() };
            recovers(kind, left, &mut ledger, &whole, &format!("{kind:?}, crash at the delivery of {number}"));
        }
    }
}
