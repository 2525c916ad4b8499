//! One writer at a time.

use super::folder::Folder;
use super::ledger::{Ledger, Log};
use super::{cause, run, uninterrupted};
use std::sync::Barrier;
use std::sync::mpsc::channel;

/// Two begin at once, again and again: one or the other goes first, and who is refused is told by whom. `MICROBATCH_TIMES=10` for a thousand races.
#[test]
fn of_two_that_race_for_a_file_one_is_refused_or_comes_after_the_other() {
    let folder = Folder::new();
    let whole = uninterrupted(20);
    let mut refused = 0;
    let times: usize = std::env::var("MICROBATCH_TIMES").ok().and_then(|times| times.parse().ok()).unwrap_or(1);
    for race in 0..100 * times {
        // Most are about a file that is there, and some about who makes it.
        let file = folder.path().join(format!("state {}", race / 20));
        let barrier = Barrier::new(2);
        let racer = || {
            let mut ledger = Ledger::default();
            barrier.wait();
            let done = run(&file, Log::to(20), &mut ledger);
            (done.err(), ledger.results)
        };
        let raced = std::thread::scope(|scope| {
            let other = scope.spawn(racer);
            [racer(), other.join().unwrap()]
        });
        let mut results = Vec::new();
        for (error, mut own) in raced {
            results.append(&mut own);
            if let Some(error) = error {
                refused += 1;
                let named = format!("in this process, {}", std::process::id());
                let said = error.to_string();
                // The first may have left in the meantime.
                assert!(cause(&error).is_locked() && (said.contains(&named) || said.contains("or another")), "race {race}: {said}");
            }
        }
        assert!(refused <= race + 1, "race {race}: both are refused");
        if race % 20 == 0 {
            assert_eq!(results, whole, "race {race}");
        } else {
            assert!(results.is_empty(), "race {race}: {} results again", results.len());
        }
    }
    assert!(refused > 0, "no race was one");
}

/// The file is removed, or another one put into its place, while a stream has it open: that one neither commits nor delivers any more.
#[test]
fn a_writer_whose_file_was_replaced_commits_nothing() {
    for is_replaced in [false, true] {
        let folder = Folder::new();
        let file = folder.path().join("state");
        let failed = run(&file, Log { fails_at: Some(100), ..Log::to(200) }, &mut Ledger::default());
        assert!(failed.is_err());
        let before = std::fs::read(&file).unwrap();
        let ((reached, waiting), (go_on, wait)) = (channel(), channel());
        let stale = std::thread::scope(|scope| {
            let log = Log { signal: Some((reached, wait)), ..Log::to(200) };
            let stale = scope.spawn(|| {
                let mut ledger = Ledger::default();
                (run(&file, log, &mut ledger), ledger)
            });
            waiting.recv().unwrap();
            std::fs::remove_file(&file).unwrap();
            if is_replaced {
                std::fs::write(&file, &before).unwrap();
            }
            go_on.send(()).unwrap();
            stale.join().unwrap()
        });
        let (ended, ledger) = stale;
        let error = ended.unwrap_err();
        assert!(cause(&error).is_replaced() && error.to_string().contains("run it again"), "{error}");
        assert!(ledger.results.is_empty() || ledger.epoch <= 20, "epoch {}", ledger.epoch);
        if is_replaced {
            assert!(std::fs::read(&file).unwrap() == before, "it was written into");
            let mut ledger = Ledger::default();
            run(&file, Log::to(200), &mut ledger).unwrap();
            assert!(uninterrupted(200).ends_with(&ledger.results) && !ledger.results.is_empty());
        }
    }
}
