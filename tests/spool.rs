//! A channel whose records are on disk: none is lost that was acknowledged, whatever is left of its files.

#[path = "durable/folder.rs"]
mod folder;
#[path = "spool/identity.rs"]
mod identity;
#[path = "spool/room.rs"]
mod room;
#[path = "spool/torn.rs"]
mod torn;
mod watchdog;

use folder::Folder;
use microbatch::prelude::*;
use microbatch::steps::SpoolPlace;
use microbatch::{BoxError, Inbox, Pull, Spool, SpoolError, SpoolSource};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What a spool holds, from the first record on or from this place.
fn held(folder: &Path, from: Option<SpoolPlace>) -> Result<Vec<u64>, String> {
    let (sender, mut source) = Spool::at(folder).open::<u64>().map_err(|error| error.to_string())?;
    drop(sender);
    if let Some(from) = from {
        source.seek(from).map_err(|error| error.to_string())?;
    }
    Pipeline::stream(source).try_run().map_err(|error| error.to_string())
}

/// Gives so many records, and notes the place after them.
struct Up<'p>(SpoolSource<u64>, u64, &'p mut Option<SpoolPlace>);
impl Source for Up<'_> {
    type Item = u64;
    type Error = SpoolError;
    fn pull(&mut self, max: usize, inbox: &mut Inbox<u64>) -> Result<Pull, SpoolError> {
        *self.2 = Some(self.0.offset());
        let before = inbox.len();
        if self.1 > 0 {
            self.0.pull(max.min(self.1 as usize), inbox)?;
        }
        let ended = self.1 == 0;
        self.1 -= (inbox.len() - before) as u64;
        Ok(if ended { Pull::End } else { Pull::Ready })
    }
}

/// The place before this record, as who has read so many knows it.
fn place(folder: &Path, record: u64) -> SpoolPlace {
    let (_sender, source) = Spool::at(folder).open::<u64>().unwrap();
    let mut place = None;
    assert_eq!(Pipeline::stream(Up(source, record, &mut place)).try_run().unwrap().len() as u64, record);
    place.unwrap()
}

/// Sends the numbers up to this one, from where the spool is.
fn send(spool: Spool, end: u64) -> SpoolSource<u64> {
    let (sender, source) = spool.open::<u64>().unwrap();
    (sender.sent()..end).for_each(|n| sender.send(&n).unwrap());
    source
}

/// The segments, in their order.
fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "spool"));
    paths.sort();
    paths
}

#[test]
fn what_was_sent_is_there_when_it_is_opened_again() {
    let folder = Folder::new();
    for end in [0, 1, 50, 50, 120] {
        drop(send(Spool::at(folder.path()).segment(200), end));
        assert_eq!(held(folder.path(), None).unwrap(), (0..end).collect::<Vec<_>>());
        let third = place(folder.path(), end / 3);
        assert_eq!(held(folder.path(), Some(third)).unwrap(), (end / 3..end).collect::<Vec<_>>());
    }
    assert!(segments(folder.path()).len() > 5);
}

/// Who has sent a record finds it counted, whoever wrote it; each thread's records are in its order.
#[test]
fn many_threads_send_at_once() {
    let folder = Folder::new();
    let (sender, source) = Spool::at(folder.path()).segment(2_000).open::<u64>().unwrap();
    let returned = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for thread in 0..8u64 {
            let (sender, returned) = (sender.clone(), &returned);
            scope.spawn(move || {
                for n in 0..100 {
                    sender.send(&(thread * 1000 + n)).unwrap();
                    let before = returned.fetch_add(1, Ordering::SeqCst) + 1;
                    let sent = sender.sent();
                    assert!(sent >= before, "{before} have returned, and {sent} are safe");
                }
            });
        }
        drop(sender);
        let seen = Pipeline::stream(source).try_run().unwrap();
        assert_eq!(seen.len(), 800);
        for thread in 0..8 {
            let own: Vec<_> = seen.iter().filter(|n| *n / 1000 == thread).map(|n| n % 1000).collect();
            assert_eq!(own, (0..100).collect::<Vec<_>>());
        }
    });
    assert_eq!(held(folder.path(), None).unwrap().len(), 800);
}

