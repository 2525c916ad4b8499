//! What exactly once costs: throughput against the same stream without a checkpoint, commits a second against the bare disk, and the time to
//! restart with much state.
//!
//! `cargo bench --bench durable --features checkpoint` for all tables, `-- throughput` for those whose names hold one of the words, `-- --test` for
//! a trial. `MICROBATCH_BENCH_FOLDER` says where the files lie, by default in the folder that cargo keeps for tests. Every answer is checked.

use microbatch::prelude::*;
use microbatch::{BoxError, Inbox, Pull};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use std::convert::Infallible;
use std::fs::{File, create_dir_all, remove_file};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
const TRIAL: usize = 100;

fn main() {
    let (flags, words): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let (scale, rounds) = if flags.iter().any(|flag| flag == "--test") { (TRIAL, 1) } else { (1, ROUNDS) };
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let tables: [(&str, fn(usize, usize)); 3] = [("throughput", throughput), ("strict commits", strict), ("restart", restart)];
    for (_, table) in tables.into_iter().filter(|(name, _)| wanted(name)) {
        table(scale, rounds);
        println!();
    }
}

/// A file that is not there.
fn fresh(name: &str) -> PathBuf {
    let folder = std::env::var_os("MICROBATCH_BENCH_FOLDER").map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    create_dir_all(&folder).expect("the folder can be made");
    let path = folder.join(format!("bench-{}-{name}", std::process::id()));
    remove(&path);
    path
}

/// Removes a checkpoint, and what lies beside it.
fn remove(path: &Path) {
    let _ = remove_file(path);
    forget_epoch(path);
}

/// Lets a file be put back to what it was.
fn forget_epoch(path: &Path) {
    let _ = remove_file(path.with_file_name(format!("{}.epoch", path.file_name().unwrap_or_default().display())));
}

/// Numbers up to an end, as many at once as are asked for; it fails at one of them.
struct Numbers {
    at: u64,
    end: u64,
    fails_at: u64,
}

impl Numbers {
    fn to(end: u64) -> Self {
        Numbers { at: 0, end, fails_at: u64::MAX }
    }
}

impl Source for Numbers {
    type Item = u64;
    type Error = BoxError;

    fn pull(&mut self, max: usize, inbox: &mut Inbox<u64>) -> Result<Pull, BoxError> {
        if self.at >= self.fails_at {
            return Err("it ends here for now".into());
        }
        let end = self.end.min(self.fails_at).min(self.at + max as u64);
        inbox.append((self.at..end).collect());
        self.at = end;
        Ok(if end == self.end { Pull::End } else { Pull::Ready })
    }
}

impl Replay for Numbers {
    type Offset = u64;

    fn offset(&self) -> u64 {
        self.at
    }

    fn seek(&mut self, offset: u64) -> Result<(), BoxError> {
        self.at = offset;
        Ok(())
    }
}

/// Adds up what it gets.
#[derive(Default)]
struct Total {
    epoch: u64,
    sum: u64,
}

impl<K: Send> TransactionalSink<Pane<K, u64>> for &mut Total {
    fn deliver(&mut self, epoch: &Epoch, results: Vec<Pane<K, u64>>) -> Result<(), BoxError> {
        if epoch.number > self.epoch {
            self.epoch = epoch.number;
            self.sum += results.iter().map(|pane| pane.value).sum::<u64>();
        }
        Ok(())
    }
}

/// Sums by key in windows of a second of event time, a million records in each.
macro_rules! sums {
    ($records:expr, $keys:expr) => {
        Pipeline::stream(Numbers::to($records))
            .event_time(|n| Timestamp::from_micros(*n as i64))
            .window(Tumbling::of(Duration::from_secs(1)))
            .key_by(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15) % $keys)
            .trigger(Records::of(65_536))
            .integrator(Sum)
    };
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn throughput(scale: usize, rounds: usize) {
    println!("| keys | without a checkpoint | a commit every 100 ms | commits | of the speed |\n|---|---|---|---|---|");
    // So many that there are a dozen commits.
    for (keys, records) in [(1000, 800_000_000), (100_000, 100_000_000)] {
        let records = records / scale as u64;
        let (mut plain, mut durable, mut commits) = (Vec::new(), Vec::new(), 0);
        for round in 0..=rounds {
            let (began, mut sum) = (Instant::now(), 0);
            sums!(records, keys).for_each(|pane| sum += pane.value).expect("nothing fails");
            let alone = began.elapsed();
            let (file, mut total) = (fresh("throughput"), Total::default());
            let began = Instant::now();
            let checkpoint = Checkpoint::at(&file).expect("it is a file").every(Duration::from_millis(100));
            let report = sums!(records, keys).checkpoint(checkpoint).run_exactly_once::<Infallible, _>(&mut total).expect("nothing fails");
            let kept = began.elapsed();
            assert_eq!((sum, total.sum), (records * (records - 1) / 2, sum));
            remove(&file);
            commits = report.commits;
            if round > 0 {
                plain.push(alone);
                durable.push(kept);
            }
        }
        let (plain, durable) = (median(plain), median(durable));
        let ratio = plain.as_secs_f64() / durable.as_secs_f64();
        let speed = |time: Duration| records as f64 / time.as_secs_f64() / 1e6;
        println!("| {keys} | {:.1} M/s | {:.1} M/s | {commits} | {ratio:.3} |", speed(plain), speed(durable));
    }
}

