//! A spool that holds so much and no more.

use super::watchdog::within;
use super::{Folder, Totals, held};
use microbatch::prelude::*;
use microbatch::{Inbox, Pull, Spool, SpoolError, SpoolSender, SpoolSource};
use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

const CAPACITY: u64 = 2_000;
/// No stream here takes as long.
const LIMIT: Duration = Duration::from_secs(60);

fn open(folder: &Path) -> (SpoolSender<u64>, SpoolSource<u64>) {
    Spool::at(folder).capacity(CAPACITY).open().unwrap()
}

/// How many bytes the segments have on the disk.
fn on_disk(folder: &Path) -> u64 {
    super::segments(folder).iter().filter_map(|path| path.metadata().ok()).map(|file| file.len()).sum()
}

/// Sums up the numbers, with a trigger and commits that come hardly ever.
fn total(folder: &Path, source: SpoolSource<u64>) -> Result<u64, String> {
    let total = AtomicU64::new(0);
    let checkpoint = Checkpoint::at(folder.join("state")).unwrap().every(Duration::from_secs(10_000));
    let stream = Pipeline::stream(source).trigger(Records::of(1_000_000)).checkpoint(checkpoint).key_by(|n| n % 3);
    let done = stream.integrator(Sum).run_exactly_once(Totals(&total, 0));
    done.map(|_| total.load(Ordering::SeqCst)).map_err(|error| error.to_string())
}

/// Sends from four threads, in whatever way, many times what there is room for, and watches how much is held.
fn check(set: impl Fn(Spool) -> Spool + Send + 'static, send: impl Fn(&SpoolSender<u64>, u64) + Send + Sync + 'static) {
    within(LIMIT, move || {
        let folder = Folder::new();
        let (sender, source) = set(Spool::at(folder.path()).capacity(CAPACITY)).open::<u64>().unwrap();
        let most = thread::scope(|scope| {
            for thread in 0..4u64 {
                let (sender, send) = (sender.clone(), &send);
                scope.spawn(move || (0..250).for_each(|n| send(&sender, thread * 250 + n)));
            }
            let watch = scope.spawn(move || {
                let mut most = 0;
                while sender.sent() < 1000 {
                    most = most.max(sender.bytes());
                    thread::sleep(Duration::from_millis(1));
                }
                most
            });
            assert_eq!(total(folder.path(), source).unwrap(), (0..1000).sum::<u64>());
            watch.join().unwrap()
        });
        // A record is taken where nothing of what is held is needed any more, which goes before it is written.
        assert!((CAPACITY / 4..=CAPACITY + 100).contains(&most), "{most} bytes");
        assert!(on_disk(folder.path()) <= CAPACITY);
    });
}

/// The trigger waits for more records than there is room for, and room is made by a commit alone: one waited for the other.
#[test]
fn a_trigger_that_waits_for_more_than_there_is_room_for_fires() {
    check(|spool| spool, |sender, n| sender.send(&n).unwrap());
    check(|spool| spool.segment(50), |sender, n| sender.send(&n).unwrap());
}

/// A group is never due by its time.
#[test]
fn so_it_does_where_records_are_grouped() {
    check(|spool| spool.grouped(Duration::from_secs(10_000)), |sender, n| sender.send(&n).unwrap());
}

/// One that does not wait asks again.
#[test]
fn who_tries_again_gets_room() {
    let send = |sender: &SpoolSender<u64>, n| {
        while let Err(error) = sender.try_send(&n) {
            assert!(error.is_full(), "{error}");
            thread::sleep(Duration::from_millis(1));
        }
    };
    check(|spool| spool, send);
}

#[test]
fn what_there_is_no_room_for_is_not_there() {
    let folder = Folder::new();
    let (sender, source) = open(folder.path());
    let full = (0..).find_map(|n| sender.try_send(&n).err().map(|error| (n, error.to_string())));
    let (sent, said) = full.unwrap();
    assert!(said.contains(&format!("it is full: it holds {} bytes of 2000", sender.bytes())), "{said}");
    assert!(sender.sent() == sent && sent > 20, "{sent}");
    assert_eq!(on_disk(folder.path()), sender.bytes());
    assert!(sender.bytes() > CAPACITY * 9 / 10 && sender.bytes() <= CAPACITY, "{}", sender.bytes());
    drop((sender, source));
    assert_eq!(held(folder.path(), None).unwrap().len() as u64, sent);
    // Opened again it is as full as it was.
    let (sender, source) = open(folder.path());
    assert!(sender.try_send(&0).unwrap_err().is_full());
    drop(sender);
    assert_eq!(total(folder.path(), source).unwrap(), (0..sent).sum::<u64>());
}

