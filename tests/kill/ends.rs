//! Pipelines between the ends that are built in.

use super::check_with;
use microbatch::prelude::*;
use microbatch::{EpochFile, EpochFiles, FolderLines, FollowFile, Spool};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// Records of each log.
const RECORDS: u64 = 20_000;

/// Runs a pipeline of this kind, if it is one of these.
pub fn run(kind: &str, folder: &Path) -> bool {
    match kind {
        "lines" => {
            let log = folder.join("log");
            if !log.exists() {
                std::fs::write(log.with_extension("part"), lines(0, RECORDS)).unwrap();
                std::fs::rename(log.with_extension("part"), &log).unwrap();
            }
            totals(Few(FollowFile::open(log).unwrap().until_end()), kind, folder, |line| line.parse().unwrap());
        }
        "folder" => {
            let files = folder.join("files");
            std::fs::create_dir_all(&files).unwrap();
            for n in 0..20 {
                let file = files.join(format!("{n:04}"));
                if !file.exists() {
                    std::fs::write(file.with_extension("part"), lines(n * RECORDS / 20, (n + 1) * RECORDS / 20)).unwrap();
                    std::fs::rename(file.with_extension("part"), &file).unwrap();
                }
            }
            totals(Few(FolderLines::of(files).unwrap()), kind, folder, |line| line.parse().unwrap());
        }
        "spool" => {
            let spool = Spool::at(folder.join("spool")).segment(4096).grouped(Duration::from_millis(1));
            let (sender, source) = spool.open::<u64>().unwrap();
            let producer = std::thread::spawn(move || (sender.sent()..RECORDS).try_for_each(|n| sender.send(&n)));
            totals(source, kind, folder, |n| *n);
            producer.join().unwrap().unwrap();
        }
        "spool of threads" => {
            let (sender, source) = Spool::at(folder.join("spool")).segment(4096).open::<u64>().unwrap();
            // Each thread sends what is not acknowledged: a record that comes twice does not make the greatest greater, and none may be missing.
            let acknowledged = folder.join("acknowledged");
            std::fs::create_dir_all(&acknowledged).unwrap();
            let threads: Vec<_> =
                (0..4).map(|thread| spool_thread(sender.clone(), acknowledged.join(thread.to_string()), thread)).collect();
            drop(sender);
            let count = Checkpoint::at(folder.join("state.redb")).unwrap().every(Duration::from_millis(3)).name("spool");
            let sink = EpochFiles::in_folder(folder.join("results"), |pane: &Pane<u64, u64>| pane.key.to_string()).unwrap();
            let stream = Pipeline::stream(source).checkpoint(count).key_by(|n| *n);
            stream.integrator(Count).run_exactly_once(sink).map(drop).unwrap();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        }
        _ => return false,
    }
    true
}

/// Sends 150 records, and notes each that was acknowledged before it sends the next.
fn spool_thread(sender: microbatch::SpoolSender<u64>, note: std::path::PathBuf, thread: u64) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let noted = std::fs::read_to_string(&note).ok().and_then(|noted| noted.parse().ok()).unwrap_or(0);
        for n in noted..150 {
            sender.send(&(thread * 1000 + n)).unwrap();
            std::fs::write(note.with_extension("part"), (n + 1).to_string()).unwrap();
            std::fs::rename(note.with_extension("part"), &note).unwrap();
        }
    })
}

/// Sums by window and key, into files.
fn totals<S: Replay>(source: S, kind: &str, folder: &Path, number: fn(&S::Item) -> u64) {
    let checkpoint = Checkpoint::at(folder.join("state.redb")).unwrap().every(Duration::from_millis(3)).name(kind);
    let line = |pane: &Pane<u64, (u64, u64)>| format!("{} {} {:?}", pane.window.start.as_micros(), pane.key, pane.value);
    let sink = EpochFiles::in_folder(folder.join("results"), line).unwrap();
    Pipeline::stream(source)
        .trigger(Records::of(100))
        .checkpoint(checkpoint)
        .map(move |record| number(&record))
        .event_time(|n| Timestamp::from_millis(*n as i64 * 10))
        .window(Tumbling::of(Duration::from_secs(5)))
        .key_by(|n| n % 7)
        .integrator((Sum, Count))
        .run_exactly_once(sink)
        .map(drop)
        .unwrap();
}

fn lines(from: u64, to: u64) -> String {
    let mut text = String::new();
    (from..to).for_each(|n| writeln!(text, "{n}").unwrap());
    text
}

/// A source that gives few records at once, so that there are many places to go back to.
struct Few<S>(S);

impl<S: Source> Source for Few<S> {
    type Item = S::Item;
    type Error = S::Error;
    fn pull(&mut self, max: usize, inbox: &mut Inbox<S::Item>) -> Result<Pull, S::Error> {
        self.0.pull(max.min(37), inbox)
    }
}

impl<S: Replay> Replay for Few<S> {
    type Offset = S::Offset;
    fn offset(&self) -> S::Offset {
        self.0.offset()
    }
    fn seek(&mut self, offset: S::Offset) -> Result<(), S::Error> {
        self.0.seek(offset)
    }
}

/// What the manifest lists, each file as it says.
fn listed(folder: &Path, name: &str) -> Vec<String> {
    let epochs = EpochFile::all(folder.join("results"), name).unwrap();
    assert!(epochs.is_sorted_by(|a, b| a.epoch < b.epoch), "an epoch is listed twice");
    epochs.iter().flat_map(|epoch| epoch.read().unwrap().lines().map(String::from).collect::<Vec<_>>()).collect()
}

#[test]
fn lines_of_a_file() {
    check_with("lines", |folder| listed(folder, "lines"));
}

#[test]
fn files_of_a_folder() {
    check_with("folder", |folder| listed(folder, "folder"));
}

#[test]
fn a_spool() {
    check_with("spool", |folder| listed(folder, "spool"));
}

/// Every record that was acknowledged to its thread is there.
#[test]
fn a_spool_of_many_threads() {
    check_with("spool of threads", |folder| {
        let mut keys = listed(folder, "spool");
        keys.sort();
        keys
    });
}
