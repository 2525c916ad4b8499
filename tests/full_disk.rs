//! A disk that is full: a few hundred KiB of memory, mounted by a process that has a namespace of its own. Each end that runs into its end says so, loses
//! nothing and goes on when there is room again. Where such a process is not allowed nothing can be tried here, and the tests say so.
#![cfg(target_os = "linux")]

#[path = "durable/few.rs"]
mod few;
#[path = "durable/folder.rs"]
mod folder;
#[path = "durable/ledger.rs"]
mod ledger;

use few::Few;
use folder::Folder;
use ledger::{Ledger, Log};
use microbatch::prelude::*;
use microbatch::{BoxError, EpochFile, EpochFiles, Spool, StoreError};
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// What the child is told: where the disk is, and where there is room for what is not tried.
const DISK: &str = "MICROBATCH_FULL_DISK";
const ROOM: &str = "MICROBATCH_FULL_ROOM";

/// Runs one of the children on a disk of so many KiB.
fn on_a_disk(child: &str, size: u32) {
    let folder = Folder::new();
    let (disk, room) = (folder.path().join("disk"), folder.path().join("room"));
    fs::create_dir(&disk).unwrap();
    fs::create_dir(&room).unwrap();
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", script]).arg(std::env::current_exe().unwrap());
        command.args(["--exact", child, "--nocapture"]).env(DISK, &disk).env(ROOM, &room).env("RUST_BACKTRACE", "0").stdin(Stdio::null());
        command.output()
    };
    let mount = format!("mount -t tmpfs -o size={size}k tmpfs \"${DISK}\"");
    if !unshare(&mount).is_ok_and(|tried| tried.status.success()) {
        return println!("a disk may not be mounted here: skipped");
    }
    let ended = unshare(&format!("{mount} && exec \"$0\" \"$@\"")).unwrap();
    let said = String::from_utf8_lossy(&ended.stdout) + String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success() && said.contains("1 passed"), "{said}");
    assert!(said.contains("went on"), "{said}");
}

/// The disk, and a place with room, in a child.
struct Here {
    disk: PathBuf,
    room: PathBuf,
}

impl Here {
    fn told() -> Option<Here> {
        let path = |name| std::env::var_os(name).map(PathBuf::from);
        Some(Here { disk: path(DISK)?, room: path(ROOM)? })
    }

    /// Takes so many KiB, which are given back later.
    fn fill(&self, size: usize) {
        fs::write(self.disk.join("ballast"), vec![1; size << 10]).unwrap();
    }

    fn make_room(&self) {
        fs::remove_file(self.disk.join("ballast")).unwrap();
    }
}

/// It is said that the disk is full, and of which file.
#[track_caller]
fn says(error: &(impl Debug + ToString), file: &Path) {
    let said = error.to_string();
    assert!(said.contains("No space left on device") && said.contains(file.to_str().unwrap()), "{said}");
}

#[test]
fn a_spool() {
    on_a_disk("child_spool", 300);
}

#[test]
fn child_spool() {
    let Some(here) = Here::told() else { return };
    here.fill(200);
    let spool = here.disk.join("spool");
    let open = || Spool::at(&spool).segment(20_000).open::<(u64, Vec<u8>)>();
    let (sender, source) = open().unwrap();
    let error = (0..).find_map(|n| sender.send(&(n, vec![7; 3_000])).err()).unwrap();
    assert!(error.is_io());
    says(&error, &spool);
    let sent = sender.sent();
    assert!(sent > 10, "{sent}");
    // Nothing more before it is known what there is.
    assert!(sender.send(&(0, Vec::new())).unwrap_err().is_io());
    drop((sender, source));
    here.make_room();
    let (sender, source) = open().unwrap();
    assert!((sent..=sent + 1).contains(&sender.sent()), "{} instead of {sent}", sender.sent());
    let producer = std::thread::spawn(move || (sender.sent()..60).try_for_each(|n| sender.send(&(n, vec![7; 3_000]))));
    let mut ledger = Ledger::default();
    let checkpoint = Checkpoint::at(here.room.join("state")).unwrap().every(Duration::ZERO);
    let stream = Pipeline::stream(source).trigger(Records::of(10)).checkpoint(checkpoint).map(|(n, _)| n).key_by(|n| *n);
    stream.integrator(Count).run_exactly_once(&mut ledger).unwrap();
    producer.join().unwrap().unwrap();
    let seen: Vec<_> = ledger.results.iter().map(|(key, _, count)| (*key, *count)).collect();
    assert_eq!(seen, (0..60).map(|n| (n, 1)).collect::<Vec<_>>());
    println!("went on after {sent} records");
}

