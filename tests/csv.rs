//! CSV in memory and in files, against the `csv` crate reading the whole.
#![cfg(feature = "csv")]

mod temporary;

use microbatch::CsvRecords;
use microbatch::prelude::*;
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::error::Error;
use std::fmt::Debug;
use std::sync::Mutex;
use temporary::Temporary;

/// What may be decoded: as many fields as there are, or something that not every record is.
trait Row: DeserializeOwned + Debug + PartialEq + Send {}
impl<T: DeserializeOwned + Debug + PartialEq + Send> Row for T {}

/// The whole, as the `csv` crate reads it: an error is `None`.
fn whole<T: Row>(bytes: &[u8], header: bool, delimiter: u8) -> Vec<Option<T>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(header).delimiter(delimiter).from_reader(bytes);
    reader.deserialize().map(Result::ok).collect()
}

/// Batches of records give what the whole does, are as many as they say, and errors have the number of their record.
fn check_batches<T: Row>(expected: &[Option<T>], records: &CsvRecords<'_, T>, chunks: Chunks, about: &dyn Debug) {
    let mut read = Vec::new();
    for (i, part) in chunks.partition(records.clone(), 1).into_iter().enumerate() {
        let batch: Vec<_> = part.batch.into_iter().collect();
        assert_eq!((part.partition as usize, part.records), (i, batch.len()), "{about:?}");
        assert!(!batch.is_empty(), "no batch is empty: {about:?}");
        for (record, number) in batch.iter().zip(read.len() as u64..) {
            assert!(record.as_ref().err().is_none_or(|error| error.record() == Some(number)), "{record:?} is {number} in {about:?}");
        }
        read.extend(batch.into_iter().map(Result::ok));
    }
    assert_eq!(read, expected, "{about:?}");
}

fn check_as<T: Row>(text: &str, delimiter: u8, header: bool) {
    // Cut small, so that every byte is an edge once.
    let expected = whole::<T>(text.as_bytes(), header, delimiter);
    let csv = Csv::of(text).delimiter(delimiter);
    let records = if header { csv.records::<T>() } else { csv.without_header().records() };
    for size in 1..=expected.len() + 1 {
        check_batches(&expected, &records, Chunks::of(size), &(text, size));
    }
    check_batches(&expected, &records, Chunks::default(), &text);
    let run = Pipeline::over(records.clone()).partitioner(Chunks::of(2)).run();
    assert_eq!(run.into_iter().map(Result::ok).collect::<Vec<_>>(), expected, "{text:?}");
    assert_eq!(records.into_iter().map(Result::ok).collect::<Vec<_>>(), expected, "{text:?}");
    let file = Temporary::new(text);
    for block in 1..=text.len() + 2 {
        let csv = CsvFile::open(file.path()).unwrap().delimiter(delimiter).block(block);
        let records = if header { csv.records::<T>() } else { csv.without_header().records() };
        check_batches(&expected, &records, Chunks::default(), &(text, block));
        check_batches(&expected, &records, Chunks::of(2), &(text, block));
    }
}

fn check(text: &str) {
    for header in [true, false] {
        check_as::<Vec<String>>(text, b',', header);
        check_as::<(String, u8)>(text, b',', header);
        check_as::<Vec<String>>(text, b';', header);
    }
}

#[test]
fn nothing_and_line_ends_alone() {
    check("");
    check("\n");
    check("\r\n\r\n");
    check("\r");
    check(",");
    check("\"");
    check("\"\"");
}

#[test]
fn headers_alone() {
    check("a,b");
    check("a,b\n");
    check("\"a\nb\",c");
    check("\n\na,b\r\n\r\n");
}

#[test]
fn line_ends() {
    check("a,b\nc,1\nd,2\n");
    check("a,b\r\nc,1\r\nd,2");
    check("a,b\rc,1\rd,2\r");
    check("a,b\n\n\nc,1\n\r\n\rd,2\n\n");
    check("a,b\nc,\n,1\n,");
}

