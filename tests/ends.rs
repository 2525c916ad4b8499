//! The ends of durable streams: sources that can be read again, and sinks that take an epoch once.

#[path = "durable/few.rs"]
mod few;
#[path = "durable/folder.rs"]
mod folder;
#[path = "ends/manifest.rs"]
mod manifest;

use few::Few;
use folder::Folder;
use microbatch::prelude::*;
use microbatch::{BoxError, FolderLines, FollowFile};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Takes what comes, and the same epoch once.
#[derive(Default)]
struct Seen {
    epoch: u64,
    counts: Vec<(String, u64)>,
}

impl TransactionalSink<Pane<String, u64>> for &mut Seen {
    fn deliver(&mut self, epoch: &Epoch, results: Vec<Pane<String, u64>>) -> Result<(), BoxError> {
        if epoch.number > self.epoch {
            self.epoch = epoch.number;
            self.counts.extend(results.into_iter().map(|pane| (pane.key, pane.value)));
        }
        Ok(())
    }
}

/// Counts lines, an epoch a micro-batch of three; where `fails_at` comes, the stream ends as if it had crashed.
fn count<S>(source: S, state: &Path, fails_at: &str, seen: &mut Seen) -> Result<(), String>
where
    S: Replay<Item = String>,
{
    let checkpoint = Checkpoint::at(state).unwrap().every(Duration::ZERO);
    let stream = Pipeline::stream(Few(source, 4)).trigger(Records::of(3)).checkpoint(checkpoint);
    let checked = stream.try_map(|line| if line == fails_at { Err("it crashes".to_string()) } else { Ok(line) });
    let done = checked.key_by(|line| line.clone()).mode(Mode::Update).integrator(Count).run_exactly_once(seen);
    done.map(drop).map_err(|error| error.to_string())
}

/// The last count of each line.
fn last(seen: &Seen) -> std::collections::BTreeMap<&str, u64> {
    seen.counts.iter().map(|(line, count)| (line.as_str(), *count)).collect()
}

fn numbered(lines: std::ops::Range<u32>) -> String {
    lines.map(|n| format!("line {n}\n")).collect()
}

/// An error says all of this.
#[track_caller]
fn says<T>(done: Result<T, impl Display>, parts: &[&str]) {
    let error = done.err().expect("an error").to_string();
    assert!(parts.iter().all(|part| error.contains(part)), "{error}");
}

fn file(folder: &Folder, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// Each line is counted once, wherever the stream fails, and however often.
#[test]
fn a_file_is_read_on_where_it_was() {
    let folder = Folder::new();
    let path = file(&folder, "log", &(numbered(0..50) + "the end"));
    let state = folder.path().join("state");
    let mut seen = Seen::default();
    for fails_at in ["line 4", "line 4", "line 33", "the end"] {
        says(count(FollowFile::open(&path).unwrap().until_end(), &state, fails_at, &mut seen), &["it crashes"]);
    }
    count(FollowFile::open(&path).unwrap().until_end(), &state, "", &mut seen).unwrap();
    assert_eq!(last(&seen).len(), 51);
    assert!(last(&seen).values().all(|count| *count == 1), "a line was counted twice");
    // Nothing is left to be read, and what is appended is.
    let epoch = seen.epoch;
    count(FollowFile::open(&path).unwrap().until_end(), &state, "", &mut seen).unwrap();
    assert_eq!(seen.epoch, epoch);
}

/// What has no end is no line while the file is followed, also when the stream begins anew.
#[test]
fn half_of_a_line_is_read_when_it_is_whole() {
    let folder = Folder::new();
    let path = file(&folder, "log", "one\ntwo\nthr");
    let mut source = FollowFile::open(&path).unwrap();
    let mut lines = Pipeline::stream(&mut Pulled(&mut source, 20)).try_run().unwrap();
    assert_eq!(lines, ["one", "two"]);
    let place = source.offset();
    file(&folder, "log", "one\ntwo\nthree\nfour\n");
    let mut again = FollowFile::open(&path).unwrap();
    again.seek(place).unwrap();
    lines.extend(Pipeline::stream(&mut Pulled(&mut again, 20)).try_run().unwrap());
    assert_eq!(lines, ["one", "two", "three", "four"]);
}

/// A source that is pulled so many times.
struct Pulled<'s, S>(&'s mut S, usize);
impl<S: Source> Source for &mut Pulled<'_, S> {
    type Item = S::Item;
    type Error = S::Error;
    fn pull(&mut self, max: usize, inbox: &mut Inbox<S::Item>) -> Result<Pull, S::Error> {
        self.1 -= 1;
        let pulled = self.0.pull(max, inbox)?;
        Ok(if self.1 == 0 { Pull::End } else { pulled })
    }
}

