//! Small runs, each on a disk of its own.

use super::log::{Ledger, Log};
use crate::data::{StreamProgress, Timestamp};
use crate::error::RunError;
use crate::integrate::{Count, Max, Sum};
use crate::pipeline::Pipeline;
use crate::process::Expire;
use crate::stage::{Context, KeyedProcessor};
use crate::store::disk::Disk;
use crate::store::{Checkpoint, StoreError};
use crate::trigger::Records;
use crate::watermark::BoundedDisorder;
use crate::window::{Session, Tumbling};
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub(crate) type Ended = Result<StreamProgress, RunError<Infallible>>;

/// Records of a run.
pub(crate) const RECORDS: u64 = 60;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Tumbling,
    Stateful,
    Sessions,
}

pub(crate) const KINDS: [Kind; 3] = [Kind::Tumbling, Kind::Stateful, Kind::Sessions];

/// Says some time after each record how many of its key there were by the time of the record: that depends on no cut.
struct Visits;
impl KeyedProcessor<u64, u64> for Visits {
    type State = Vec<i64>;
    type Out = usize;
    fn on_record(&self, _: &u64, times: &mut Vec<i64>, _: u64, context: &mut Context<usize>) {
        let time = context.time().map_or(0, Timestamp::as_micros);
        times.push(time);
        context.timer(Timestamp::from_micros(time + 300_000));
    }
    fn on_timer(&self, _: &u64, times: &mut Vec<i64>, at: Timestamp, context: &mut Context<usize>) {
        context.emit(times.iter().filter(|time| **time + 300_000 <= at.as_micros()).count());
    }
}

/// Runs a pipeline to its end, over the checkpoint on a disk, in micro-batches of so many records.
pub(crate) fn run(kind: Kind, disk: &Disk, ledger: &mut Ledger, records: usize) -> Ended {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let path = PathBuf::from(format!("disk-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
    disk.mount(&path);
    let ended = catch_unwind(AssertUnwindSafe(|| run_at(kind, path.clone(), ledger, records)));
    Disk::unmount(&path);
    ended.expect("no fault of a disk makes a stream panic")
}

fn run_at(kind: Kind, path: PathBuf, ledger: &mut Ledger, records: usize) -> Ended {
    let checkpoint = Checkpoint::at(path).expect("it is the name of a file").every(Duration::ZERO);
    let stream = Pipeline::stream(Log::to(RECORDS)).trigger(Records::of(records)).checkpoint(checkpoint);
    // Bursts with pauses, and some records out of order.
    let timed = stream.event_time(|n| Timestamp::from_millis((n / 10 * 1000 + n % 10 * 50 + n % 3 * 60) as i64));
    let timed = timed.watermark(BoundedDisorder::of(Duration::from_millis(120))).key_by(|n| n % 3);
    match kind {
        Kind::Tumbling => timed.window(Tumbling::of(Duration::from_secs(1))).integrator((Sum, Count)).run_exactly_once(ledger),
        Kind::Sessions => timed.window(Session::gap(Duration::from_millis(300))).integrator(Sum).run_exactly_once(ledger),
        Kind::Stateful => {
            let visits = timed.stateful(Expire::after(Duration::from_secs(100), Visits));
            visits.window(Tumbling::of(Duration::from_secs(1))).integrator((Count, Max)).run_exactly_once(ledger)
        }
    }
}

/// The bytes of a checkpoint that nothing has been committed to, as a disk has them before the first run.
pub(crate) fn blank() -> Vec<u8> {
    let disk = Disk::default();
    drop(redb::Database::builder().create_with_backend(disk.clone()).expect("a disk that does not fail"));
    disk.after(crate::store::disk::Crash::LosesAll)
}

/// What an uninterrupted run leaves, and how many operations it takes.
pub(crate) fn uninterrupted(kind: Kind, blank: &[u8]) -> (Vec<String>, u64) {
    let (disk, mut ledger) = (Disk::of(blank.to_vec()), Ledger::default());
    run(kind, &disk, &mut ledger, 7).expect("a disk that does not fail");
    assert!(ledger.epochs.len() > 3, "{kind:?}: {} epochs with results", ledger.epochs.len());
    (ledger.lines(), disk.operations())
}

/// Runs on over what is left, cut in another way, and comes to the same.
pub(crate) fn recovers(kind: Kind, left: Vec<u8>, ledger: &mut Ledger, whole: &[String], what: &str) {
    ledger.disk = Disk::of(left);
    let disk = ledger.disk.clone();
    if let Err(error) = run(kind, &disk, ledger, 11) {
        panic!("{what}: cannot go on: {error}");
    }
    assert_eq!(ledger.changed, None, "{what}: an epoch came again with other results");
    let lines = ledger.lines();
    let first = lines.iter().zip(whole).position(|(line, right)| line != right);
    assert!(lines == whole, "{what}: {} results where {} are right, the first that differs is {first:?}", lines.len(), whole.len());
}

/// The store is at fault, and says so.
pub(crate) fn blames_the_store(ended: &Ended, what: &str) {
    match ended {
        Err(RunError::Store { cause }) => assert!(cause.downcast_ref::<StoreError>().is_some(), "{what}: {cause}"),
        Err(error) => panic!("{what}: {error}"),
        Ok(_) => panic!("{what}: the run does not end"),
    }
}
