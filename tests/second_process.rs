//! A checkpoint that another process has open.
#![cfg(unix)]

#[path = "durable/folder.rs"]
mod folder;

use folder::Folder;
use microbatch::prelude::*;
use microbatch::{BoxError, Inbox, Pull, StoreError};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What the child is told: the folder, and whether others start at the same time.
const FOLDER: &str = "MICROBATCH_SECOND_FOLDER";
const RACES: &str = "MICROBATCH_SECOND_RACES";
/// How a child ends that was refused, as another one has the checkpoint.
const REFUSED: i32 = 3;
/// No child takes as long.
const LIMIT: Duration = Duration::from_secs(60);

/// Says that it is read, and waits for so long, or until there is a file.
struct Waiting {
    begun: PathBuf,
    time: Duration,
    until: Option<PathBuf>,
}

impl Source for Waiting {
    type Item = u64;
    type Error = std::io::Error;

    fn pull(&mut self, _: usize, _: &mut Inbox<u64>) -> Result<Pull, std::io::Error> {
        std::fs::write(&self.begun, "")?;
        match &self.until {
            Some(file) => wait_for(file),
            None => std::thread::sleep(self.time),
        }
        Ok(Pull::End)
    }
}

impl Replay for Waiting {
    type Offset = u64;

    fn offset(&self) -> u64 {
        0
    }

    fn seek(&mut self, _: u64) -> Result<(), std::io::Error> {
        Ok(())
    }
}

struct Nowhere;

impl<T: Send> TransactionalSink<T> for Nowhere {
    fn deliver(&mut self, _: &Epoch, _: Vec<T>) -> Result<(), BoxError> {
        Ok(())
    }
}

fn wait_for(file: &Path) {
    let began = Instant::now();
    while !file.exists() {
        assert!(began.elapsed() < LIMIT, "{} does not come", file.display());
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn run(folder: &Path, time: Duration) -> Result<(), RunError<std::convert::Infallible>> {
    run_from(folder, Waiting { begun: folder.join("begun"), time, until: None })
}

fn run_from(folder: &Path, source: Waiting) -> Result<(), RunError<std::convert::Infallible>> {
    let checkpoint = Checkpoint::at(folder.join("state.redb")).unwrap();
    let stream = Pipeline::stream(source);
    stream.key_by(|n| n % 7).integrator(Sum).checkpoint(checkpoint).run_exactly_once(Nowhere).map(drop)
}

/// Not a test by itself: what the others start.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    if std::env::var_os(RACES).is_none() {
        return run(&folder, Duration::from_secs(30)).unwrap();
    }
    std::fs::write(folder.join(format!("{}.ready", std::process::id())), "").unwrap();
    wait_for(&folder.join("go"));
    let begun = folder.join(format!("{}.begun", std::process::id()));
    match run_from(&folder, Waiting { begun, time: LIMIT, until: Some(folder.join("end")) }) {
        Ok(()) => {}
        Err(RunError::Store { cause }) if cause.downcast_ref::<StoreError>().is_some_and(StoreError::is_locked) => {
            std::process::exit(REFUSED)
        }
        Err(error) => panic!("{error}"),
    }
}

/// The first process is named, and when it is killed its lock is gone.
#[test]
fn a_second_process_is_refused_by_the_name_of_the_first() {
    let folder = Folder::new();
    let mut child = Command::new(std::env::current_exe().unwrap());
    let mut child = child.args(["--exact", "child"]).env(FOLDER, folder.path()).spawn().unwrap();
    let began = Instant::now();
    while !folder.path().join("begun").exists() {
        assert!(began.elapsed() < Duration::from_secs(20), "the child does not begin");
        std::thread::sleep(Duration::from_millis(5));
    }
    let refused = run(folder.path(), Duration::ZERO).unwrap_err().to_string();
    assert!(refused.contains(&format!("in process {}:", child.id())), "{refused}");
    child.kill().unwrap();
    child.wait().unwrap();
    run(folder.path(), Duration::ZERO).unwrap();
}

/// How many files of a folder have names that end like this.
fn count(folder: &Path, end: &str) -> usize {
    std::fs::read_dir(folder).unwrap().filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(end)).count()
}

/// They start at once, on a checkpoint that is not there, or is: one has it, and holds it until all others are refused.
#[test]
fn of_processes_that_start_at_once_one_has_the_checkpoint() {
    const PROCESSES: usize = 4;
    for round in 0..20 {
        let folder = Folder::new();
        if round % 2 == 1 {
            run(folder.path(), Duration::ZERO).unwrap();
        }
        let start = || {
            let mut child = Command::new(std::env::current_exe().unwrap());
            child.args(["--exact", "child"]).env(FOLDER, folder.path()).env(RACES, "").stdout(Stdio::null()).spawn().unwrap()
        };
        let mut children: Vec<_> = (0..PROCESSES).map(|_| start()).collect();
        let began = Instant::now();
        let wait = |what: &str, is_there: &mut dyn FnMut() -> bool| {
            while !is_there() {
                assert!(began.elapsed() < LIMIT, "round {round}: {what}");
                std::thread::sleep(Duration::from_millis(1));
            }
        };
        wait("they are not ready", &mut || count(folder.path(), ".ready") == PROCESSES);
        std::fs::write(folder.path().join("go"), "").unwrap();
        let ended = |children: &mut Vec<std::process::Child>| children.iter_mut().filter_map(|child| child.try_wait().unwrap()).count();
        wait("the others are not refused", &mut || ended(&mut children) == PROCESSES - 1);
        wait("none begins", &mut || count(folder.path(), ".begun") > 0);
        std::fs::write(folder.path().join("end"), "").unwrap();
        let mut codes: Vec<_> = children.iter_mut().map(|child| child.wait().unwrap().code()).collect();
        codes.sort();
        assert_eq!(codes, [Some(0), Some(REFUSED), Some(REFUSED), Some(REFUSED)], "round {round}");
        assert_eq!(count(folder.path(), ".begun"), 1, "round {round}");
        // Nothing is left of those that made a file beside its place in vain.
        assert_eq!(count(folder.path(), ".new"), 0, "round {round}");
    }
}