#[test]
fn quotes() {
    check("a,b\n\"c\nd\",1\n\"e\r\n\r\n\",2\n");
    check("a,b\n\"c\"\"\n\"\"d\",1\n\"\"\"\n\",2\n");
    check("a,b\nc\"d,1\ne\"\nf\",2\n");
    check("a,b\n\"c\"d\"\ne,\"f\n\"\n");
    check("a,b\n\"c\" \"\nd\",1\n");
    check("a,b\nc,1\n\"never closed\nd,2\ne,3\n");
    check("a;b\n\"c;\n\";1\n");
    check("\"\",\"\"\n\"\"\n\"\",\"\"\"\"");
}

#[test]
fn marks_of_utf8() {
    check("\u{feff}a,b\nc,1\n");
    check("\u{feff}\"a\n\",b\nc,1\n");
    check("\u{feff}\n\"a\n\",b\nc,1\n");
    check("a,b\n\u{feff}c,1\n\u{feff}\"d\n\",2\n");
    check("\u{feff}");
}

#[test]
fn records_of_other_widths() {
    check("a,b\nc\nd,1\ne,2,3\nf,4\n");
    check("a\nb,c\nd\n");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in text(0..20)) {
        check(&text);
    }

    /// Long enough for the cutter to look at many bytes together, where quotes stand as they should and where they do not.
    #[test]
    fn any_long_text(orderly in fields(), wild in text(0..200), more in fields()) {
        check_cut(&orderly);
        check_cut(&(orderly.clone() + &wild));
        check_cut(&(orderly + &wild + &more));
    }
}

fn text(len: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!['a', '1', '\r', '\n', '"', '"', ',', ',', 'é']), len).prop_map(String::from_iter)
}

fn fields() -> impl Strategy<Value = String> {
    let fields = vec!["", "a", "\"\"", "\"a\"", "\"a\n\"", "\"\"\"\"", "\"\r\n\"\"\"", "é", "a longer field of some words"];
    let ends = vec![",", ",", ",", "\n", "\r\n", "\n\n"];
    let field = (prop::sample::select(fields), prop::sample::select(ends)).prop_map(|(field, end)| field.to_string() + end);
    prop::collection::vec(field, 0..200).prop_map(|fields| fields.concat())
}

