//! The pipelines that are killed: a line each in `pipelines`.

use super::harness::{Killed, files};
use super::ledger::Log;
use microbatch::prelude::*;
use microbatch::{BoxError, Expire, StoreError};
use std::path::Path;
use std::time::Duration;

pub fn pipelines() -> Vec<Killed> {
    vec![
        Killed::new("tumbling", tumbling),
        Killed::new("sliding", sliding),
        Killed::new("sessions", sessions),
        Killed::new("stateful", stateful),
        Killed::new("two-stages", two_stages),
    ]
}

/// Where the state is kept, committed every so often.
pub fn checkpoint(folder: &Path, name: &str, every: Duration) -> Result<Checkpoint, StoreError> {
    Ok(Checkpoint::at(folder.join("state.redb"))?.every(every).name(name))
}

/// Bursts with pauses, and some records out of order.
fn time(n: &u64) -> Timestamp {
    Timestamp::from_millis((n / 50 * 1000 + n % 50 * 10 + n % 3 * 7) as i64)
}

macro_rules! timed {
    ($folder:expr, $records:expr, $every:expr, $name:expr) => {
        Pipeline::stream(Log::to($records))
            .trigger(Records::of(100))
            .checkpoint(checkpoint($folder, $name, $every)?)
            .event_time(time)
            .watermark(BoundedDisorder::of(Duration::from_millis(50)))
            .key_by(|n| n % 7)
    };
}

fn tumbling(folder: &Path, records: u64, every: Duration) -> Result<(), BoxError> {
    let windows = Tumbling::of(Duration::from_secs(5));
    timed!(folder, records, every, "tumbling").window(windows).integrator(Sum).run_exactly_once(files(folder)?)?;
    Ok(())
}

fn sliding(folder: &Path, records: u64, every: Duration) -> Result<(), BoxError> {
    let windows = Sliding::of(Duration::from_secs(10), Duration::from_secs(5));
    timed!(folder, records, every, "sliding").window(windows).integrator((Sum, Count)).run_exactly_once(files(folder)?)?;
    Ok(())
}

fn sessions(folder: &Path, records: u64, every: Duration) -> Result<(), BoxError> {
    let windows = Session::gap(Duration::from_millis(300));
    timed!(folder, records, every, "sessions").window(windows).integrator(Count).run_exactly_once(files(folder)?)?;
    Ok(())
}

/// Says some time after each record how many of its key there were by the time of the record: that depends on no cut.
struct Visits;
impl KeyedProcessor<u64, u64> for Visits {
    type State = (u64, Vec<i64>);
    type Out = u64;
    fn on_record(&self, _: &u64, (_, waiting): &mut Self::State, _: u64, context: &mut Context<u64>) {
        let due = context.time().map_or(0, |at| at.as_micros() + 300_000);
        waiting.push(due);
        context.timer(Timestamp::from_micros(due));
    }
    fn on_timer(&self, _: &u64, (count, waiting): &mut Self::State, at: Timestamp, context: &mut Context<u64>) {
        let waited = waiting.len();
        waiting.retain(|due| *due > at.as_micros());
        *count += (waited - waiting.len()) as u64;
        context.emit(*count);
    }
}

fn stateful(folder: &Path, records: u64, every: Duration) -> Result<(), BoxError> {
    let visits = timed!(folder, records, every, "stateful").stateful(Expire::after(Duration::from_secs(100), Visits));
    visits.window(Tumbling::of(Duration::from_secs(5))).integrator((Count, Max)).run_exactly_once(files(folder)?)?;
    Ok(())
}

fn two_stages(folder: &Path, records: u64, every: Duration) -> Result<(), BoxError> {
    let counts = timed!(folder, records, every, "two-stages").window(Tumbling::of(Duration::from_secs(5))).integrator(Count);
    counts.then().same_window().map(|pane| pane.value).integrator(Max).run_exactly_once(files(folder)?)?;
    Ok(())
}