#[test]
fn a_checkpoint() {
    on_a_disk("child_checkpoint", 6_000);
}

/// State that grows, a key a record, of some hundred bytes.
fn grow(file: &Path, log: Log, ledger: &mut Ledger) -> Result<StreamProgress, RunError<std::convert::Infallible>> {
    let stream = Pipeline::stream(log).trigger(Records::of(40)).checkpoint(Checkpoint::at(file).unwrap().every(Duration::ZERO));
    let timed = stream.event_time(|n| Timestamp::from_millis(*n as i64)).window(Tumbling::of(Duration::from_secs(2)));
    timed.key_by(|n| *n).map(|n| (n, format!("{n:500}"))).integrator(Longest).run_exactly_once(ledger)
}

/// Keeps the texts, and says how many bytes the number and they have.
#[derive(Clone, Debug)]
struct Longest;
impl Integrator<(u64, String)> for Longest {
    type State = Vec<String>;
    type Output = u64;
    fn init(&self) -> Vec<String> {
        Vec::new()
    }
    fn fold(&self, texts: &mut Vec<String>, (_, text): (u64, String)) {
        texts.push(text);
    }
    fn merge(&self, texts: &mut Vec<String>, mut others: Vec<String>) {
        texts.append(&mut others);
    }
    fn finish(&self, texts: Vec<String>) -> u64 {
        texts.iter().map(|text| text.len() as u64).sum()
    }
}

#[test]
fn child_checkpoint() {
    let Some(here) = Here::told() else { return };
    let file = here.disk.join("state.redb");
    let mut whole = Ledger::default();
    grow(&here.room.join("whole"), Log::to(3_000), &mut whole).unwrap();
    here.fill(5_000);
    let mut ledger = Ledger::default();
    let error = grow(&file, Log::to(3_000), &mut ledger).unwrap_err();
    says(&error, &file);
    let RunError::Store { cause } = &error else { panic!("{error}") };
    assert!(cause.downcast_ref::<StoreError>().is_some_and(|error| !error.is_damaged()), "{error}");
    // Nothing is made worse by another try.
    says(&grow(&file, Log::to(3_000), &mut ledger).unwrap_err(), &file);
    here.make_room();
    let report = grow(&file, Log::to(3_000), &mut ledger).unwrap();
    assert!(report.records_in < 3_000, "it begins at the beginning");
    assert!(ledger.results == whole.results, "{} results, not {}", ledger.results.len(), whole.results.len());
    println!("went on with {} of 3000 records", report.records_in);
}

#[test]
fn files_of_epochs() {
    on_a_disk("child_epochs", 300);
}

/// Each record with its number, an epoch a micro-batch, into files.
fn into_files(here: &Here, records: u64) -> Result<(), BoxError> {
    let checkpoint = Checkpoint::at(here.room.join("state"))?.every(Duration::ZERO).name("numbers");
    let sink = EpochFiles::in_folder(here.disk.join("results"), |pane: &Pane<u64, u64>| format!("{} {:500}", pane.key, pane.value))?;
    let stream = Pipeline::stream(Few(Log::to(records), 5)).trigger(Records::of(5)).checkpoint(checkpoint);
    let timed = stream.event_time(|n| Timestamp::from_millis(*n as i64)).window(Tumbling::of(Duration::from_millis(5)));
    timed.key_by(|n| *n).integrator(Count).run_exactly_once(sink)?;
    Ok(())
}

#[test]
fn child_epochs() {
    let Some(here) = Here::told() else { return };
    here.fill(200);
    let error = into_files(&here, 200).unwrap_err();
    says(&error, &here.disk.join("results"));
    let listed = || EpochFile::all(here.disk.join("results"), "numbers").unwrap();
    let before = listed().len();
    assert!(before > 5, "{before} epochs");
    says(&into_files(&here, 200).unwrap_err(), &here.disk.join("results"));
    here.make_room();
    into_files(&here, 200).unwrap();
    let lines: Vec<String> =
        listed().iter().flat_map(|epoch| epoch.read().unwrap().lines().map(String::from).collect::<Vec<_>>()).collect();
    let wanted: Vec<String> = (0..200).map(|n| format!("{n} {:500}", 1)).collect();
    assert!(lines == wanted, "{} lines instead of {}", lines.len(), wanted.len());
    println!("went on after {before} epochs");
}
