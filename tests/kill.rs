//! Exactly once across `kill -9`: a child process runs a durable stream and is killed at random moments, again and again, until it comes to its
//! end; what its sink holds then is what an uninterrupted run leaves. `kill_calls` kills at each durable call of the system instead.
//!
//! Both together kill about 500 times, and with `MICROBATCH_TIMES=n` n times as often: 10,000 kills are
//! `MICROBATCH_TIMES=20 cargo test --release --all-features --test kill --test kill_calls -- --nocapture`.
#![cfg(unix)]

#[path = "kill/ends.rs"]
mod ends;
#[path = "durable/few.rs"]
mod few;
#[path = "durable/folder.rs"]
mod folder;
#[path = "kill/harness.rs"]
mod harness;
#[path = "durable/ledger.rs"]
mod ledger;
#[path = "kill/pipelines.rs"]
mod pipelines;

use folder::Folder;
use harness::{Difference, Killed, each, times};
use std::time::{Duration, Instant};

/// Records of the child's log.
const RECORDS: u64 = 20_000;
/// Kills of each pipeline.
const KILLS: usize = 40;
const EVERY: Duration = Duration::from_millis(3);

/// All there are: those between a source and a sink of one's own, and those between the ones that are built in.
fn pipelines() -> Vec<Killed> {
    [pipelines::pipelines(), ends::pipelines()].concat()
}

/// The child: this test, called by the others.
#[test]
fn child() {
    harness::child(pipelines());
}

fn check(pipeline: Killed) {
    let (undisturbed, killed) = (Folder::new(), Folder::new());
    let began = Instant::now();
    let whole = pipeline.whole(&undisturbed, RECORDS, EVERY);
    let alone = began.elapsed();
    let mut random = 12_345u64;
    for kill in 0..KILLS * times() {
        let mut child = pipeline.command(&[], killed.path(), RECORDS, EVERY).spawn().unwrap();
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // Two of four come soon, while it recovers from the one before: three in a row.
        let longest = if kill % 4 < 2 { 0.4 } else { 0.05 };
        std::thread::sleep(alone.mul_f64((random >> 33) as f64 / 2f64.powi(31) * longest));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(pipeline.command(&[], killed.path(), RECORDS, EVERY).status().unwrap().success(), "{} does not come to its end", pipeline.name);
    let difference = Difference::between(&whole, &pipeline.results(killed.path()));
    println!("{}: killed {} times, {difference:?}", pipeline.name, KILLS * times());
    assert_eq!(difference, Difference::default(), "{}", pipeline.name);
}

#[test]
fn killed_at_random_moments() {
    each(pipelines(), check);
}
