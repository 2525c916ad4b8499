//! Epochs in files, and the manifest of those that are complete.

use super::few::Few;
use super::folder::Folder;
use super::{file, numbered, says};
use microbatch::prelude::*;
use microbatch::{BoxError, EpochFile, EpochFiles, FollowFile};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Epochs of numbers into files, out of a log that goes on or begins anew: `name` is that of the pipeline.
fn into_files(folder: &Path, state: &str, name: &str, from: u32) -> Result<(), String> {
    let log = file_of(folder, from);
    let checkpoint = Checkpoint::at(folder.join(state)).unwrap().every(Duration::ZERO).name(name);
    let sink = EpochFiles::in_folder(folder.join("results"), |pane: &Pane<String, u64>| pane.key.clone()).unwrap();
    let stream = Pipeline::stream(Few(log, 4)).trigger(Records::of(3)).checkpoint(checkpoint);
    let counts = stream.key_by(|line| line.clone()).mode(Mode::Update).integrator(Count);
    counts.run_exactly_once(sink).map(drop).map_err(|error| error.to_string())
}

fn file_of(folder: &Path, from: u32) -> FollowFile {
    let path = folder.join("log");
    std::fs::write(&path, numbered(from..from + 20)).unwrap();
    FollowFile::open(path).unwrap().until_end()
}

/// What the manifest lists, checked.
fn listed(folder: &Path, name: &str) -> String {
    EpochFile::all(folder.join("results"), name).unwrap().iter().map(|epoch| epoch.read().unwrap()).collect()
}

#[test]
fn a_manifest_lists_what_is_complete() {
    let folder = Folder::new();
    into_files(folder.path(), "state", "to tal/s", 0).unwrap();
    let epochs = EpochFile::all(folder.path().join("results"), "to tal/s").unwrap();
    assert!(epochs.len() > 3 && epochs.is_sorted_by_key(|epoch| epoch.epoch), "{} epochs", epochs.len());
    // Each once when it comes, and once at the end.
    assert_eq!(epochs.iter().map(|epoch| epoch.lines).sum::<u64>(), 40);
    let mut lines: Vec<_> = listed(folder.path(), "to tal/s").lines().map(String::from).collect();
    lines.sort();
    lines.dedup();
    let mut wanted: Vec<_> = numbered(0..20).lines().map(String::from).collect();
    wanted.sort();
    assert_eq!(lines, wanted);
    std::fs::write(&epochs[1].path, "line 100\n").unwrap();
    says(epochs[1].read(), &["not what the manifest says", "Bring it back from a copy"]);
    let name = epochs[1].path.file_name().unwrap().to_str().unwrap();
    std::fs::write(&epochs[1].path, b"line \xff\n").unwrap();
    says(epochs[1].read(), &[name, "not what the manifest says"]);
    std::fs::remove_file(&epochs[1].path).unwrap();
    says(epochs[1].read(), &[name, "cannot be read", "Bring it back from a copy"]);
}

/// What a crash may leave behind at each of its points, of the last epoch: then it is delivered again.
#[test]
fn whatever_a_crash_leaves_the_epoch_is_there_once() {
    let whole = Folder::new();
    into_files(whole.path(), "state", "totals", 0).unwrap();
    let wanted = listed(whole.path(), "totals");
    let epochs = EpochFile::all(whole.path().join("results"), "totals").unwrap();
    let manifest = whole.path().join("results/totals.manifest");
    let text = std::fs::read(&manifest).unwrap();
    let last = epochs.last().unwrap();
    let lines = last.read().unwrap();
    let before = text[..text.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for kept in [before, before + 1, (before + text.len()) / 2, text.len() - 1, text.len()] {
        for (is_placed, is_beside) in [(true, false), (true, true), (false, true), (false, false)] {
            std::fs::write(&manifest, &text[..kept]).unwrap();
            let beside = PathBuf::from(format!("{}.part", last.path.display()));
            let _ = std::fs::remove_file(&last.path);
            // What is listed has been placed.
            if is_placed || kept == text.len() {
                std::fs::write(&last.path, &lines).unwrap();
            }
            if is_beside {
                std::fs::write(&beside, &lines[..lines.len() / 2]).unwrap();
            }
            deliver(whole.path(), last.epoch, &lines).unwrap();
            assert_eq!(listed(whole.path(), "totals"), wanted, "{kept} bytes of the manifest");
            assert_eq!(std::fs::read(&manifest).unwrap(), text);
            assert!(!beside.exists(), "a leftover is there");
        }
    }
}

/// Delivers an epoch to a sink that has just been opened.
fn deliver(folder: &Path, number: u64, lines: &str) -> Result<(), String> {
    let sink = EpochFiles::in_folder(folder.join("results"), |line: &String| line.clone()).unwrap();
    with_epoch(number, sink, lines.lines().map(String::from).collect())
}

/// Only the engine makes epochs: this one makes so many that the last is the one.
fn with_epoch(number: u64, mut sink: impl TransactionalSink<String>, lines: Vec<String>) -> Result<(), String> {
    struct Last<'s, S>(&'s mut S, u64, Vec<String>);
    impl<T, S: TransactionalSink<String>> TransactionalSink<T> for Last<'_, S> {
        fn deliver(&mut self, epoch: &Epoch, _: Vec<T>) -> Result<(), BoxError> {
            if epoch.number == self.1 { self.0.deliver(epoch, std::mem::take(&mut self.2)) } else { Ok(()) }
        }
    }
    let folder = Folder::new();
    let log = file(&folder, "log", &numbered(0..number as u32));
    let checkpoint = Checkpoint::at(folder.path().join("state")).unwrap().every(Duration::ZERO).name("totals");
    let stream = Pipeline::stream(One(FollowFile::open(log).unwrap().until_end())).trigger(Records::of(1)).checkpoint(checkpoint);
    let counts = stream.key_by(|line| line.clone()).mode(Mode::Update).integrator(Count);
    counts.run_exactly_once(Last(&mut sink, number, lines)).map(drop).map_err(|error| error.to_string())
}

