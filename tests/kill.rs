//! Exactly once across `kill -9`: a child process runs a durable stream and is killed at random moments, again and again, until it comes to its
//! end; what its sink holds then is what an uninterrupted run leaves. `MICROBATCH_TIMES=n` for n times as many kills.
#![cfg(unix)]

#[path = "kill/ends.rs"]
mod ends;
#[path = "durable/folder.rs"]
mod folder;
#[path = "durable/ledger.rs"]
mod ledger;

use folder::Folder;
use ledger::Log;
use microbatch::prelude::*;
use microbatch::{BoxError, Expire};
use std::fmt::Debug;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Records of the child's log.
const RECORDS: u64 = 20_000;
/// Kills of each pipeline.
const KILLS: usize = 40;
/// What the child is told.
const FOLDER: &str = "MICROBATCH_KILL_FOLDER";
const KIND: &str = "MICROBATCH_KILL_KIND";

/// A file an epoch, moved into place whole.
struct Files(PathBuf);

impl<T: Debug + Send> TransactionalSink<T> for Files {
    fn deliver(&mut self, epoch: &Epoch, results: Vec<T>) -> Result<(), BoxError> {
        let place = self.0.join(format!("{:08}.txt", epoch.number));
        if place.exists() {
            return Ok(());
        }
        let beside = place.with_extension("part");
        let mut file = std::fs::File::create(&beside)?;
        results.iter().try_for_each(|result| writeln!(file, "{result:?}"))?;
        file.sync_all()?;
        std::fs::rename(&beside, &place)?;
        Ok(())
    }
}

/// Counts a key's records, and says some time after each how many there are by then.
struct Visits;
impl KeyedProcessor<u64, u64> for Visits {
    type State = u64;
    type Out = u64;
    fn on_record(&self, _: &u64, count: &mut u64, _: u64, context: &mut Context<u64>) {
        *count += 1;
        context.timer(Timestamp::from_micros(context.time().map_or(0, |at| at.as_micros() + 300_000)));
    }
    fn on_timer(&self, _: &u64, count: &mut u64, _: Timestamp, context: &mut Context<u64>) {
        context.emit(*count);
    }
}

/// Runs a pipeline of this kind in a folder, to its end.
fn run(kind: &str, folder: &Path) {
    if ends::run(kind, folder) {
        return;
    }
    let checkpoint = Checkpoint::at(folder.join("state.redb")).unwrap().every(Duration::from_millis(3)).name(kind);
    let sink = Files(folder.join("results"));
    std::fs::create_dir_all(&sink.0).unwrap();
    let stream = Pipeline::stream(Log::to(RECORDS)).trigger(Records::of(100)).checkpoint(checkpoint);
    // Bursts with pauses, and some records out of order.
    let timed = stream.event_time(|n| Timestamp::from_millis((n / 50 * 1000 + n % 50 * 10 + n % 3 * 7) as i64));
    let timed = timed.watermark(BoundedDisorder::of(Duration::from_millis(50))).key_by(|n| n % 7);
    match kind {
        "tumbling" => timed.window(Tumbling::of(Duration::from_secs(5))).integrator(Sum).run_exactly_once(sink).map(drop).unwrap(),
        "sliding" => {
            let windows = Sliding::of(Duration::from_secs(10), Duration::from_secs(5));
            timed.window(windows).integrator((Sum, Count)).run_exactly_once(sink).map(drop).unwrap();
        }
        "sessions" => timed.window(Session::gap(Duration::from_millis(300))).integrator(Count).run_exactly_once(sink).map(drop).unwrap(),
        "stateful" => {
            let visits = timed.stateful(Expire::after(Duration::from_secs(100), Visits));
            visits.window(Tumbling::of(Duration::from_secs(5))).integrator((Count, Max)).run_exactly_once(sink).map(drop).unwrap();
        }
        "two stages" => {
            let counts = timed.window(Tumbling::of(Duration::from_secs(5))).integrator(Count);
            counts.then().same_window().map(|pane| pane.value).integrator(Max).run_exactly_once(sink).map(drop).unwrap();
        }
        _ => panic!("no such pipeline: {kind}"),
    }
}

/// The child: this test, called by `check`.
#[test]
fn child() {
    if let (Ok(folder), Ok(kind)) = (std::env::var(FOLDER), std::env::var(KIND)) {
        run(&kind, Path::new(&folder));
    }
}

fn start(kind: &str, folder: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "child", "--nocapture"]).env(FOLDER, folder).env(KIND, kind);
    child.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap()
}

/// All results, in the order of the epochs; no file is half.
fn results(folder: &Path) -> Vec<String> {
    let mut files: Vec<_> = std::fs::read_dir(folder.join("results")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    files.iter().flat_map(|path| std::fs::read_to_string(path).unwrap().lines().map(String::from).collect::<Vec<_>>()).collect()
}

fn check(kind: &str) {
    check_with(kind, results);
}

/// The same, of results that are read this way.
fn check_with(kind: &str, results: fn(&Path) -> Vec<String>) {
    let (whole, killed) = (Folder::new(), Folder::new());
    let began = Instant::now();
    assert!(start(kind, whole.path()).wait().unwrap().success(), "{kind} does not run");
    let alone = began.elapsed();
    let times: usize = std::env::var("MICROBATCH_TIMES").ok().and_then(|times| times.parse().ok()).unwrap_or(1);
    let mut random = 12_345u64;
    for kill in 0..KILLS * times {
        let mut child = start(kind, killed.path());
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // Two of four come soon, while it recovers from the one before: three in a row.
        let longest = if kill % 4 < 2 { 0.4 } else { 0.05 };
        std::thread::sleep(alone.mul_f64((random >> 33) as f64 / 2f64.powi(31) * longest));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(start(kind, killed.path()).wait().unwrap().success(), "{kind} does not come to its end");
    let (whole, killed) = (results(whole.path()), results(killed.path()));
    let lost = whole.iter().filter(|line| !killed.contains(line)).count();
    assert!(whole == killed, "{kind}: {lost} of {} lost, {} in all", whole.len(), killed.len());
    assert!(whole.len() > 50, "{kind} has few results: {}", whole.len());
}

#[test]
fn tumbling_windows() {
    check("tumbling");
}

#[test]
fn sliding_windows() {
    check("sliding");
}

#[test]
fn sessions() {
    check("sessions");
}

#[test]
fn state_by_key_with_timers() {
    check("stateful");
}

#[test]
fn two_stages() {
    check("two stages");
}
