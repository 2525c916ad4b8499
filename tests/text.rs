//! Lines of text in memory and in files, against `str::lines` of the whole.

mod temporary;

use microbatch::prelude::*;
use microbatch::{Part, TextBlock};
use proptest::prelude::*;
use std::error::Error;
use temporary::Temporary;

/// The lines of each batch, which are as many as the batch says.
fn lines_of(parts: Vec<Part<Lines<'_>>>) -> Vec<Vec<&str>> {
    let check = |(i, part): (usize, &Part<Lines<'_>>)| {
        assert_eq!((part.partition as usize, part.records), (i, part.batch.into_iter().count()));
        assert!(part.records > 0, "no batch is empty");
    };
    parts.iter().enumerate().for_each(check);
    parts.into_iter().map(|part| part.batch.into_iter().collect()).collect()
}

/// Lines in memory: by themselves, in batches, and through a pipeline.
fn check_memory(text: &str) {
    let expected: Vec<&str> = text.lines().collect();
    assert_eq!(Lines::of(text).into_iter().collect::<Vec<_>>(), expected, "{text:?}");
    for size in 1..=expected.len() + 2 {
        let batches = lines_of(Chunks::of(size).partition(Lines::of(text), 1));
        assert_eq!(batches, expected.chunks(size).map(<[_]>::to_vec).collect::<Vec<_>>(), "{text:?} by {size}");
        assert_eq!(Pipeline::over(Lines::of(text)).partitioner(Chunks::of(size)).run(), expected, "{text:?} by {size}");
    }
    assert_eq!(lines_of(Chunks::default().partition(Lines::of(text), 1)).concat(), expected, "{text:?}");
}

/// A file by blocks of every size: each line is in one block, blocks are whole lines, and hold no more than the block and a line.
fn check_file(text: &str) {
    let file = Temporary::new(text);
    let open = |block| TextFile::open(file.path()).unwrap().block(block);
    let expected: Vec<&str> = text.lines().collect();
    let longest = text.split_inclusive('\n').map(str::len).max().unwrap_or(0);
    for block in 1..=text.len() + 2 {
        let parts = Chunks::default().partition(open(block), 1);
        assert_eq!(parts.len(), text.len().div_ceil(block));
        let mut buffer = Vec::new();
        let mut whole = String::new();
        let mut lines = Vec::new();
        for (i, part) in parts.into_iter().enumerate() {
            assert_eq!((part.partition as usize, part.records), (i, 0));
            let read = part.batch.read(&mut buffer).unwrap();
            assert!(read.len() < block + longest, "{read:?} is too long for blocks of {block} in {text:?}");
            assert_eq!(part.batch.clone().into_iter().collect::<Result<Vec<_>, _>>().unwrap(), read.lines().collect::<Vec<_>>());
            whole.push_str(read);
            lines.extend(part.batch.into_iter().map(Result::unwrap));
            assert!(buffer.len() <= block + longest + 1, "{} bytes are held for blocks of {block} in {text:?}", buffer.len());
        }
        assert_eq!((&*whole, &lines[..]), (text, &expected.iter().map(ToString::to_string).collect::<Vec<_>>()[..]), "blocks of {block}");
        assert_eq!(open(block).into_iter().collect::<Result<Vec<_>, _>>().unwrap(), expected, "blocks of {block} in {text:?}");
        assert_eq!(Pipeline::over(open(block)).try_map(|line| line).try_run().unwrap(), expected, "blocks of {block} in {text:?}");
    }
    for (size, block) in (1..=expected.len() + 1).flat_map(|size| [1, 2, 3, 7, 64].map(|block| (size, block))) {
        let parts = Chunks::of(size).partition(open(block), 1);
        let batches: Vec<Vec<String>> = parts
            .into_iter()
            .map(|part| {
                let lines: Vec<String> = part.batch.into_iter().collect::<Result<_, _>>().unwrap();
                assert_eq!(part.records, lines.len());
                lines
            })
            .collect();
        assert_eq!(batches, expected.chunks(size).collect::<Vec<_>>(), "{text:?} by {size} in blocks of {block}");
    }
}

fn check(text: &str) {
    check_memory(text);
    check_file(text);
}

#[test]
fn nothing_and_line_ends_alone() {
    check("");
    check("\n");
    check("\r\n");
    check("\r");
    check("\n\n\n");
    check("\r\n\r\n");
    check("\r\r\n\n\r");
}

#[test]
fn the_last_line_needs_no_end() {
    check("a");
    check("a\n");
    check("a\r\n");
    check("a\r");
    check("a\nb");
    check("a\r\nb");
    check("a\n\nb\r");
}

#[test]
fn lines_of_all_lengths() {
    check("one\ntwo\r\nthree\nfour\r\n");
    check("a line that is longer than many blocks together\nb\nc\n");
    check("b\nc\na line that is longer than many blocks together");
    check("b\n\n\na line that is longer than many blocks together\r\n\r\nb");
}