/// One record at a time.
struct One<S>(S);
impl<S: Source> Source for One<S> {
    type Item = S::Item;
    type Error = S::Error;
    fn pull(&mut self, _: usize, inbox: &mut Inbox<S::Item>) -> Result<Pull, S::Error> {
        self.0.pull(1, inbox)
    }
}
impl<S: Replay> Replay for One<S> {
    type Offset = S::Offset;
    fn offset(&self) -> S::Offset {
        self.0.offset()
    }
    fn seek(&mut self, offset: S::Offset) -> Result<(), S::Error> {
        self.0.seek(offset)
    }
}

#[test]
fn results_of_another_run_are_not_taken_for_those_of_this_one() {
    let folder = Folder::new();
    into_files(folder.path(), "state", "totals", 0).unwrap();
    let before = listed(folder.path(), "totals");
    says(into_files(folder.path(), "state3", "totals", 1000), &["epoch 1 cannot be written", "of another run", "of its own"]);
    assert_eq!(listed(folder.path(), "totals"), before);
    into_files(folder.path(), "state4", "others", 1000).unwrap();
    assert_eq!(listed(folder.path(), "totals"), before);
}

#[test]
fn a_damaged_manifest_is_an_error() {
    let folder = Folder::new();
    into_files(folder.path(), "state", "totals", 0).unwrap();
    let manifest = folder.path().join("results/totals.manifest");
    let mut text = std::fs::read(&manifest).unwrap();
    text[30] ^= 1;
    std::fs::write(&manifest, text).unwrap();
    says(EpochFile::all(folder.path().join("results"), "totals"), &["totals.manifest: line 1 is none", "Bring it back from a copy"]);
    says(into_files(folder.path(), "state2", "totals", 0), &["totals.manifest: line 1 is none"]);
}

/// A manifest of some epochs, and what it is after a change.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Folder {
    let folder = Folder::new();
    into_files(folder.path(), "state", "totals", 0).unwrap();
    let manifest = folder.path().join("results/totals.manifest");
    let mut text = std::fs::read(&manifest).unwrap();
    change(&mut text);
    std::fs::write(&manifest, text).unwrap();
    folder
}

/// A crash leaves the beginning of the last line, or zeros: not a line that has its end and is another one.
#[test]
fn a_damaged_last_line_is_not_taken_for_one_that_was_being_written() {
    for at in [2, 9, 16, 25] {
        let folder = changed(|text| {
            let place = text.len() - at;
            text[place] ^= 1;
        });
        let lines = std::fs::read(folder.path().join("results/totals.manifest")).unwrap().split(|byte| *byte == b'\n').count() - 1;
        let said = format!("totals.manifest: line {lines} is none");
        says(EpochFile::all(folder.path().join("results"), "totals"), &[&said]);
        says(deliver(folder.path(), 30, "line 1\n"), &[&said]);
    }
}

/// Epochs are listed one by one: files of two that are not listed, or of one that is not the one that comes again, say that the manifest has lost some.
#[test]
fn a_manifest_that_was_cut_off_is_noticed() {
    let cut = |lines: usize| {
        changed(|text| {
            let ends: Vec<_> = (0..text.len()).filter(|at| text[*at] == b'\n').collect();
            text.truncate(ends[ends.len() - 1 - lines] + 1);
        })
    };
    let parts = ["totals.manifest: ", "is there, and it does not list that one", "Bring it back from a copy"];
    let none_left = changed(|text| text.clear());
    let hole = changed(|text| {
        let second = text.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        text.drain(..second);
    });
    for folder in [cut(1), cut(2), none_left, hole] {
        let manifest = std::fs::read(folder.path().join("results/totals.manifest")).unwrap();
        says(deliver(folder.path(), 30, "line 1\n"), &parts);
        assert_eq!(std::fs::read(folder.path().join("results/totals.manifest")).unwrap(), manifest, "to refuse is to change nothing");
    }
    for folder in [cut(2), changed(|text| text.clear())] {
        says(EpochFile::all(folder.path().join("results"), "totals"), &parts);
    }
    let gone = cut(0);
    std::fs::remove_file(gone.path().join("results/totals.manifest")).unwrap();
    says(EpochFile::all(gone.path().join("results"), "totals"), &parts);
    // Who reads while an epoch is delivered may see one.
    EpochFile::all(cut(1).path().join("results"), "totals").unwrap();
}
