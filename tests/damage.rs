//! Checkpoints that are damaged: bits flipped, ends cut off, pages lost or moved. Each is an error that says so, or of no consequence: never a
//! panic, never a hang, never a start from the beginning, never another result. `MICROBATCH_TIMES=n` for n times as many places; from about 1,000
//! on it is all of them.

#[path = "durable/folder.rs"]
mod folder;
#[path = "durable/ledger.rs"]
mod ledger;
mod watchdog;

use folder::Folder;
use ledger::{Ledger, Log};
use microbatch::prelude::*;
use microbatch::{BoxError, RunError, StoreError};
use std::convert::Infallible;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use watchdog::within;

const RECORDS: u64 = 300;
/// Where the run that makes the checkpoint is cut short.
const HALF: u64 = 203;
/// The pages of the database.
const PAGE: usize = 4096;
/// The header of the database: it decides what all the rest means.
const HEADER: Range<usize> = 0..320;

fn times() -> usize {
    std::env::var("MICROBATCH_TIMES").ok().and_then(|times| times.parse().ok()).unwrap_or(1)
}

/// Where the last epoch is noted.
fn mark(file: &Path) -> PathBuf {
    file.with_extension("epoch")
}

/// Sums by second and key, in micro-batches of so many records.
fn run(file: &Path, log: Log, sink: impl TransactionalSink<Pane<u64, u64>>, records: usize) -> Result<(), RunError<Infallible>> {
    let timed = Pipeline::stream(log).event_time(|n| Timestamp::from_millis(*n as i64 * 100));
    let keyed = timed.window(Tumbling::of(Duration::from_secs(1))).key_by(|n| n % 3).trigger(Records::of(records));
    keyed.integrator(Sum).checkpoint(Checkpoint::at(file).unwrap().every(Duration::ZERO)).run_exactly_once(sink).map(drop)
}

/// A sink whose ledger can be looked at while it runs.
struct Watched(Arc<Mutex<Ledger>>);
impl TransactionalSink<Pane<u64, u64>> for Watched {
    fn deliver(&mut self, epoch: &Epoch, results: Vec<Pane<u64, u64>>) -> Result<(), BoxError> {
        (&mut *self.0.lock().unwrap()).deliver(epoch, results)
    }
}

/// A checkpoint in the middle of a run, with what the sink had by then and what it has in the end.
#[derive(Clone)]
struct Half {
    bytes: Vec<u8>,
    /// What lies beside it.
    mark: Vec<u8>,
    epoch: u64,
    results: Vec<(u64, i64, u64)>,
    whole: Vec<(u64, i64, u64)>,
}

impl Half {
    /// Closed by a process that ends, or left by one that dies.
    fn new(is_closed: bool) -> Self {
        let folder = Folder::in_memory();
        let (file, mut whole) = (folder.path().join("state"), Ledger::default());
        run(&folder.path().join("whole"), Log::to(RECORDS), &mut whole, 7).unwrap();
        let half = Arc::new(Mutex::new(Ledger::default()));
        let look = || {
            let half = half.lock().unwrap();
            let (bytes, mark) = (std::fs::read(&file).unwrap(), std::fs::read(mark(&file)).unwrap());
            Half { bytes, mark, epoch: half.epoch, results: half.results.clone(), whole: whole.results.clone() }
        };
        let (sender, reached) = channel();
        let (go_on, wait) = channel();
        let found = std::thread::scope(|scope| {
            let (file, sink) = (&file, Watched(half.clone()));
            scope.spawn(move || run(file, Log { fails_at: Some(HALF), stops_at: Some((HALF, sender, wait)), ..Log::to(RECORDS) }, sink, 7));
            reached.recv().unwrap();
            // The micro-batches before are committed and delivered by then.
            std::thread::sleep(Duration::from_millis(300));
            let found = look();
            go_on.send(()).unwrap();
            found
        });
        let found = if is_closed { look() } else { found };
        assert!(found.epoch > 5 && found.results.len() > 30 && found.results.len() < found.whole.len());
        found
    }

    /// What comes of going on over a damaged file, cut in another way: whether it was refused, or what is wrong.
    fn go_on(&self, folder: &Path, damaged: &[u8]) -> Result<bool, String> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let file = folder.join(format!("damaged-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        std::fs::write(&file, damaged).unwrap();
        std::fs::write(mark(&file), &self.mark).unwrap();
        let mut ledger = Ledger { results: self.results.clone(), epoch: self.epoch, ..Ledger::default() };
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&file, Log::to(RECORDS), &mut ledger, 11)));
        std::fs::remove_file(&file).unwrap();
        std::fs::remove_file(mark(&file)).unwrap();
        match ended {
            Err(_) => Err("a panic".into()),
            Ok(Ok(())) if ledger.results == self.whole => Ok(false),
            Ok(Ok(())) => Err(format!("{} results where {} are right", ledger.results.len(), self.whole.len())),
            Ok(Err(RunError::Store { cause })) => match cause.downcast_ref::<StoreError>() {
                Some(error) if error.is_damaged() || error.is_other() => Ok(true),
                _ => Err(format!("it is not said that it is damaged: {cause}")),
            },
            Ok(Err(error)) => Err(format!("another is blamed: {error}")),
        }
    }
}