#[test]
fn a_file_that_is_not_what_it_was_is_refused() {
    let folder = Folder::new();
    let text = numbered(0..50);
    let path = file(&folder, "log", &text);
    let state = folder.path().join("state");
    let mut seen = Seen::default();
    says(count(FollowFile::open(&path).unwrap().until_end(), &state, "line 40", &mut seen), &["it crashes"]);
    let mut again = |text: &str| {
        file(&folder, "log", text);
        count(FollowFile::open(&path).unwrap().until_end(), &state, "", &mut seen)
    };
    says(again("line 0\n"), &["log has 7 bytes", "was read up to byte", "start anew with another checkpoint"]);
    says(again(&text.replace("line 0", "LINE 0")), &["log has other bytes", "another file"]);
    says(again(&text.replace("line 37", "line 73")), &["log has other bytes", "another file"]);
    again(&text).unwrap();
    assert_eq!(last(&seen).len(), 50);
}

#[test]
fn a_last_line_that_was_written_on_is_refused() {
    let folder = Folder::new();
    let path = file(&folder, "log", "one\ntwo");
    let state = folder.path().join("state");
    let mut seen = Seen::default();
    count(FollowFile::open(&path).unwrap().until_end(), &state, "", &mut seen).unwrap();
    file(&folder, "log", "one\ntwo and a half\n");
    says(count(FollowFile::open(&path).unwrap().until_end(), &state, "", &mut seen), &["record 2, byte 7", "has been written on"]);
}

#[test]
fn a_directory_is_no_file_and_a_file_no_directory() {
    let folder = Folder::new();
    let path = file(&folder, "log", "");
    says(FollowFile::open(folder.path()), &["is a directory", "give the path of a file in it"]);
    says(FollowFile::open(folder.path().join("none")), &["none"]);
    says(FolderLines::of(&path), &["the folder", "log cannot be read"]);
    says(FolderLines::follow(folder.path().join("none")), &["none cannot be read"]);
}

/// Files in the order of their names, each line once, over failures in each of them.
#[test]
fn a_folder_is_read_on_where_it_was() {
    let folder = Folder::new();
    let files = folder.path().join("files");
    std::fs::create_dir_all(files.join("a folder")).unwrap();
    for n in 0..6 {
        // The last lines have no end.
        std::fs::write(files.join(format!("day-{n}")), numbered(n * 10..n * 10 + 10).trim_end()).unwrap();
    }
    std::fs::write(files.join("day-7.part"), "no").unwrap();
    let state = folder.path().join("state");
    let mut seen = Seen::default();
    for fails_at in ["line 0", "line 9", "line 10", "line 19", "line 31", "line 59"] {
        says(count(FolderLines::of(&files).unwrap(), &state, fails_at, &mut seen), &["it crashes"]);
    }
    // What is done may be deleted.
    (0..3).for_each(|n| std::fs::remove_file(files.join(format!("day-{n}"))).unwrap());
    count(FolderLines::of(&files).unwrap(), &state, "", &mut seen).unwrap();
    assert_eq!(last(&seen).len(), 60);
    assert!(last(&seen).values().all(|count| *count == 1), "a line was counted twice");
}

#[test]
fn a_folder_that_is_not_what_it_was_is_refused() {
    let check = |change: fn(&Path), parts: &[&str]| {
        let folder = Folder::new();
        let files = folder.path().join("files");
        std::fs::create_dir_all(&files).unwrap();
        (1..4).for_each(|n| std::fs::write(files.join(format!("b{n}")), numbered(n * 10..n * 10 + 10)).unwrap());
        let state = folder.path().join("state");
        let mut seen = Seen::default();
        says(count(FolderLines::of(&files).unwrap(), &state, "line 29", &mut seen), &["it crashes"]);
        change(&files);
        says(count(FolderLines::of(&files).unwrap(), &state, "", &mut seen), parts);
    };
    check(|files| std::fs::remove_file(files.join("b2")).unwrap(), &["has no file b2 any more", "bring it back"]);
    check(|files| std::fs::write(files.join("b2"), "line 20\n").unwrap(), &["b2 has 8 bytes", "up to byte"]);
    check(|files| std::fs::write(files.join("b2"), numbered(30..60)).unwrap(), &["b2 has other bytes"]);
    check(|files| std::fs::write(files.join("b1x"), "lost\n").unwrap(), &["has appeared before", "would be lost"]);
    check(
        |files| {
            std::fs::remove_file(files.join("b2")).unwrap();
            std::fs::create_dir(files.join("b2")).unwrap();
        },
        &["has no file b2 any more"],
    );
}

/// While a folder is followed, what comes is taken up, and what comes too early by name is an error.
#[test]
fn a_folder_is_followed() {
    let folder = Folder::new();
    file(&folder, "b", "one\nhal");
    let mut lines = Pipeline::stream(FolderLines::follow(folder.path()).unwrap()).try_iter();
    assert_eq!(lines.next().unwrap().unwrap(), "one");
    file(&folder, "b", "one\nhalf\n");
    assert_eq!(lines.next().unwrap().unwrap(), "half");
    file(&folder, "c", "two\n");
    assert_eq!(lines.next().unwrap().unwrap(), "two");
    file(&folder, "a", "lost\n");
    says(lines.next().unwrap(), &["a has appeared before", "would be lost"]);
}
