//! A file that is synced is lost all the same if the machine stops and its name was not: the folder that the name is in is to be synced, too. `strace`
//! looks on while a process makes a checkpoint, the segments of a spool, epochs and their manifest. Without `strace` on the machine
//! nothing can be tried here, and the test says so.
#![cfg(target_os = "linux")]

#[path = "durable/folder.rs"]
mod folder;

use folder::Folder;
use microbatch::prelude::*;
use microbatch::{BoxError, EpochFiles, Spool};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// What the child is told.
const FOLDER: &str = "MICROBATCH_NAMES_FOLDER";
/// What makes names, and what makes them safe.
const CALLS: &str = "?mkdir,mkdirat,?open,openat,?rename,?renameat,renameat2,?link,linkat,fsync,fdatasync";

/// The child: many segments, epochs and commits, in folders that are not there.
#[test]
fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    run(Path::new(&folder)).unwrap();
}

fn run(folder: &Path) -> Result<(), BoxError> {
    let (sender, source) = Spool::at(folder.join("in/spool")).segment(500).open::<u64>()?;
    let producer = std::thread::spawn(move || (0..100).try_for_each(|n| sender.send(&n)));
    let sink = EpochFiles::in_folder(folder.join("out/results"), |pane: &Pane<u64, u64>| pane.value.to_string())?;
    let stream = Pipeline::stream(source).trigger(Records::of(10)).key_by(|n| n % 3).mode(Mode::Update).integrator(Sum);
    stream.checkpoint(Checkpoint::at(folder.join("state.redb"))?.every(Duration::ZERO)).run_exactly_once(sink)?;
    producer.join().unwrap()?;
    Ok(())
}

/// A call that has come back well: of which thread, and the paths in it.
struct Call {
    thread: String,
    name: String,
    paths: Vec<PathBuf>,
    text: String,
}

/// The calls of a trace in the order in which they came back.
fn calls(trace: &str) -> Vec<Call> {
    let mut begun: BTreeMap<String, String> = BTreeMap::new();
    let mut calls = Vec::new();
    for line in trace.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(start) = rest.strip_suffix("<unfinished ...>") {
            begun.insert(thread.to_string(), start.to_string());
            continue;
        }
        let text = match rest.strip_prefix("<... ").and_then(|rest| rest.split_once("resumed>")) {
            Some((_, end)) => begun.remove(thread).unwrap_or_default() + end,
            None => rest.to_string(),
        };
        let Some((name, arguments)) = text.split_once('(') else { continue };
        if text.contains(" = -1 ") {
            continue;
        }
        // Names are in quotes; descriptors have the paths of their files in angle brackets.
        let quoted = arguments.split('"').skip(1).step_by(2).map(PathBuf::from);
        let opened = arguments.split('<').skip(1).filter_map(|rest| Some(PathBuf::from(rest.split_once('>')?.0)));
        let paths = if name.ends_with("sync") { opened.collect() } else { quoted.collect() };
        calls.push(Call { thread: thread.to_string(), name: name.to_string(), paths, text: text.clone() });
    }
    calls
}

/// The name that a call makes, if losing it is losing what was synced.
fn made(call: &Call, known: &mut Vec<PathBuf>) -> Option<PathBuf> {
    let path = call.paths.last()?.clone();
    let is_made = match &*call.name {
        "open" | "openat" => call.text.contains("O_CREAT"),
        name => !name.ends_with("sync"),
    };
    let name = path.file_name()?.to_str()?;
    let is_durable = call.name.starts_with("mkdir") || [".spool", ".txt", ".manifest", ".redb"].iter().any(|end| name.ends_with(end));
    if !is_made || !is_durable || known.contains(&path) {
        return None;
    }
    known.push(path.clone());
    Some(path)
}

#[test]
fn the_folder_of_each_new_name_is_synced() {
    let folder = Folder::new();
    let log = folder.path().join("trace");
    let this = std::env::current_exe().unwrap();
    let mut tracer = Command::new("strace");
    tracer.args(["-f", "-y", "-s", "4096", "-o"]).arg(&log).arg("-e").arg(format!("trace={CALLS}")).arg(this);
    tracer.args(["--exact", "child"]).env(FOLDER, folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
    let Ok(ended) = tracer.status() else { return println!("strace is not there: skipped") };
    let trace = std::fs::read_to_string(&log).unwrap_or_default();
    if !ended.success() && !trace.contains("openat") {
        return println!("strace may not trace: skipped");
    }
    assert!(ended.success(), "the child fails");
    let calls = calls(&trace);
    let (mut known, mut counts) = (Vec::new(), BTreeMap::new());
    for (at, call) in calls.iter().enumerate() {
        let is_ours = call.paths.last().is_some_and(|path| path.starts_with(folder.path()));
        let Some(path) = made(call, &mut known).filter(|_| is_ours) else { continue };
        // Whoever makes it syncs the folder next, but for the file itself.
        let mut synced = calls[at + 1..].iter().filter(|next| next.thread == call.thread && next.name.ends_with("sync"));
        let next = synced.find(|next| next.paths != [path.clone()]);
        let is_safe = next.is_some_and(|next| next.paths == [path.parent().unwrap()]);
        assert!(is_safe, "{}: what is synced next is {:?}, after {}", path.display(), next.map(|next| &next.text), call.text);
        *counts.entry(path.extension().map_or("folders".into(), |end| end.to_string_lossy().into_owned())).or_insert(0) += 1;
    }
    println!("{counts:?}");
    assert!(counts["folders"] == 4 && counts["redb"] == 1 && counts["manifest"] == 1, "{counts:?}");
    assert!(counts["spool"] > 3 && counts["txt"] > 3, "{counts:?}");
}
