//! CSV as a stream that goes on where it was, against the same file as bounded data.

#[path = "durable/few.rs"]
mod few;
#[path = "durable/folder.rs"]
mod folder;
#[path = "csv_stream/folder.rs"]
mod folder_of_csv;

use few::Few;
use folder::Folder;
use microbatch::prelude::*;
use microbatch::steps::CsvPlace;
use microbatch::{BoxError, FollowCsv};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

type Row = (String, u8);
/// A record, or what its error says.
type Seen = Result<Row, String>;

/// Quotes, delimiters and line ends in fields, all kinds of line ends, empty lines, and records that are bad in each way.
const TEXTS: [&[u8]; 11] = [
    b"city,people\nBerlin,3\n\"New\nYork\",8\nRome,many\nParis\n\nOslo,1,2\nBonn,4\n",
    b"city,people\r\nBerlin,3\r\n\"a \"\"b\"\",\r\n\r\nc\",8\r\n\r\n\r\nRome,300\r\nBonn,4",
    "\u{feff}city,people\rBerlin,3\r\r\"\r\",1\r\"x\"y,2\r".as_bytes(),
    "\n\r\n\u{feff}city,people\n\u{feff}Berlin,3\n\u{feff}\u{feff},4\n".as_bytes(),
    b"city,people\n\"Berlin\",3\n\"never closed,4\nBonn,5\n",
    b"city,people\n\"a\"\"\n\"\"b\"\"\",3\n\"\"\"\",4\n\"\",5\n,6",
    b"city,people\n",
    b"",
    "\u{feff}\"city\nname\",people\nBerlin,3\n".as_bytes(),
    "\u{feff}\n\u{feff}".as_bytes(),
    b"city,people\nK\xf6ln,1\nBonn,4\n",
];

/// A folder with a file in it.
struct Csvs(Folder);

impl Csvs {
    fn new(bytes: impl AsRef<[u8]>) -> Self {
        let csvs = Csvs(Folder::in_memory());
        csvs.write(bytes);
        csvs
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("rows.csv")
    }

    fn write(&self, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(), bytes).unwrap();
    }

    fn follow(&self, header: bool) -> FollowCsv<Row> {
        let source = FollowCsv::open(self.path()).unwrap();
        if header { source } else { source.without_header() }
    }

    /// What the bounded data are.
    fn whole(&self, header: bool) -> Vec<Seen> {
        let file = CsvFile::open(self.path()).unwrap();
        let file = if header { file } else { file.without_header() };
        Pipeline::over(file.records::<Row>()).run().into_iter().map(seen).collect()
    }
}

fn seen(record: Result<Row, CsvError>) -> Seen {
    record.map_err(|error| error.to_string())
}

/// Ends where there is nothing now.
struct Now<'s, S>(&'s mut S);

impl<S: Source> Source for Now<'_, S> {
    type Item = S::Item;
    type Error = S::Error;
    fn pull(&mut self, max: usize, inbox: &mut Inbox<S::Item>) -> Result<Pull, S::Error> {
        Ok(if self.0.pull(max, inbox)? == Pull::Ready { Pull::Ready } else { Pull::End })
    }
}

/// Ends with the next record, or where there is none now.
struct Next<'s, S>(&'s mut S);

impl<S: Source> Source for Next<'_, S> {
    type Item = S::Item;
    type Error = S::Error;
    fn pull(&mut self, _: usize, inbox: &mut Inbox<S::Item>) -> Result<Pull, S::Error> {
        while self.0.pull(1, inbox)? == Pull::Ready && inbox.is_empty() {}
        Ok(Pull::End)
    }
}

fn next<T: DeserializeOwned + Send>(source: &mut FollowCsv<T>) -> Result<Option<Result<T, CsvError>>, String> {
    let mut records = Pipeline::stream(Next(source)).try_run().map_err(|error| error.to_string())?;
    assert!(records.len() < 2, "a pull for 1 gave more");
    Ok(records.pop())
}