/// Where records are cut, in memory and in files of several block sizes: each batch read alone has the fields of the whole.
fn check_cut(text: &str) {
    let expected: Vec<Vec<String>> = {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        reader.deserialize().map(Result::unwrap).collect()
    };
    let widths = expected.first().map_or(0, Vec::len);
    let expected: Vec<_> = expected.into_iter().map(|record| (record.len() == widths).then_some(record)).collect();
    let file = Temporary::new(text);
    for size in [1, 3, 1000] {
        check_batches(&expected, &Csv::of(text).without_header().records::<Vec<String>>(), Chunks::of(size), &text);
    }
    for block in [1, 63, 64, 65, 130, 5000] {
        let records = CsvFile::open(file.path()).unwrap().without_header().block(block).records::<Vec<String>>();
        check_batches(&expected, &records, Chunks::default(), &(text, block));
    }
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
struct Flight {
    carrier: String,
    dep_delay: Option<i32>,
    distance: u32,
}

/// Every third record has a quoted field with a line end in it, every hundredth is malformed, one way or another.
fn flights(count: usize) -> String {
    let flight = |i: usize| match i {
        i if i % 300 == 100 => format!("UA,x,{i},\n"),
        i if i % 300 == 200 => format!("UA,{i}\r\n"),
        i if i % 3 == 0 => format!("DL,,{i},\"two\nlines, and \"\"quotes\"\"\"\r\n"),
        i => format!("AA,{},{i},\n", i % 60),
    };
    "carrier,dep_delay,distance,remark\n".to_string() + &(0..count).map(flight).collect::<String>()
}

#[test]
fn structs_in_default_batches() {
    let text = flights(30_000);
    let expected = whole::<Flight>(text.as_bytes(), true, b',');
    let records = Csv::of(&text).records::<Flight>();
    assert!(Chunks::default().partition(records.clone(), 1).len() > 5);
    check_batches(&expected, &records, Chunks::default(), &"default batches");
    check_batches(&expected, &records, Chunks::of(1000), &"batches of 1000");
    let file = Temporary::new(&text);
    for block in [1000, 65_536, 1 << 20] {
        let records = CsvFile::open(file.path()).unwrap().block(block).records::<Flight>();
        check_batches(&expected, &records, Chunks::default(), &block);
        check_batches(&expected, &records, Chunks::of(1000), &block);
    }
}

#[test]
fn one_malformed_record_costs_one_record() {
    let text = flights(30_000);
    let file = Temporary::new(&text);
    let check = |records: CsvRecords<'_, Flight>, chunks: Chunks| {
        let letters = Mutex::new(Vec::new());
        let kept = Pipeline::over(records)
            .partitioner(chunks)
            .try_map(|record| record)
            .dead_letter(|letter| letters.lock().unwrap().push((letter.position, letter.error)))
            .integrator(Count)
            .try_run()
            .unwrap();
        let mut letters = letters.into_inner().unwrap();
        letters.sort_by_key(|letter| letter.0);
        assert_eq!((kept, letters.len()), (29_800, 200));
        for (i, (position, error)) in letters.iter().enumerate() {
            assert_eq!((*position, error.record()), (100 + i as u64 * 100 + i as u64 / 2 * 100, Some(*position)));
            let at = usize::try_from(error.offset().unwrap()).unwrap();
            if i % 2 == 0 {
                assert!(error.is_value() && text[at..].starts_with("UA,x,"), "{error}");
                assert_eq!((error.field(), error.column()), (Some(1), Some("dep_delay")));
            } else {
                assert!(error.is_width() && text[at..].starts_with(&format!("UA,{position}\r\n")), "{error}");
            }
        }
    };
    check(Csv::of(&text).records(), Chunks::default());
    check(Csv::of(&text).records(), Chunks::of(100));
    check(CsvFile::open(file.path()).unwrap().block(5000).records(), Chunks::default());
    check(CsvFile::open(file.path()).unwrap().block(5000).records(), Chunks::of(1));
}

#[test]
fn errors_say_what_and_where() {
    let check = |text: &[u8], expected: &str, column: Option<&str>| {
        let file = Temporary::new(text);
        let records = CsvFile::open(file.path()).unwrap().block(1).records::<(String, u8)>();
        let error = records.into_iter().find_map(Result::err).unwrap();
        assert_eq!(error.to_string(), expected.replace("FILE", &file.path().display().to_string()));
        assert_eq!((error.column(), error.path()), (column, Some(file.path())));
    };
    check(
        b"a,b\nc,1\n\r\nd,256\n",
        "record 1, at byte 10 of `FILE`: field 1, `b`: number too large to fit in target type: correct it, or read it as a type that takes it",
        Some("b"),
    );
    check(
        b"a,b\r\nc,1,2\n",
        "record 0, at byte 5 of `FILE`: 3 fields instead of 2: mend it, and quote fields that hold a delimiter or a line end",
        None,
    );
    check(
        b"a,b\nc,1\n\xff,2\n",
        "record 1, at byte 8 of `FILE`: field 0, `a`: not UTF-8: convert the file, or leave such records out",
        Some("a"),
    );
    let file = Temporary::new(b"a,\xff\nc,1\nd,2\n");
    let mut records = CsvFile::open(file.path()).unwrap().records::<(String, u8)>().into_iter();
    let error = records.next().unwrap().unwrap_err();
    assert!(error.is_header() && records.next().is_none(), "{error}");
    assert!(error.to_string().ends_with("correct it, or say that there is none"), "{error}");
}