/// The numbers of the segments' files, cut and changed at every byte: what was acknowledged is there, or an error says that it is not.
#[test]
fn a_torn_end_is_cut_off_and_damage_is_an_error() {
    let folder = Folder::new();
    let spool = || Spool::at(folder.path()).segment(180);
    drop(send(spool(), 20));
    let last = segments(folder.path()).pop().unwrap();
    let (whole, mark) = (std::fs::read(&last).unwrap(), std::fs::read(folder.path().join("mark")).unwrap());
    drop(send(spool(), 21));
    let longer = std::fs::read(&last).unwrap();
    assert!(longer.len() > whole.len() && segments(folder.path()).last() == Some(&last), "the last record is in the same segment");
    let put = |bytes: &[u8], mark: &[u8]| {
        std::fs::write(&last, bytes).unwrap();
        std::fs::write(folder.path().join("mark"), mark).unwrap();
    };
    // A crash while record 20 was written: it was not acknowledged.
    for cut in whole.len()..longer.len() {
        put(&longer[..cut], &mark);
        assert_eq!(held(folder.path(), None).unwrap().len(), 20, "{cut} bytes");
        assert_eq!(std::fs::read(&last).unwrap(), whole, "cut off");
        // Bytes that were to come, of a disk that wrote the length first.
        let mut zeros = longer[..cut].to_vec();
        zeros.resize(longer.len(), 0);
        put(&zeros, &mark);
        assert_eq!(held(folder.path(), None).unwrap().len(), 20, "{cut} bytes, and zeros");
    }
    // It was written, and a crash came before that was noted.
    put(&longer, &mark);
    assert_eq!(held(folder.path(), None).unwrap().len(), 21);
    // What was acknowledged is cut off, or changed.
    for at in 0..whole.len() {
        put(&whole[..at], &mark);
        let error = held(folder.path(), None).expect_err("less than what was acknowledged");
        assert!(error.contains("it is damaged"), "{at} bytes: {error}");
        let mut other = whole.clone();
        other[at] ^= 0x10;
        for mark in [&mark[..], b"", b"of no use, as it was not synced"] {
            put(&other, mark);
            match held(folder.path(), None) {
                // Without the mark, the last frame alone may be one that was not acknowledged.
                Ok(held) => assert!(held == (0..19).collect::<Vec<_>>() && mark.len() != 20, "byte {at}: {} records", held.len()),
                Err(error) => assert!(error.contains("it is damaged"), "byte {at}: {error}"),
            }
        }
    }
}

#[test]
fn segments_that_are_missing_or_changed_are_errors() {
    let check = |change: fn(&[PathBuf]), part: &str| {
        let folder = Folder::new();
        drop(send(Spool::at(folder.path()).segment(150), 40));
        let first = place(folder.path(), 0);
        change(&segments(folder.path()));
        let error = held(folder.path(), Some(first)).unwrap_err();
        assert!(error.contains(part), "{error}");
    };
    check(|segments| std::fs::remove_file(&segments[1]).unwrap(), "are not there");
    check(|segments| std::fs::remove_file(segments.last().unwrap()).unwrap(), "is not there");
    check(|segments| std::fs::remove_file(&segments[0]).unwrap(), "the stream goes on with record 0");
    check(|segments| std::fs::write(&segments[0], "something else").unwrap(), "does not begin as a spool does");
    check(|segments| std::fs::write(&segments[1], &std::fs::read(&segments[1]).unwrap()[..50]).unwrap(), "it is damaged");
    check(|segments| std::fs::write(&segments[1], std::fs::read(&segments[0]).unwrap()).unwrap(), "does not begin as a spool does");
}

#[test]
fn a_second_opener_is_refused() {
    let folder = Folder::new();
    let (sender, source) = Spool::at(folder.path()).open::<u64>().unwrap();
    drop(sender);
    assert!(Spool::at(folder.path()).open::<u64>().unwrap_err().is_locked());
    drop(source);
    assert!(Spool::at(folder.path()).open::<u64>().is_ok());
    std::fs::write(folder.path().join("file"), "").unwrap();
    assert!(Spool::at(folder.path().join("file")).open::<u64>().unwrap_err().is_io());
}

#[test]
fn records_of_another_type_are_refused() {
    let folder = Folder::new();
    drop(send(Spool::at(folder.path()), 3));
    let (sender, source) = Spool::at(folder.path()).open::<String>().unwrap();
    drop(sender);
    let error = Pipeline::stream(source).try_run().unwrap_err().to_string();
    assert!(error.contains("not of the type that is asked for"), "{error}");
}

