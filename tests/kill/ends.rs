//! Pipelines between the ends that are built in.

use super::few::Few;
use super::harness::Killed;
use super::pipelines::checkpoint;
use microbatch::prelude::*;
use microbatch::{BoxError, EpochFile, EpochFiles, FolderLines, FollowFile, Spool, SpoolSender};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

pub fn pipelines() -> Vec<Killed> {
    vec![
        Killed::new("lines", lines_of_a_file).reading(|folder| listed(folder, "lines")),
        Killed::new("folder", files_of_a_folder).reading(|folder| listed(folder, "folder")),
        #[cfg(feature = "csv")]
        Killed::new("folder-csv", csv_files_of_a_folder).reading(|folder| listed(folder, "folder-csv")),
        Killed::new("spool", spool).reading(|folder| listed(folder, "spool")),
        Killed::new("spool-of-threads", spool_of_threads).reading(sorted),
    ]
}

/// Writes a file, if it is not there.
fn write_once(file: &Path, text: impl FnOnce() -> String) -> Result<(), BoxError> {
    if !file.exists() {
        std::fs::write(file.with_extension("part"), text())?;
        std::fs::rename(file.with_extension("part"), file)?;
    }
    Ok(())
}

fn lines_of_a_file(folder: &Path, records: u64, every: Duration) -> Result<(), BoxError> {
    let log = folder.join("log");
    write_once(&log, || lines(0, records))?;
    totals(Few(FollowFile::open(log)?.until_end(), 37), "lines", folder, every, |line| line.parse().unwrap())
}

fn files_of_a_folder(folder: &Path, records: u64, every: Duration) -> Result<(), BoxError> {
    let files = folder.join("files");
    std::fs::create_dir_all(&files)?;
    (0..20).try_for_each(|n| write_once(&files.join(format!("{n:04}")), || lines(n * records / 20, (n + 1) * records / 20)))?;
    totals(Few(FolderLines::of(files)?, 37), "folder", folder, every, |line| line.parse().unwrap())
}

/// Fields hold line ends, so that half of a record may look like one.
#[cfg(feature = "csv")]
fn csv_files_of_a_folder(folder: &Path, records: u64, every: Duration) -> Result<(), BoxError> {
    let files = folder.join("files");
    std::fs::create_dir_all(&files)?;
    let rows = |from, to| (from..to).fold("n,text\n".to_string(), |text, n| text + &format!("{n},\"a\n{n}\"\n"));
    (0..20).try_for_each(|n| write_once(&files.join(format!("{n:04}")), || rows(n * records / 20, (n + 1) * records / 20)))?;
    let source = Few(microbatch::FolderCsv::<(u64, String)>::of(files)?, 37);
    totals(source, "folder-csv", folder, every, |row| row.as_ref().unwrap().0)
}

fn spool(folder: &Path, records: u64, every: Duration) -> Result<(), BoxError> {
    let spool = Spool::at(folder.join("spool")).segment(4096).grouped(Duration::from_millis(1));
    let (sender, source) = spool.open::<u64>()?;
    let producer = std::thread::spawn(move || (sender.sent()..records).try_for_each(|n| sender.send(&n)));
    totals(source, "spool", folder, every, |n| *n)?;
    producer.join().unwrap()?;
    Ok(())
}

/// Each thread sends what was not acknowledged to it: one that comes twice changes nothing, and none may be missing.
fn spool_of_threads(folder: &Path, _: u64, every: Duration) -> Result<(), BoxError> {
    let (sender, source) = Spool::at(folder.join("spool")).capacity(6000).open::<u64>()?;
    let acknowledged = folder.join("acknowledged");
    std::fs::create_dir_all(&acknowledged)?;
    let threads: Vec<_> = (0..4).map(|thread| spool_thread(sender.clone(), acknowledged.join(thread.to_string()), thread)).collect();
    drop(sender);
    let sink = EpochFiles::in_folder(folder.join("results"), |pane: &Pane<u64, u64>| pane.key.to_string())?;
    let stream = Pipeline::stream(source).checkpoint(checkpoint(folder, "spool", every)?).key_by(|n| *n);
    stream.integrator(Count).run_exactly_once(sink)?;
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    Ok(())
}

/// What the threads sent, in whatever order.
fn sorted(folder: &Path) -> Vec<String> {
    let mut keys = listed(folder, "spool");
    keys.sort();
    keys
}

/// Sends 150 records, and notes each that was acknowledged before it sends the next.
fn spool_thread(sender: SpoolSender<u64>, note: PathBuf, thread: u64) -> JoinHandle<()> {
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
fn totals<S: Replay>(source: S, name: &'static str, folder: &Path, every: Duration, number: fn(&S::Item) -> u64) -> Result<(), BoxError> {
    let line = |pane: &Pane<u64, (u64, u64)>| format!("{} {} {:?}", pane.window.start.as_micros(), pane.key, pane.value);
    Pipeline::stream(source)
        .trigger(Records::of(100))
        .checkpoint(checkpoint(folder, name, every)?)
        .map(move |record| number(&record))
        .event_time(|n| Timestamp::from_millis(*n as i64 * 10))
        .window(Tumbling::of(Duration::from_secs(5)))
        .key_by(|n| n % 7)
        .integrator((Sum, Count))
        .run_exactly_once(EpochFiles::in_folder(folder.join("results"), line)?)?;
    Ok(())
}

fn lines(from: u64, to: u64) -> String {
    let mut text = String::new();
    (from..to).for_each(|n| writeln!(text, "{n}").unwrap());
    text
}

/// What the manifest lists, each file as it says.
fn listed(folder: &Path, name: &str) -> Vec<String> {
    let epochs = EpochFile::all(folder.join("results"), name).unwrap();
    assert!(epochs.is_sorted_by(|a, b| a.epoch < b.epoch), "an epoch is listed twice");
    epochs.iter().flat_map(|epoch| epoch.read().unwrap().lines().map(String::from).collect::<Vec<_>>()).collect()
}
