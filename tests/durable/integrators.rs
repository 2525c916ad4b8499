//! What is folded so far is saved whichever of the crate's integrators folds it: also values that are kept as they are.

use super::folder::Folder;
use super::ledger::Log;
use microbatch::prelude::*;
use microbatch::{BoxError, Integrator, RunError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::fmt::Debug;
use std::path::Path;
use std::time::Duration;

const RECORDS: u64 = 1000;

/// Keeps the number of the last epoch it has with what its results look like.
#[derive(Default)]
struct Seen {
    epoch: u64,
    panes: Vec<String>,
}

impl<T: Debug> TransactionalSink<T> for &mut Seen {
    fn deliver(&mut self, epoch: &Epoch, results: Vec<T>) -> Result<(), BoxError> {
        if epoch.number > self.epoch {
            self.epoch = epoch.number;
            self.panes.extend(results.iter().map(|pane| format!("{pane:?}")));
        }
        Ok(())
    }
}

/// Windows that stay open over some commits.
fn run<I>(file: &Path, log: Log, integrator: I, seen: &mut Seen) -> Result<StreamProgress, RunError<Infallible>>
where
    I: Integrator<u64, State: Clone + Serialize + DeserializeOwned, Output: Serialize + DeserializeOwned + Send + Debug> + Send + Sync,
{
    Pipeline::stream(log)
        .event_time(|n| Timestamp::from_millis((n * 50) as i64))
        .window(Sliding::of(Duration::from_secs(4), Duration::from_secs(1)))
        .key_by(|n| n % 3)
        .map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40)
        .trigger(Records::of(7))
        .integrator(integrator)
        .checkpoint(Checkpoint::at(file).unwrap().every(Duration::ZERO).name("integrators"))
        .run_exactly_once(seen)
}

macro_rules! check {
    ($($integrator:expr),*) => { $({
        let folder = Folder::new();
        let mut whole = Seen::default();
        run(&folder.path().join("whole"), Log::to(RECORDS), $integrator, &mut whole).unwrap();
        assert!(whole.panes.len() > 100);
        let file = folder.path().join("state");
        let mut seen = Seen::default();
        for fails_at in (40..RECORDS).step_by(90) {
            let failed = run(&file, Log { fails_at: Some(fails_at), ..Log::to(RECORDS) }, $integrator, &mut seen);
            assert!(matches!(failed, Err(RunError::Source { .. })), "{failed:?}");
        }
        run(&file, Log::to(RECORDS), $integrator, &mut seen).unwrap();
        assert!(seen.panes == whole.panes, "{}", stringify!($integrator));
    })* };
}

#[test]
fn every_integrator_goes_on_after_a_restart() {
    check!(Collect, Sort, Sort::by_key(|n: &u64| n % 100), TopK::by_key(5, |n: &u64| n % 1000), Mean, (Mean, (Collect, Max)));
}
