//! The CSV files of a folder, one after the other.

use super::few::Few;
use super::folder::Folder;
use super::{Seen, TEXTS, says, seen};
use microbatch::prelude::*;
use microbatch::{BoxError, FolderCsv};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

type Row = (String, u8);

/// Files of these texts, named in their order.
fn files<'t>(texts: impl IntoIterator<Item = &'t [u8]>) -> (Folder, PathBuf) {
    let folder = Folder::in_memory();
    let files = folder.path().join("files");
    std::fs::create_dir_all(&files).unwrap();
    texts.into_iter().enumerate().for_each(|(n, text)| std::fs::write(files.join(format!("{n:02}.csv")), text).unwrap());
    (folder, files)
}

/// Each file as bounded data.
fn whole(files: &Path) -> Vec<Seen> {
    let mut paths: Vec<_> = std::fs::read_dir(files).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let records = |path: &PathBuf| Pipeline::over(CsvFile::open(path).unwrap().records::<Row>()).run();
    paths.iter().flat_map(|path| records(path).into_iter().map(seen).collect::<Vec<_>>()).collect()
}

/// Errors too, which name the file, and the record and the byte in it.
#[test]
fn the_records_of_a_folder_are_those_of_its_files() {
    let (_folder, files) = files(TEXTS);
    let streamed: Vec<_> = Pipeline::stream(FolderCsv::of(&files).unwrap()).run().into_iter().map(seen).collect();
    assert!(streamed.len() > 20 && streamed == whole(&files), "{streamed:#?}");
}

/// The last sum of each city.
#[derive(Default)]
struct People {
    epoch: u64,
    seen: BTreeMap<String, u64>,
}

impl TransactionalSink<Pane<String, u64>> for &mut People {
    fn deliver(&mut self, epoch: &Epoch, results: Vec<Pane<String, u64>>) -> Result<(), BoxError> {
        if epoch.number > self.epoch {
            self.epoch = epoch.number;
            self.seen.extend(results.into_iter().map(|pane| (pane.key, pane.value)));
        }
        Ok(())
    }
}

/// Sums by city, an epoch a micro-batch; where `fails_at` comes, the stream ends as if it had crashed.
fn people(folder: &Path, fails_at: u8, people: &mut People) -> Result<(), String> {
    let checkpoint = Checkpoint::at(folder.join("state")).unwrap().every(Duration::ZERO);
    let source = Few(FolderCsv::<Row>::of(folder.join("files")).unwrap(), 4);
    let checked = Pipeline::stream(source).trigger(Records::of(3)).checkpoint(checkpoint).try_map(|record| match record {
        Ok((_, people)) if people == fails_at => Err("it crashes".to_string()),
        record => record.map_err(|error| error.to_string()),
    });
    let sums = checked.key_by(|(city, _)| city.clone()).map(|(_, people)| u64::from(people)).mode(Mode::Update).integrator(Sum);
    sums.run_exactly_once(people).map(drop).map_err(|error| error.to_string())
}

/// Ten records of a file, the last without an end, with fields that hold line ends; each file has another header.
fn text(file: u8) -> String {
    let row = |n: u8| format!("\"city\n{}\",{n}\n", n % 7);
    let rows: String = (file * 10..file * 10 + 10).map(row).collect();
    format!("city of {file},people\n{}", rows.trim_end())
}

/// In the middle of a file, at its first record and at its last.
#[test]
fn a_folder_is_read_on_where_it_was() {
    let texts: Vec<_> = (0..6).map(text).collect();
    let (folder, files) = files(texts.iter().map(String::as_bytes));
    let mut wanted = BTreeMap::new();
    for (city, people) in whole(&files).into_iter().map(Result::unwrap) {
        *wanted.entry(city).or_insert(0) += u64::from(people);
    }
    let mut seen = People::default();
    for fails_at in [0, 9, 10, 19, 33, 33, 59] {
        says(people(folder.path(), fails_at, &mut seen), &["it crashes"]);
        // What is done may be deleted.
        if fails_at == 33 {
            (0..2).for_each(|n| drop(std::fs::remove_file(files.join(format!("{n:02}.csv")))));
        }
    }
    people(folder.path(), 255, &mut seen).unwrap();
    assert_eq!(seen.seen, wanted);
    // Nothing is left, and what comes later is read.
    let epoch = seen.epoch;
    people(folder.path(), 255, &mut seen).unwrap();
    assert_eq!(seen.epoch, epoch);
    std::fs::write(files.join("06.csv"), "city,people\nnew,6\n").unwrap();
    people(folder.path(), 255, &mut seen).unwrap();
    assert_eq!((seen.seen["new"], seen.seen.len()), (6, wanted.len() + 1));
}

#[test]
fn a_folder_that_is_not_what_it_was_is_refused() {
    let check = |change: fn(&Path), parts: &[&str]| {
        let texts: Vec<_> = (0..3).map(text).collect();
        let (folder, files) = files(texts.iter().map(String::as_bytes));
        let mut seen = People::default();
        says(people(folder.path(), 18, &mut seen), &["it crashes"]);
        change(&files);
        says(people(folder.path(), 255, &mut seen), parts);
    };
    check(|files| std::fs::remove_file(files.join("01.csv")).unwrap(), &["has no file 01.csv any more", "bring it back"]);
    check(|files| std::fs::write(files.join("01.csv"), "city of 1,people\n").unwrap(), &["01.csv has 17 bytes", "up to byte"]);
    check(|files| std::fs::write(files.join("01.csv"), text(1).replace("city of 1", "city of I")).unwrap(), &["01.csv has other bytes"]);
    check(|files| std::fs::write(files.join("00x.csv"), "city,people\n").unwrap(), &["has appeared before", "would be lost"]);
    check(|files| std::fs::write(files.join("02.csv"), b"city,\xff\nBerlin,3\n").unwrap(), &["the header of", "02.csv", "cannot be read"]);
    says(FolderCsv::<Row>::of("no-such-folder"), &["no-such-folder cannot be read"]);
}