/// All that comes now.
fn rest(source: &mut FollowCsv<Row>) -> Vec<Seen> {
    Pipeline::stream(Now(source)).try_run().unwrap().into_iter().map(seen).collect()
}

/// A place as it comes out of a checkpoint.
fn saved(source: &FollowCsv<Row>) -> CsvPlace {
    serde_json::from_str(&serde_json::to_string(&source.offset()).unwrap()).unwrap()
}

/// An error says all of this.
#[track_caller]
fn says<T>(done: Result<T, impl Display>, parts: &[&str]) {
    let error = done.err().expect("an error").to_string();
    assert!(parts.iter().all(|part| error.contains(part)), "{error}");
}

fn each_text(mut check: impl FnMut(&[u8], bool)) {
    for text in TEXTS {
        check(text, true);
        check(text, false);
    }
    // Half of the mark of UTF-8, which cannot be a header.
    check(b"\xef\xbb", false);
}

#[test]
fn real_flights_are_those_of_the_bounded_run() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/flights-2013-01.csv");
    let bounded = Pipeline::over(CsvFile::open(&path).unwrap().records::<Vec<String>>()).try_map(|record| record).try_run().unwrap();
    let followed = FollowCsv::<Vec<String>>::open(&path).unwrap().until_end();
    let streamed = Pipeline::stream(followed).try_map(|record| record).try_run().unwrap();
    assert!(bounded.len() > 20_000, "{} flights", bounded.len());
    assert!(streamed == bounded, "{} flights instead of {}, or others", streamed.len(), bounded.len());
}

/// Errors too, with the numbers and the bytes of their records.
#[test]
fn whatever_is_in_a_file_is_what_the_bounded_run_gives() {
    each_text(|text, header| {
        let csvs = Csvs::new(text);
        let streamed = Pipeline::stream(csvs.follow(header).until_end()).run();
        let streamed: Vec<_> = streamed.into_iter().map(seen).collect();
        assert_eq!(streamed, csvs.whole(header), "{}", text.escape_ascii());
        assert_eq!(rest(&mut csvs.follow(header).until_end()), streamed, "{}", text.escape_ascii());
    });
}

#[test]
fn it_goes_on_at_every_record() {
    each_text(|text, header| {
        let csvs = Csvs::new(text);
        let whole = csvs.whole(header);
        let mut source = csvs.follow(header).until_end();
        let mut places = Vec::new();
        for given in 0..=whole.len() {
            let place = saved(&source);
            places.push(place);
            // Also out of a source that has read already.
            for pulled in 0..2 {
                let mut again = csvs.follow(header).until_end();
                (0..pulled).for_each(|_| drop(next(&mut again).unwrap()));
                again.seek(place).unwrap();
                assert_eq!(rest(&mut again), whole[given..], "after {given} of {}", text.escape_ascii());
            }
            assert_eq!(next(&mut source).unwrap().map(seen).as_ref(), whole.get(given), "record {given} of {}", text.escape_ascii());
        }
        // The same source goes back, too.
        for (given, place) in places.into_iter().enumerate().rev() {
            source.seek(place).unwrap();
            assert_eq!(rest(&mut source), whole[given..], "back to {given} of {}", text.escape_ascii());
        }
    });
}

/// A record that is not whole yet is none, for the source that goes on and for one that begins at its place.
#[test]
fn a_file_that_grows_is_read_as_the_whole_wherever_it_was_cut() {
    each_text(|text, header| {
        let csvs = Csvs::new(text);
        let whole = csvs.whole(header);
        for cut in 0..=text.len() {
            csvs.write(&text[..cut]);
            let mut source = csvs.follow(header);
            let before = rest(&mut source);
            let mut again = csvs.follow(header).until_end();
            again.seek(saved(&source)).unwrap();
            csvs.write(text);
            let mut source = source.until_end();
            for source in [&mut source, &mut again] {
                let all: Vec<_> = before.iter().cloned().chain(rest(source)).collect();
                assert_eq!(all, whole, "cut at {cut}: {}", text.escape_ascii());
            }
        }
    });
}