/// Nobody makes room where the stream has ended, so nobody waits for it.
#[test]
fn a_sender_that_waits_is_told_when_nobody_reads_any_more() {
    let folder = Folder::new();
    let (sender, source) = open(folder.path());
    let waiting = thread::spawn(move || (0..).find_map(|n| sender.send(&n).err()).unwrap());
    while on_disk(folder.path()) < CAPACITY * 3 / 4 {
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(Duration::from_millis(20));
    assert!(!waiting.is_finished());
    drop(source);
    let error = waiting.join().unwrap();
    assert!(error.is_full() && error.to_string().contains("nobody reads it any more"), "{error}");
}

/// It is taken when nothing else is held, and what comes after it, too.
#[test]
fn a_record_that_is_larger_than_all_room_is_taken() {
    let folder = Folder::new();
    let (sender, source) = Spool::at(folder.path().join("spool")).capacity(300).open::<String>().unwrap();
    let producer = thread::spawn(move || (0..20).for_each(|n| sender.send(&"x".repeat(if n % 3 == 0 { 500 } else { n })).unwrap()));
    let checkpoint = Checkpoint::at(folder.path().join("state")).unwrap().every(Duration::from_secs(10_000));
    let total = AtomicU64::new(0);
    let stream = Pipeline::stream(source).trigger(Records::of(1_000)).checkpoint(checkpoint).map(|text| text.len() as u64);
    stream.key_by(|n| n % 3).integrator(Sum).run_exactly_once(Totals(&total, 0)).unwrap();
    producer.join().unwrap();
    assert_eq!(total.load(Ordering::SeqCst), 7 * 500 + (0..20).filter(|n| n % 3 > 0).sum::<u64>());
}

/// A source and a sender may both find that segments are not needed. None may go before an older one: of what a crash leaves behind then, records would
/// be missing.
#[test]
fn segments_go_in_their_order_whoever_removes_them() {
    /// Reads so many records, then acknowledges all of them when the sender is ready.
    struct Late<'b>(SpoolSource<Vec<u8>>, usize, &'b Barrier);
    impl Source for Late<'_> {
        type Item = Vec<u8>;
        type Error = SpoolError;
        fn pull(&mut self, most: usize, inbox: &mut Inbox<Vec<u8>>) -> Result<Pull, SpoolError> {
            if self.1 == 0 {
                self.2.wait();
                return self.0.acknowledge(self.0.offset()).map(|()| Pull::End);
            }
            let before = inbox.len();
            self.0.pull(most.min(self.1), inbox)?;
            self.1 -= inbox.len() - before;
            Ok(Pull::Ready)
        }
    }
    within(LIMIT, || {
        for _ in 0..40 {
            let folder = Folder::new();
            let (sender, source) = Spool::at(folder.path()).capacity(7_000).segment(100).open::<Vec<u8>>().unwrap();
            (0..40).for_each(|_| sender.send(&vec![7; 90]).unwrap());
            let segments = super::segments(folder.path());
            assert_eq!(segments.len(), 40);
            let (go, is_over) = (Barrier::new(2), AtomicBool::new(false));
            thread::scope(|scope| {
                let watch = scope.spawn(|| {
                    while !is_over.load(Ordering::SeqCst) {
                        let gap = segments.windows(2).find(|pair| !pair[1].exists() && pair[0].exists());
                        assert!(gap.is_none(), "a segment went before an older one: {gap:?}");
                    }
                });
                scope.spawn(|| {
                    go.wait();
                    // More than there is ever room for: taken where all is acknowledged.
                    while sender.try_send(&vec![1; 8_000]).is_err_and(|error| error.is_full()) {}
                });
                Pipeline::stream(Late(source, 40, &go)).try_run().unwrap();
                is_over.store(true, Ordering::SeqCst);
                watch.join().unwrap();
            });
        }
    });
}