#[test]
fn a_file_that_shrinks_is_an_error() {
    let run = |chunks: Chunks, len: u64| {
        let file = Temporary::new("a,b\n".to_string() + &"0123456,1\n".repeat(8));
        let records = CsvFile::open(file.path()).unwrap().block(16).records::<(String, u8)>();
        file.truncate(len);
        let (kept, error) = records_and_error(records, chunks);
        assert!(error.is_shrunk() && !error.is_io() && error.offset() == Some(len) && error.path() == Some(file.path()));
        assert!(error.source().is_some());
        (kept, error.record())
    };
    assert_eq!(run(Chunks::default(), 36), (2, Some(2)));
    assert_eq!(run(Chunks::of(1), 36), (2, Some(2)));
    assert_eq!(run(Chunks::default(), 2), (0, Some(0)));
    assert_eq!(run(Chunks::default(), 0), (0, Some(0)));
}

/// How many records there are before the only error.
fn records_and_error(records: CsvRecords<'_, (String, u8)>, chunks: Chunks) -> (usize, CsvError) {
    let mut all: Vec<_> = Pipeline::over(records).partitioner(chunks).run();
    let error = all.pop().unwrap().unwrap_err();
    assert!(all.iter().all(Result::is_ok));
    (all.len(), error)
}

/// Cut and read are two passes: what the first found may be gone in the second.
#[test]
fn a_file_that_shrinks_after_the_cut_is_an_error() {
    let file = Temporary::new("a,b\n".to_string() + &"0123456,1\n".repeat(8));
    let records = CsvFile::open(file.path()).unwrap().records::<(String, u8)>();
    let parts = Chunks::of(3).partition(records, 1);
    file.truncate(36);
    let errors =
        parts.into_iter().map(|part| part.batch.into_iter().find_map(Result::err).map(|error| (error.is_shrunk(), error.record())));
    assert_eq!(errors.collect::<Vec<_>>(), [None, Some((true, Some(3))), Some((true, Some(6)))]);
}

#[test]
fn files_that_cannot_be_opened() {
    let missing = CsvFile::open("no/such/file.csv").unwrap_err();
    assert!(missing.is_io() && missing.record().is_none());
    assert_eq!(missing.to_string(), "`no/such/file.csv` cannot be opened (entity not found): check the path, and that it may be read");
    assert!(missing.source().unwrap().source().unwrap().is::<std::io::Error>());
    assert!(CsvFile::open(env!("CARGO_TARGET_TMPDIR")).unwrap_err().is_io());
}

#[test]
#[should_panic(expected = "byte 34 cannot delimit fields: give an ASCII character that is neither a quote nor a line end")]
fn a_quote_for_a_delimiter() {
    let _ = Csv::of("").delimiter(b'"');
}

#[test]
fn every_partitioner_takes_records() {
    let text = flights(1000);
    let expected = whole::<Flight>(text.as_bytes(), true, b',').into_iter().flatten().count() as u64;
    let count = |record: Result<Flight, CsvError>| record.is_ok();
    let over = || Pipeline::over(Csv::of(&text).records::<Flight>());
    assert_eq!(over().partitioner(RandomPartitioner::new(3)).filter(|record| record.is_ok()).integrator(Count).run(), expected);
    let by_carrier = over().partition_by(3, |record| record.as_ref().ok().map(|flight| flight.carrier.clone()));
    assert_eq!(by_carrier.map(count).filter(|ok| *ok).integrator(Count).run(), expected);
    let by_distance = over().range_by(3, |record| record.as_ref().ok().map(|flight| flight.distance));
    assert_eq!(by_distance.map(count).filter(|ok| *ok).integrator(Count).run(), expected);
}

#[test]
fn errors_travel() {
    fn travels<E: Error + Send + Sync + Clone + 'static>() {}
    travels::<CsvError>();
}