/// Groups are written after their time by the stream that reads, without another record, and by the sender that is dropped.
#[test]
fn groups_are_written_in_time() {
    let folder = Folder::new();
    let (sender, source) = Spool::at(folder.path()).grouped(Duration::from_millis(30)).open::<u64>().unwrap();
    let mut records = Pipeline::stream(source).try_iter();
    (0..10).for_each(|n| sender.send(&n).unwrap());
    let began = Instant::now();
    assert_eq!(records.next().unwrap().unwrap(), 0);
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(sender.sent(), 10);
    sender.send(&10).unwrap();
    sender.sync().unwrap();
    assert_eq!(sender.sent(), 11);
    sender.send(&11).unwrap();
    drop(sender);
    assert_eq!(records.map(Result::unwrap).collect::<Vec<_>>(), (1..12).collect::<Vec<_>>());
    assert_eq!(held(folder.path(), None).unwrap().len(), 12);
}

/// Takes what comes.
struct Totals<'t>(&'t AtomicU64, u64);
impl TransactionalSink<Pane<u64, u64>> for Totals<'_> {
    fn deliver(&mut self, epoch: &Epoch, results: Vec<Pane<u64, u64>>) -> Result<(), BoxError> {
        if epoch.number > self.1 {
            self.1 = epoch.number;
            self.0.fetch_add(results.iter().map(|pane| pane.value).sum(), Ordering::SeqCst);
        }
        Ok(())
    }
}

/// A durable stream purges what it has committed, goes on where it was, and gives the total.
#[test]
fn what_is_committed_is_purged() {
    let folder = Folder::new();
    let (spool, state) = (folder.path().join("spool"), folder.path().join("state"));
    let total = AtomicU64::new(0);
    let run = |source| {
        let checkpoint = Checkpoint::at(&state).unwrap().every(Duration::ZERO);
        let stream = Pipeline::stream(source).trigger(Records::of(10)).checkpoint(checkpoint).key_by(|n| n % 3);
        stream.integrator(Sum).run_exactly_once(Totals(&total, 0)).map(drop).map_err(|error| error.to_string())
    };
    let source = send(Spool::at(&spool).segment(210), 300);
    let (before, first) = (segments(&spool).len(), source.offset());
    run(source).unwrap();
    assert_eq!(total.load(Ordering::SeqCst), (0..300).sum::<u64>());
    assert!(before > 20);
    // At the latest when it is run again.
    run(send(Spool::at(&spool).segment(210), 300)).unwrap();
    assert_eq!(segments(&spool).len(), 1, "of {before}");
    // What has gone is not gone back to.
    let error = held(&spool, Some(first)).unwrap_err();
    assert!(error.contains("the stream goes on with record 0"), "{error}");
    let last = segments(&spool).pop().unwrap();
    let (older, mark) = (std::fs::read(&last).unwrap(), std::fs::read(spool.join("mark")).unwrap());
    run(send(Spool::at(&spool).segment(210), 301)).unwrap();
    assert_eq!(segments(&spool), std::slice::from_ref(&last));
    // A spool with less than what was committed: an old copy.
    std::fs::write(&last, older).unwrap();
    std::fs::write(spool.join("mark"), mark).unwrap();
    let error = run(Spool::at(&spool).open().unwrap().1).unwrap_err();
    assert!(error.contains(" to 300, and the stream goes on with record 301"), "{error}");
}

/// A disk that cannot be written: root may write everywhere, so it is a folder in place of the next segment that makes it fail.
#[test]
fn what_cannot_be_written_is_not_acknowledged() {
    let folder = Folder::new();
    let (sender, source) = Spool::at(folder.path()).segment(1).open::<u64>().unwrap();
    sender.send(&0).unwrap();
    std::fs::create_dir(folder.path().join(format!("{:020}.part", 1))).unwrap();
    let failed: Vec<SpoolError> = (1..4).map(|n| sender.send(&n).unwrap_err()).collect();
    assert!(failed.iter().all(SpoolError::is_io), "{failed:?}");
    assert_eq!(sender.sent(), 1);
    assert!(Pipeline::stream(source).try_run().unwrap_err().to_string().contains("could not be read or written"));
}
