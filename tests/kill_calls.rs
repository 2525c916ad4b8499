//! Exactly once across a death at each durable call of the system: `strace` kills the child process as it syncs, writes, renames, links for the n-th
//! time, for each n of an uninterrupted run, in the first run and in those that recover; or makes the call fail. What the sink holds in the end is
//! what an uninterrupted run leaves. Without `strace` on the machine nothing can be tried here, and the tests say so.
//!
//! `MICROBATCH_TIMES=n` for n times as many places: see `kill`.
#![cfg(target_os = "linux")]

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
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Records of the child's log: a few commits.
const RECORDS: u64 = 1_500;
const EVERY: Duration = Duration::ZERO;
/// Of each pipeline.
const KILLS: usize = 45;
const ROWS: usize = 5;
const FAILURES: usize = 12;
/// No run takes as long.
const LIMIT: Duration = Duration::from_secs(60);

/// What is durable, or comes before something that is; a question mark for those that not every machine has.
const CALLS: &str = "fsync,fdatasync,pwrite64,write,ftruncate,?rename,?renameat,?renameat2,?link,linkat,?unlink,unlinkat";

/// Those between a source and a sink of one's own, and of those between the ones that are built in two that write more than others.
fn pipelines() -> Vec<Killed> {
    let ends = ends::pipelines().into_iter().filter(|pipeline| ["lines", "spool"].contains(&pipeline.name));
    pipelines::pipelines().into_iter().chain(ends).collect()
}

/// The child: this test, called by the others.
#[test]
fn child() {
    harness::child(pipelines());
}

/// Whether calls can be traced here.
fn can_trace() -> bool {
    let tried = Command::new("strace").args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "true"]).status();
    let can = tried.is_ok_and(|status| status.success());
    if !can {
        println!("strace is not there or may not trace: skipped");
    }
    can
}

/// How often a thread makes each call in an uninterrupted run, at most.
fn calls(pipeline: Killed) -> Vec<(String, usize)> {
    let folder = Folder::in_memory();
    let log = folder.path().join("calls");
    let trace = format!("trace={CALLS}");
    let tracer = ["strace", "-f", "-qq", "-o", log.to_str().unwrap(), "-e", &trace];
    assert!(pipeline.command(&tracer, folder.path(), RECORDS, EVERY).status().unwrap().success());
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for line in std::fs::read_to_string(log).unwrap().lines() {
        let mut words = line.split_whitespace();
        if let (Some(thread), Some((call, _))) = (words.next(), words.next().and_then(|word| word.split_once('('))) {
            *counts.entry((call.to_string(), thread.to_string())).or_default() += 1;
        }
    }
    let mut most: BTreeMap<String, usize> = BTreeMap::new();
    for ((call, _), count) in counts {
        let entry = most.entry(call).or_default();
        *entry = count.max(*entry);
    }
    assert!(most.len() >= 6 && most["fdatasync"] > 5, "calls of {}: {most:?}", pipeline.name);
    most.into_iter().collect()
}

/// Each call by name and number, or as many of them, evenly.
fn places(calls: &[(String, usize)], count: usize) -> Vec<(&str, usize)> {
    let all: Vec<_> = calls.iter().flat_map(|(call, most)| (1..=*most).map(move |number| (call.as_str(), number))).collect();
    let count = count.min(all.len());
    (0..count).map(|place| all[place * all.len() / count]).collect()
}

/// Runs the child with something done to a call of it.
fn traced(pipeline: Killed, folder: &Path, call: &str, action: &str) -> Child {
    let (trace, inject) = (format!("trace={call}"), format!("inject={call}:{action}"));
    let tracer = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject];
    pipeline.command(&tracer, folder, RECORDS, EVERY).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for it to end; whether it did well, and what it said.
