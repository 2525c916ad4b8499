//! Sliding windows go on from each other, of which nothing is kept: after a restart they are made of their slices.

use super::folder::Folder;
use super::ledger::{Ledger, Log};
use microbatch::RunError;
use microbatch::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;

const RECORDS: u64 = 1000;

/// The greatest number, which cannot be taken out again.
struct Greatest;

impl Integrator<u64> for Greatest {
    type State = u64;
    type Output = u64;

    fn exact(&self) -> bool {
        true
    }

    fn init(&self) -> u64 {
        0
    }

    fn fold(&self, state: &mut u64, value: u64) {
        self.merge(state, value);
    }

    fn merge(&self, state: &mut u64, other: u64) {
        *state = other.max(*state);
    }

    fn finish(&self, state: u64) -> u64 {
        state
    }
}

/// Windows of two seconds each tenth of one, over ten records a second, some of which come late.
fn run<I>(file: &Path, log: Log, integrator: I, ledger: &mut Ledger) -> Result<StreamProgress, RunError<Infallible>>
where
    I: Integrator<u64, State: Clone + Serialize + DeserializeOwned, Output = u64> + Send + Sync,
{
    Pipeline::stream(log)
        .event_time(|n| Timestamp::from_millis((*n * 50 - n % 7 * 40) as i64))
        .watermark(BoundedDisorder::of(Duration::from_millis(100)))
        .window(Sliding::of(Duration::from_secs(2), Duration::from_millis(100)))
        .key_by(|n| n % 13)
        .map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40)
        .trigger(Records::of(7))
        .integrator(integrator)
        .checkpoint(Checkpoint::at(file).unwrap().every(Duration::ZERO).name("rolling"))
        .run_exactly_once(ledger)
}

macro_rules! check {
    ($integrator:expr) => {{
        let folder = Folder::new();
        let mut whole = Ledger::default();
        run(&folder.path().join("whole"), Log::to(RECORDS), $integrator, &mut whole).unwrap();
        assert!(whole.results.len() > 5000);
        let file = folder.path().join("state");
        let mut ledger = Ledger::default();
        for fails_at in (60..RECORDS).step_by(90) {
            let failed = run(&file, Log { fails_at: Some(fails_at), ..Log::to(RECORDS) }, $integrator, &mut ledger);
            assert!(matches!(failed, Err(RunError::Source { .. })), "{failed:?}");
        }
        run(&file, Log::to(RECORDS), $integrator, &mut ledger).unwrap();
        assert_eq!(ledger.results, whole.results);
    }};
}

#[test]
fn sliding_windows_go_on_after_a_restart() {
    check!(Sum);
    check!(Greatest);
}