/// A commit after each micro-batch of a hundred records, against as many writes of a page that are synced.
fn strict(scale: usize, rounds: usize) {
    println!("| bare syncs a second | commits a second | of the disk |\n|---|---|---|");
    let records = 200_000 / scale as u64;
    let (mut bare, mut strict, mut commits) = (Vec::new(), Vec::new(), 0);
    for _ in 0..rounds {
        let (path, mut total) = (fresh("strict"), Total::default());
        let checkpoint = Checkpoint::at(&path).expect("it is a file").every(Duration::ZERO);
        let stream = Pipeline::stream(Numbers::to(records)).event_time(|n| Timestamp::from_micros(*n as i64));
        let stream = stream.window(Tumbling::of(Duration::from_micros(100))).key_by(|n| n % 10).trigger(Records::of(100));
        let began = Instant::now();
        let report = stream.integrator(Sum).checkpoint(checkpoint).run_exactly_once::<Infallible, _>(&mut total).expect("nothing fails");
        strict.push(began.elapsed());
        commits = report.commits;
        assert!(commits >= records / 4096, "{commits} commits");
        assert_eq!(total.sum, records * (records - 1) / 2);
        let mut file = File::create(&path).expect("the file can be made");
        let began = Instant::now();
        for at in 0..commits {
            file.seek(std::io::SeekFrom::Start(at % 16 * 4096)).expect("a file can be sought");
            file.write_all(&[at as u8; 4096]).expect("there is room");
            file.sync_data().expect("the disk takes it");
        }
        bare.push(began.elapsed());
        remove(&path);
    }
    let rate = |times| commits as f64 / median(times).as_secs_f64();
    let (bare, strict) = (rate(bare), rate(strict));
    println!("| {bare:.0} | {strict:.0} | {:.2} |", strict / bare);
}

/// Numbers that stop for so long that they are committed, and then cannot be read on; or that say when they are first read.
struct Stopping {
    numbers: Numbers,
    since: Option<Instant>,
    first: Arc<OnceLock<Instant>>,
}

/// Between commits.
const PERIOD: Duration = Duration::from_millis(500);

impl Source for Stopping {
    type Item = u64;
    type Error = BoxError;

    fn pull(&mut self, max: usize, inbox: &mut Inbox<u64>) -> Result<Pull, BoxError> {
        self.first.get_or_init(Instant::now);
        if self.numbers.at >= self.numbers.fails_at && self.since.get_or_insert_with(Instant::now).elapsed() < 4 * PERIOD {
            return Ok(Pull::Idle);
        }
        self.numbers.pull(max, inbox)
    }
}

impl Replay for Stopping {
    type Offset = u64;

    fn offset(&self) -> u64 {
        self.numbers.at
    }

    fn seek(&mut self, offset: u64) -> Result<(), BoxError> {
        self.numbers.seek(offset)
    }
}

/// Stops with many keys in an open window, and goes on: from the call to the first pull of the source.
fn restart(scale: usize, rounds: usize) {
    println!("| keys | state | file | restart |\n|---|---|---|---|");
    let keys = 7_000_000 / scale as u64;
    let file = fresh("restart");
    let first = Arc::new(OnceLock::new());
    let stream = |fails_at, first: &Arc<OnceLock<Instant>>| {
        let checkpoint = Checkpoint::at(&file).expect("it is a file").every(PERIOD);
        let log = Stopping { numbers: Numbers { fails_at, ..Numbers::to(keys + 1) }, since: None, first: first.clone() };
        let stream =
            Pipeline::stream(log).event_time(|n| Timestamp::from_micros(*n as i64)).window(Tumbling::of(Duration::from_secs(3600)));
        let keyed = stream.key_by(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 8).trigger(Records::of(65_536));
        keyed.integrator(Sum).checkpoint(checkpoint)
    };
    let mut total = Total::default();
    let stopped = stream(keys, &first).run_exactly_once::<Infallible, _>(&mut total);
    assert!(stopped.is_err() && total.sum == 0, "it does not stop");
    let (kept, mut times, state) = (std::fs::read(&file).expect("it is there"), Vec::new(), state_bytes(&file));
    for _ in 0..rounds {
        let (first, mut total) = (Arc::new(OnceLock::new()), Total::default());
        std::fs::write(&file, &kept).expect("there is room");
        forget_epoch(&file);
        let began = Instant::now();
        let report = stream(u64::MAX, &first).run_exactly_once::<Infallible, _>(&mut total).expect("nothing fails");
        times.push(*first.get().expect("it is read") - began);
        assert_eq!((report.records_in, total.sum), (1, keys * (keys + 1) / 2), "not all had been committed");
    }
    remove(&file);
    let (state, size) = (state as f64 / 1e6, kept.len() as f64 / 1e6);
    println!("| {keys} | {state:.1} MB | {size:.1} MB | {:.0} ms |", median(times).as_secs_f64() * 1e3);
}

/// The bytes of the state in a checkpoint's file.
fn state_bytes(file: &Path) -> usize {
    let pieces: TableDefinition<'_, &[u8], (u64, &[u8])> = TableDefinition::new("pieces");
    let database = Database::open(file).expect("it is whole");
    let pieces = database.begin_read().expect("it is whole").open_table(pieces).expect("it has pieces");
    pieces.iter().expect("they can be read").map(|piece| piece.expect("they can be read").1.value().1.len()).sum()
}