fn ended(mut child: Child, what: &str) -> (bool, String) {
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > LIMIT {
            let _ = child.kill();
            panic!("{what}: it hangs");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Runs to the end, and compares.
fn difference(pipeline: Killed, folder: &Path, whole: &[String], what: &str) -> Difference {
    let child = pipeline.command(&[], folder, RECORDS, EVERY).stderr(Stdio::piped()).spawn().unwrap();
    let (is_well, said) = ended(child, what);
    assert!(is_well, "{what}: it does not go on: {said}");
    let difference = Difference::between(whole, &pipeline.results(folder));
    assert_eq!(difference, Difference::default(), "{what}");
    difference
}

fn check_kills(pipeline: Killed) {
    let whole = pipeline.whole(&Folder::in_memory(), RECORDS, EVERY);
    let calls = calls(pipeline);
    let mut sum = Difference::default();
    let mut kills = 0;
    for (call, number) in places(&calls, KILLS * times()) {
        let (folder, what) = (Folder::in_memory(), format!("{}, killed at {call} {number}", pipeline.name));
        kills += usize::from(!ended(traced(pipeline, folder.path(), call, &format!("signal=KILL:when={number}")), &what).0);
        sum.add(&difference(pipeline, folder.path(), &whole, &what));
    }
    println!("{}: killed {kills} times at calls, {sum:?}", pipeline.name);
    assert!(kills * 10 > places(&calls, KILLS * times()).len() * 9, "{} is hardly killed: {kills}", pipeline.name);
}

#[test]
fn killed_at_each_durable_call() {
    if can_trace() {
        each(pipelines(), check_kills);
    }
}

fn check_rows(pipeline: Killed) {
    let whole = pipeline.whole(&Folder::in_memory(), RECORDS, EVERY);
    let calls = calls(pipeline);
    let first = places(&calls, ROWS * times());
    let (mut sum, mut kills) = (Difference::default(), 0);
    for (row, (call, number)) in first.into_iter().enumerate() {
        let (folder, what) = (Folder::in_memory(), format!("{}, row {row}", pipeline.name));
        let mut kill = |call: &str, number: usize| {
            kills += usize::from(!ended(traced(pipeline, folder.path(), call, &format!("signal=KILL:when={number}")), &what).0);
        };
        kill(call, number);
        // Soon, so that most of them come while the one before is recovered from.
        for again in 0..3 {
            let (call, most) = &calls[(row + again) % calls.len()];
            kill(call, 1 + (row * 7 + again * 3) % (*most).min(9));
        }
        sum.add(&difference(pipeline, folder.path(), &whole, &what));
    }
    println!("{}: killed {kills} times in rows, {sum:?}", pipeline.name);
    assert!(kills > ROWS * 2, "{} is hardly killed: {kills}", pipeline.name);
}

#[test]
fn killed_again_while_it_recovers() {
    if can_trace() {
        each(pipelines(), check_rows);
    }
}

fn check_failures(pipeline: Killed) {
    let whole = pipeline.whole(&Folder::in_memory(), RECORDS, EVERY);
    let mut calls = calls(pipeline);
    // The child writes to the terminal, too; and to remove a file that was linked elsewhere is of no consequence.
    calls.retain(|(call, _)| call != "write" && !call.starts_with("unlink"));
    let (mut sum, mut failed) = (Difference::default(), 0);
    for (error, said_so) in [("EIO", "os error 5"), ("ENOSPC", "os error 28")] {
        for (place, (call, number)) in places(&calls, FAILURES * times()).into_iter().enumerate() {
            // Once, or from there on.
            let when = if place % 2 == 0 { format!("{number}") } else { format!("{number}+") };
            let (folder, what) = (Folder::in_memory(), format!("{}, {error} at {call} {when}", pipeline.name));
            let (is_well, said) = ended(traced(pipeline, folder.path(), call, &format!("error={error}:when={when}")), &what);
            if !is_well {
                assert!(said.contains("error: ") && said.contains(said_so), "{what}: it is not said what is wrong: {said}");
                assert!(!said.contains("panicked"), "{what}: {said}");
                failed += 1;
            }
            sum.add(&difference(pipeline, folder.path(), &whole, &what));
        }
    }
    println!("{}: failed {failed} times at calls, {sum:?}", pipeline.name);
    assert!(failed > FAILURES, "{}: {failed} failures", pipeline.name);
}

#[test]
fn calls_that_fail_end_it_with_an_error_and_it_goes_on_from_there() {
    if can_trace() {
        each(pipelines(), check_failures);
    }
}