/// Records longer than what is read at once, and batches over the edges of what is.
#[test]
fn long_records_are_read_whole() {
    let long = "x\n".repeat(100_000);
    let text: String = (0..9).map(|n| format!("\"{long}\",{n}\r\n{}", "short,1\r\n".repeat(5_000))).collect();
    let csvs = Csvs::new(format!("city,people\r\n{text}"));
    let whole = csvs.whole(true);
    assert_eq!(whole.len(), 9 * 5_001);
    let streamed = Pipeline::stream(csvs.follow(true).until_end()).run();
    assert!(streamed.into_iter().map(seen).eq(whole), "other records");
}

#[test]
fn a_bad_record_costs_that_record_and_says_where_it_is() {
    let text = "city,people\nBerlin,3\n\"New\nYork\",many\nBonn,4\nRome\nOslo,5\n";
    let csvs = Csvs::new(text);
    let stream = Pipeline::stream(csvs.follow(true).until_end()).try_map(|record| record).on_failure(Skip);
    let (people, stats) = stream.map(|(_, people)| u64::from(people)).integrator(Sum).try_run_with_stats().unwrap();
    assert_eq!((people, stats.failed), (12, 2));
    let mut source = csvs.follow(true);
    next(&mut source).unwrap().unwrap().unwrap();
    let mut again = csvs.follow(true);
    again.seek(saved(&source)).unwrap();
    let error = next(&mut again).unwrap().unwrap().unwrap_err();
    assert_eq!((error.record(), error.offset(), error.column()), (Some(1), Some(21), Some("people")));
    assert_eq!(error.path(), Some(csvs.path().as_path()));
    next(&mut again).unwrap().unwrap().unwrap();
    says(next(&mut again).unwrap().unwrap(), &["record 3, at byte 44 of", "1 fields instead of 2"]);
}

#[test]
fn a_header_that_cannot_be_read_ends_the_stream() {
    let csvs = Csvs::new(b"city,\xff\nBerlin,3\n");
    says(next(&mut csvs.follow(true)), &["the header of", "rows.csv", "cannot be read"]);
    says(FollowCsv::<Row>::open(csvs.0.path()), &["is a directory"]);
}

#[test]
fn a_file_that_is_not_what_it_was_is_refused() {
    let names = "y".repeat(600);
    let text = format!("{names},people\nBerlin,3\n{}Bonn,4\n", "Rome,5\n".repeat(100));
    let csvs = Csvs::new(&text);
    let mut source = csvs.follow(true);
    (0..100).for_each(|_| drop(next(&mut source).unwrap().unwrap().unwrap()));
    let place = saved(&source);
    let seek = |text: &str| {
        csvs.write(text);
        let mut again = csvs.follow(true);
        again.seek(place).map(|()| rest(&mut again))
    };
    says(seek("a,b\n"), &["rows.csv has 4 bytes", "was read up to byte", "start anew with another checkpoint"]);
    says(seek(&text.replacen('y', "z", 1)), &["rows.csv has other bytes", "another file"]);
    says(seek(&text.replacen("Rome,5\nBonn", "Bonn,5\nRome", 1).replacen("Rome", "Reim", 90)), &["rows.csv has other bytes"]);
    // Beyond the bytes that tell one file from another.
    says(seek(&text.replacen("people", "peoplf", 1)), &["record 100, byte", "the first record of the file is another"]);
    assert_eq!(seek(&text).unwrap(), [Ok(("Rome".into(), 5)), Ok(("Bonn".into(), 4))]);
}

#[test]
fn a_last_record_that_was_written_on_is_refused() {
    for (text, more) in [("a,1", "2\n"), ("\"a\",1\n\"b\n", "\",2\n"), ("a,1\nb,2", "\nc,3\n"), ("a", ",1\n")] {
        let csvs = Csvs::new(text);
        let mut source = csvs.follow(false).until_end();
        let given = rest(&mut source).len();
        let mut again = csvs.follow(false).until_end();
        again.seek(saved(&source)).unwrap();
        assert!(rest(&mut again).is_empty());
        let mut again = csvs.follow(false);
        again.seek(saved(&source)).unwrap();
        csvs.write(format!("{text}{more}"));
        says(next(&mut again), &[&format!("record {given}, byte {}", text.len()), "has been written on"]);
    }
    let csvs = Csvs::new("a,1\n");
    let mut source = csvs.follow(false);
    assert_eq!(rest(&mut source).len(), 1);
    csvs.write("a,");
    says(next(&mut source), &["has become shorter"]);
}