/// Tries each damage, of so many; how many were refused.
fn check(half: &Half, name: &str, count: usize, damage: impl Fn(&mut Vec<u8>, usize) -> String + Send + 'static) -> usize {
    let (half, name) = (half.clone(), name.to_string());
    within(Duration::from_secs(60 + 10 * times() as u64), move || {
        let folder = Folder::in_memory();
        let (mut refused, mut wrong) = (0, Vec::new());
        for case in 0..count {
            let mut damaged = half.bytes.clone();
            let what = damage(&mut damaged, case);
            match half.go_on(folder.path(), &damaged) {
                Ok(is_refused) => refused += usize::from(is_refused),
                Err(error) => wrong.push(format!("{what}: {error}")),
            }
        }
        println!("{name}: {count} damaged, {refused} refused, {} wrong", wrong.len());
        assert!(wrong.is_empty(), "{name}: {} wrong, the first are\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
        refused
    })
}

#[test]
fn what_is_not_damaged_goes_on() {
    let folder = Folder::in_memory();
    for is_closed in [true, false] {
        let half = Half::new(is_closed);
        assert_eq!(half.go_on(folder.path(), &half.bytes), Ok(false));
    }
}

#[test]
fn each_bit_of_the_header_is_flipped() {
    for is_closed in [true, false] {
        // All bits where there is time for it, else three of a byte.
        let each = if times() > 1 { 8 } else { 3 };
        let refused = check(&Half::new(is_closed), "bits of the header", HEADER.len() * each, move |bytes, case| {
            let (byte, bit) = (case / each, if each == 8 { case % 8 } else { (case / each + case * 3) % 8 });
            bytes[byte] ^= 1 << bit;
            format!("closed: {is_closed}, byte {byte}, bit {bit}")
        });
        assert!(refused > 100);
    }
}

/// Where something is written: what is zero holds nothing, or hardly.
fn written(bytes: &[u8]) -> Vec<usize> {
    (HEADER.end..bytes.len()).filter(|at| bytes[*at] != 0).collect()
}

#[test]
fn bits_of_what_is_written_are_flipped() {
    for is_closed in [true, false] {
        let half = Half::new(is_closed);
        let places = written(&half.bytes);
        let count = (400 * times()).min(places.len());
        let refused = check(&half, "bits of what is written", count, move |bytes, case| {
            let at = places[case * places.len() / count];
            bytes[at] ^= 1 << (case % 8);
            format!("closed: {is_closed}, byte {at}, bit {}", case % 8)
        });
        assert!(refused > 0);
    }
}

#[test]
fn bits_anywhere_are_flipped() {
    let half = Half::new(false);
    let count = (200 * times()).min(half.bytes.len());
    check(&half, "bits anywhere", count, move |bytes, case| {
        let at = case * bytes.len() / count;
        bytes[at] ^= 0x55;
        format!("byte {at}")
    });
}

#[test]
fn the_end_is_cut_off_at_a_page_or_within() {
    for is_closed in [true, false] {
        let half = Half::new(is_closed);
        let pages = half.bytes.len() / PAGE;
        let step = (pages / (60 * times())).max(1);
        let refused = check(&half, "ends cut off at a page", pages / step, move |bytes, case| {
            bytes.truncate(case * step * PAGE);
            format!("closed: {is_closed}, {} pages", case * step)
        });
        assert!(refused > 0);
        let count = 60 * times();
        check(&half, "ends cut off within a page", count, move |bytes, case| {
            // The first few bytes one by one, then anywhere.
            bytes.truncate(if case < 20 { case } else { case * bytes.len() / count + case % 11 });
            format!("closed: {is_closed}, {} bytes", bytes.len())
        });
    }
}

#[test]
fn pages_are_lost_or_lie_where_others_were() {
    for is_closed in [true, false] {
        let half = Half::new(is_closed);
        let pages: Vec<usize> =
            (0..half.bytes.len() / PAGE).filter(|page| half.bytes[page * PAGE..][..PAGE].iter().any(|byte| *byte != 0)).collect();
        let lost = pages.clone();
        let refused = check(&half, "pages of zeros", pages.len(), move |bytes, case| {
            bytes[lost[case] * PAGE..][..PAGE].fill(0);
            format!("closed: {is_closed}, page {}", lost[case])
        });
        assert!(refused > 0);
        check(&half, "pages in the place of others", pages.len(), move |bytes, case| {
            let (from, to) = (pages[case], pages[(case + 1) % pages.len()]);
            bytes.copy_within(from * PAGE..(from + 1) * PAGE, to * PAGE);
            format!("closed: {is_closed}, page {from} over {to}")
        });
    }
}

/// An older copy would make epochs anew that the sink has already, cut in another way perhaps.
#[test]
fn an_old_copy_is_refused_until_its_mark_is_removed() {
    let folder = Folder::in_memory();
    let half = Half::new(true);
    let file = folder.path().join("state");
    run(&file, Log { fails_at: Some(100), ..Log::to(RECORDS) }, &mut Ledger::default(), 7).unwrap_err();
    std::fs::write(mark(&file), &half.mark).unwrap();
    let refused = run(&file, Log::to(RECORDS), &mut Ledger::default(), 7).unwrap_err().to_string();
    // The last epoch may have no results: then the sink has never heard of it.
    let committed = u64::from_le_bytes(half.mark[..8].try_into().unwrap());
    assert!(committed >= half.epoch && refused.contains(&format!("epoch {committed} was committed, and it goes only up to ")), "{refused}");
    std::fs::remove_file(mark(&file)).unwrap();
    run(&file, Log::to(RECORDS), &mut Ledger::default(), 7).unwrap();
}
