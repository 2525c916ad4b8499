//! A checkpoint that another process has open.
#![cfg(unix)]

#[path = "durable/folder.rs"]
mod folder;

use folder::Folder;
use microbatch::prelude::*;
use microbatch::{BoxError, Inbox, Pull};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// What the child is told.
const FOLDER: &str = "MICROBATCH_SECOND_FOLDER";

/// Says that it is read, and waits for its end.
struct Waiting {
    begun: PathBuf,
    time: Duration,
}

impl Source for Waiting {
    type Item = u64;
    type Error = std::io::Error;

    fn pull(&mut self, _: usize, _: &mut Inbox<u64>) -> Result<Pull, std::io::Error> {
        std::fs::write(&self.begun, "")?;
        std::thread::sleep(self.time);
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

fn run(folder: &Path, time: Duration) -> Result<(), RunError<std::convert::Infallible>> {
    let checkpoint = Checkpoint::at(folder.join("state.redb")).unwrap();
    let stream = Pipeline::stream(Waiting { begun: folder.join("begun"), time });
    stream.key_by(|n| n % 7).integrator(Sum).checkpoint(checkpoint).run_exactly_once(Nowhere).map(drop)
}

/// Not a test by itself: what the other one starts.
#[test]
fn child() {
    if let Ok(folder) = std::env::var(FOLDER) {
        run(Path::new(&folder), Duration::from_secs(30)).unwrap();
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