/// Takes what comes, and the same epoch once; at its failing epoch it fails once, before it takes it or after.
#[derive(Default)]
struct Ledger {
    epoch: u64,
    fails_before: Option<u64>,
    fails_after: Option<u64>,
    last: BTreeMap<String, u64>,
    deliveries: u64,
}

impl TransactionalSink<Pane<String, u64>> for &mut Ledger {
    fn deliver(&mut self, epoch: &Epoch, results: Vec<Pane<String, u64>>) -> Result<(), BoxError> {
        if self.fails_before.take_if(|number| *number == epoch.number).is_some() {
            return Err("it crashes before".into());
        }
        if epoch.number > self.epoch {
            self.epoch = epoch.number;
            self.deliveries += 1;
            self.last.extend(results.into_iter().map(|pane| (pane.key, pane.value)));
        }
        match self.fails_after.take_if(|number| *number == epoch.number) {
            Some(_) => Err("it crashes after".into()),
            None => Ok(()),
        }
    }
}

/// People by city, an epoch a micro-batch of three; bad records are left out.
fn people(csvs: &Csvs, ledger: &mut Ledger) -> Result<(), String> {
    let checkpoint = Checkpoint::at(csvs.0.path().join("state")).unwrap().every(Duration::ZERO);
    let stream = Pipeline::stream(Few(csvs.follow(true).until_end(), 4)).trigger(Records::of(3)).checkpoint(checkpoint);
    let rows = stream.try_map(|record| record).on_failure(Skip);
    let by_city = rows.key_by(|(city, _)| city.clone()).map(|(_, people)| u64::from(people)).mode(Mode::Update).integrator(Sum);
    by_city.run_exactly_once(ledger).map(drop).map_err(|error| error.to_string())
}

#[test]
fn each_record_counts_once_over_crashes() {
    let row = |n: u32| if n % 10 == 9 { format!("bad,{n}x\n") } else { format!("\"city\n{}\",{n}\r\n", n % 7) };
    let text: String = std::iter::once("city,people\n".into()).chain((0..100).map(row)).collect();
    let csvs = Csvs::new(&text);
    let mut wanted = BTreeMap::new();
    for (city, people) in csvs.whole(true).into_iter().flatten() {
        *wanted.entry(city).or_insert(0) += u64::from(people);
    }
    // Half of a record is there at first.
    csvs.write(&text[..text.find("\n3\",52").unwrap()]);
    let mut ledger = Ledger { fails_before: Some(4), fails_after: Some(7), ..Ledger::default() };
    says(people(&csvs, &mut ledger), &["it crashes before"]);
    assert_eq!(ledger.epoch, 3);
    csvs.write(&text);
    says(people(&csvs, &mut ledger), &["it crashes after"]);
    assert_eq!(ledger.epoch, 7);
    ledger.fails_before = Some(20);
    says(people(&csvs, &mut ledger), &["it crashes before"]);
    people(&csvs, &mut ledger).unwrap();
    assert!(ledger.last == wanted, "{:?} instead of {wanted:?}", ledger.last);
    // Nothing is left, and what is appended is all that comes.
    let (epoch, deliveries) = (ledger.epoch, ledger.deliveries);
    people(&csvs, &mut ledger).unwrap();
    assert_eq!((ledger.epoch, ledger.deliveries), (epoch, deliveries));
    csvs.write(format!("{text}Ulm,7\n"));
    people(&csvs, &mut ledger).unwrap();
    wanted.insert("Ulm".into(), 7);
    assert!(ledger.last == wanted, "{:?} instead of {wanted:?}", ledger.last);
}