#[test]
fn characters_of_several_bytes() {
    check("é\nüß\r\n日本\n🦀");
    check("🦀🦀🦀\r\n🦀");
    check("\u{feff}a\nb\u{2028}c\u{85}d\u{b}e\n");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_in_memory(text in text()) {
        check_memory(&text);
    }

    #[test]
    fn any_text_in_a_file(text in text()) {
        check_file(&text);
    }
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!['a', '\r', '\n', '"', ',', 'é']), 0..24).prop_map(String::from_iter)
}

/// Large enough for several default blocks.
fn long(lines: usize) -> String {
    (0..lines).map(|i| format!("line {i} {}\n", "x".repeat(i % 97))).collect()
}

#[test]
fn default_batches_of_memory_are_blocks_of_whole_lines() {
    let text = long(40_000);
    let parts = Chunks::default().partition(Lines::of(&text), 1);
    assert_eq!(parts.len(), text.len().div_ceil(64 * 1024 + 50), "64 KiB and about half a line each");
    assert!(parts.iter().all(|part| part.batch.text().ends_with('\n') && part.records == part.batch.text().lines().count()));
    let batches: Vec<&str> = Pipeline::over(Lines::of(&text)).process(|batch| batch.text()).run();
    assert_eq!(batches.concat(), text);
    assert_eq!(Pipeline::over(Lines::of(&text)).run(), text.lines().collect::<Vec<_>>());
}

#[test]
fn default_batches_of_a_file_are_its_blocks() {
    let text = long(60_000);
    let file = Temporary::new(&text);
    let open = || TextFile::open(file.path()).unwrap();
    let kernel = |block: TextBlock| Ok::<_, TextError>(Lines::of(block.read(&mut Vec::new())?).into_iter().map(str::len).sum::<usize>());
    let sums = Pipeline::over(open()).try_process(kernel).try_run().unwrap();
    assert_eq!(sums.len(), text.len().div_ceil(1024 * 1024));
    assert_eq!(sums.iter().sum::<usize>(), text.len() - 60_000);
    let lines = Pipeline::over(open()).try_map(|line| line).try_run().unwrap();
    assert_eq!(lines, text.lines().collect::<Vec<_>>());
    let (lines, stats) = Pipeline::over(open()).partitioner(Chunks::of(1000)).try_map(|line| line).try_run_with_stats().unwrap();
    assert_eq!(lines, text.lines().collect::<Vec<_>>());
    assert_eq!((stats.batches, stats.records), (60, 60_000));
}

#[test]
fn every_partitioner_takes_lines() {
    let text = "the quick\nbrown fox\njumps\nover\nthe lazy\ndog";
    let mut expected: Vec<&str> = text.lines().collect();
    expected.sort();
    let over = || Pipeline::over(Lines::of(text));
    assert_eq!(over().partitioner(RandomPartitioner::new(3)).sort().run(), expected);
    assert_eq!(over().partitioner(HashPartitioner::new(3, |line: &&str| line.len())).sort().run(), expected);
    assert_eq!(over().partition_by(3, |line| line.len()).sort().run(), expected);
    assert_eq!(over().partitioner(RangePartitioner::new(3, |line: &&str| line.len())).sort().run(), expected);
    assert_eq!(over().range_by(3, |line| line.to_string()).sort().run(), expected);
    let file = Temporary::new(text);
    let read = || Pipeline::over(TextFile::open(file.path()).unwrap().block(4));
    assert_eq!(read().partitioner(RandomPartitioner::new(3)).try_map(|line| line).sort().try_run().unwrap(), expected);
    assert_eq!(read().partition_by(3, |line| line.is_ok()).try_map(|line| line).sort().try_run().unwrap(), expected);
}

#[test]
fn dead_letters_know_the_place_in_the_text() {
    let text: String = (0..30_000).map(|i| if i % 10_000 == 9_999 { "x\n".to_string() } else { format!("{i}\n") }).collect();
    let check = |over: &dyn Fn(&std::sync::Mutex<Vec<(String, u64)>>)| {
        let letters = std::sync::Mutex::default();
        over(&letters);
        let mut letters = letters.into_inner().unwrap();
        letters.sort_by_key(|letter: &(String, u64)| letter.1);
        assert_eq!(letters, [9_999, 19_999, 29_999].map(|at| ("x".to_string(), at)));
    };
    check(&|letters| {
        let parsed = Pipeline::over(Lines::of(&text)).try_map(|line| line.parse::<u64>());
        let sunk = parsed.dead_letter(|letter| letters.lock().unwrap().push((letter.record.to_string(), letter.position)));
        assert_eq!(sunk.integrator(Count).try_run().unwrap(), 29_997);
    });
    let file = Temporary::new(&text);
    check(&|letters| {
        let over = Pipeline::over(TextFile::open(file.path()).unwrap()).partitioner(Chunks::of(777));
        let parsed = over.try_map(|line| line.unwrap().parse::<u64>());
        let sunk = parsed.dead_letter(|letter| letters.lock().unwrap().push((letter.record.unwrap(), letter.position)));
        assert_eq!(sunk.integrator(Count).try_run().unwrap(), 29_997);
    });
}

