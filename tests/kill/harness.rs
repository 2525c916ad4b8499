//! A child process that runs a pipeline, and what its sink holds.

use super::folder::Folder;
use microbatch::BoxError;
use microbatch::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// What the child is told: where, what, how many records, and the milliseconds from commit to commit.
const FOLDER: &str = "MICROBATCH_KILL_FOLDER";
const KIND: &str = "MICROBATCH_KILL_KIND";
const RECORDS: &str = "MICROBATCH_KILL_RECORDS";
const EVERY: &str = "MICROBATCH_KILL_EVERY";

/// A pipeline that is killed.
#[derive(Clone, Copy)]
pub struct Killed {
    pub name: &'static str,
    run: fn(&Path, u64, Duration) -> Result<(), BoxError>,
    results: fn(&Path) -> Vec<String>,
}

impl Killed {
    /// One that runs in a folder over so many records, committing so often, into `files`.
    pub fn new(name: &'static str, run: fn(&Path, u64, Duration) -> Result<(), BoxError>) -> Self {
        Killed { name, run, results: lines }
    }

    /// How the results are read where its sink is another.
    #[allow(dead_code)]
    pub fn reading(self, results: fn(&Path) -> Vec<String>) -> Self {
        Killed { results, ..self }
    }

    /// All results in a folder, in the order of the epochs.
    pub fn results(&self, folder: &Path) -> Vec<String> {
        (self.results)(folder)
    }

    /// The command that runs it, put before by another one, such as a tracer.
    pub fn command(&self, before: &[&str], folder: &Path, records: u64, every: Duration) -> Command {
        let this = std::env::current_exe().unwrap().into_os_string().into_string().unwrap();
        let words = [before, &[&this, "--exact", "child", "--nocapture"]].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).env("RUST_BACKTRACE", "0").stdin(Stdio::null()).stdout(Stdio::null());
        command.env(FOLDER, folder).env(KIND, self.name);
        command.env(RECORDS, records.to_string()).env(EVERY, every.as_millis().to_string());
        command
    }

    /// What an uninterrupted run leaves.
    pub fn whole(&self, folder: &Folder, records: u64, every: Duration) -> Vec<String> {
        let ended = self.command(&[], folder.path(), records, every).status().unwrap();
        assert!(ended.success(), "{} does not run", self.name);
        let whole = self.results(folder.path());
        assert!(whole.len() as u64 > records / 400, "{} has few results: {}", self.name, whole.len());
        whole
    }
}

/// The child's part: it runs one of these.
pub fn child(pipelines: Vec<Killed>) {
    let told = |name| std::env::var(name).ok();
    let (Some(folder), Some(kind)) = (told(FOLDER), told(KIND)) else { return };
    let number = |name| told(name).and_then(|number| number.parse().ok()).expect("the parent says it");
    let pipeline = pipelines.into_iter().find(|pipeline| pipeline.name == kind).expect("it is one of the list");
    if let Err(error) = (pipeline.run)(Path::new(&folder), number(RECORDS), Duration::from_millis(number(EVERY))) {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

/// A file an epoch, moved into place whole.
pub struct Files(PathBuf);

pub fn files(folder: &Path) -> Result<Files, BoxError> {
    let results = folder.join("results");
    std::fs::create_dir_all(&results)?;
    Ok(Files(results))
}

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

/// The lines of the files of a folder, in the order of the epochs; no file is half.
fn lines(folder: &Path) -> Vec<String> {
    let mut files: Vec<_> = std::fs::read_dir(folder.join("results")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    files.iter().flat_map(|path| std::fs::read_to_string(path).unwrap().lines().map(String::from).collect::<Vec<_>>()).collect()
}

/// How what a sink holds differs from what is right.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference {
    lost: usize,
    duplicated: usize,
    reordered: usize,
}

impl Difference {
    pub fn between(whole: &[String], found: &[String]) -> Self {
        let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
        whole.iter().for_each(|line| *counts.entry(line).or_default() += 1);
        found.iter().for_each(|line| *counts.entry(line).or_default() -= 1);
        let (lost, duplicated) = counts.values().fold((0, 0), |(lost, more), count| (lost + (*count).max(0), more + (-*count).max(0)));
        let moved = whole.iter().zip(found).filter(|(right, line)| right != line).count();
        // Where one is missing or too many, all that follow lie elsewhere.
        let reordered = if lost == 0 && duplicated == 0 { moved } else { 0 };
        Difference { lost: lost as usize, duplicated: duplicated as usize, reordered }
    }

    #[allow(dead_code)]
    pub fn add(&mut self, other: &Difference) {
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.reordered += other.reordered;
    }
}

/// How many times as much is asked for.
pub fn times() -> usize {
    std::env::var("MICROBATCH_TIMES").ok().and_then(|times| times.parse().ok()).unwrap_or(1)
}

/// Tries each of these, on a thread of its own.
pub fn each(pipelines: Vec<Killed>, check: impl Fn(Killed) + Sync) {
    std::thread::scope(|scope| {
        for pipeline in pipelines {
            let check = &check;
            scope.spawn(move || check(pipeline));
        }
    });
}