#[test]
fn a_line_that_is_not_utf8_costs_that_line() {
    let file = Temporary::new(b"a\nb\xff\nc\r\n\xc3\nd\n\xe6\x97".as_slice());
    for block in 1..=20 {
        let lines: Vec<_> = TextFile::open(file.path()).unwrap().block(block).into_iter().collect();
        let shown: Vec<Result<&str, Option<u64>>> = lines.iter().map(|line| line.as_deref().map_err(TextError::offset)).collect();
        assert_eq!(shown, [Ok("a"), Err(Some(3)), Ok("c"), Err(Some(8)), Ok("d"), Err(Some(12))], "blocks of {block}");
        let (kept, stats) = Pipeline::over(TextFile::open(file.path()).unwrap().block(block))
            .try_map(|line| line)
            .on_failure(Skip)
            .try_run_with_stats()
            .unwrap();
        assert_eq!((kept, stats.failed), (["a", "c", "d"].map(String::from).to_vec(), 3));
        let read = Pipeline::over(TextFile::open(file.path()).unwrap().block(block))
            .try_process(|block| block.read(&mut Vec::new()).map(str::len))
            .integrator(Sum)
            .try_run();
        let error = read.unwrap_err().into_error().unwrap();
        assert!(error.is_utf8() && error.offset() == Some(3) && error.path() == file.path());
        let expected = format!("`{}` is not UTF-8 at byte 3: convert the file, or leave such lines out", file.path().display());
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_file_that_shrinks_is_an_error() {
    let text = "0123456\n".repeat(8);
    let run = |chunks: Chunks| {
        let file = Temporary::new(&text);
        let opened = TextFile::open(file.path()).unwrap().block(16);
        file.truncate(36);
        let error = Pipeline::over(opened.clone()).partitioner(chunks).try_map(|line| line).try_run().unwrap_err();
        let read = Pipeline::over(opened).partitioner(chunks).try_process(|block| block.read(&mut Vec::new()).map(str::len)).try_run();
        assert!(read.unwrap_err().into_error().unwrap().is_shrunk());
        let error = error.into_error().unwrap();
        assert!(error.is_shrunk() && !error.is_io() && error.source().is_none());
        let expected = format!(
            "`{}` had 64 bytes when it was opened, and has no byte 36 now: let nothing shorten it during a run",
            file.path().display()
        );
        assert_eq!((error.to_string(), error.offset()), (expected, Some(36)));
    };
    run(Chunks::default());
    run(Chunks::of(3));
    run(Chunks::of(100));
}

/// What a failing read costs: the blocks that need the lost bytes, one error each; lines found before a failing cut are kept.
#[test]
fn a_failing_read_costs_its_block() {
    let run = |chunks: Chunks| {
        let file = Temporary::new("0123456\n".repeat(8));
        let opened = TextFile::open(file.path()).unwrap().block(16);
        file.truncate(36);
        let (lines, stats) = Pipeline::over(opened).partitioner(chunks).try_map(|line| line).on_failure(Skip).try_run_with_stats().unwrap();
        (lines.len(), stats.failed)
    };
    assert_eq!(run(Chunks::default()), (4, 2));
    assert_eq!(run(Chunks::of(3)), (3, 1));
    assert_eq!(run(Chunks::of(1)), (4, 1));
}

#[test]
fn what_is_appended_is_not_read() {
    let file = Temporary::new("a\nb");
    let opened = TextFile::open(file.path()).unwrap().block(1);
    std::fs::write(file.path(), "a\nbcd\ne\n").unwrap();
    assert_eq!(Pipeline::over(opened).try_map(|line| line).try_run().unwrap(), ["a", "b"]);
}

#[test]
fn files_that_cannot_be_opened() {
    let missing = TextFile::open("no/such/file").unwrap_err();
    assert!(missing.is_io() && missing.path() == "no/such/file" && missing.offset().is_none());
    let source = missing.source().unwrap().downcast_ref::<std::io::Error>().unwrap();
    assert_eq!(source.kind(), std::io::ErrorKind::NotFound);
    let directory = TextFile::open(env!("CARGO_TARGET_TMPDIR")).unwrap_err();
    assert!(directory.is_not_a_file() && !directory.is_io());
    assert_eq!(directory.to_string(), format!("`{}` is a directory: give the path of a file in it", env!("CARGO_TARGET_TMPDIR")));
}

#[cfg(unix)]
#[test]
fn devices_are_no_files() {
    assert!(TextFile::open("/dev/null").unwrap_err().is_not_a_file());
}

#[test]
#[should_panic(expected = "blocks of 0 bytes never end the file: give at least 1")]
fn a_block_of_nothing() {
    let file = Temporary::new("a");
    let _ = TextFile::open(file.path()).unwrap().block(0);
}

#[test]
fn errors_travel() {
    fn travels<E: Error + Send + Sync + Clone + 'static>() {}
    travels::<TextError>();
}
