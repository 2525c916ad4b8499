//! Call site 14 of the contract: types only, the skeleton saves nothing.
mod records;
use microbatch::prelude::*;
use records::*;
use std::io;
use std::time::Duration;

type Failure = Box<dyn std::error::Error>;

/// A replayable source.
struct Log { records: Vec<Reading>, at: usize }
impl Source for Log {
    type Item = Reading;
    type Error = io::Error;
    fn pull(&mut self, max: usize, inbox: &mut Inbox<Reading>) -> Result<Pull, io::Error> {
        let end = (self.at + max).min(self.records.len());
        for r in &self.records[self.at..end] { inbox.push(r.clone()) }
        self.at = end;
        Ok(if end == self.records.len() { Pull::End } else { Pull::Ready })
    }
}
impl Replay for Log {
    type Offset = usize;
    fn offset(&self) -> usize { self.at }
    fn seek(&mut self, offset: usize) -> Result<(), io::Error> { self.at = offset; Ok(()) }
}
/// Keeps the number of the last epoch it took.
struct Ledger<'l> { epoch: u64, total: &'l mut i64 }
impl TransactionalSink<Pane<u32, i64>> for Ledger<'_> {
    fn deliver(&mut self, epoch: &Epoch, results: Vec<Pane<u32, i64>>) -> Result<(), microbatch::BoxError> {
        if epoch.number <= self.epoch { return Ok(()) }
        self.epoch = epoch.number;
        *self.total += results.iter().map(|p| p.value).sum::<i64>();
        Ok(())
    }
}

#[test]
fn site_14_exactly_once() -> Result<(), Failure> {
    let mut total = 0;
    let log = Log { records: readings(), at: 0 };
    let ledger = Ledger { epoch: 0, total: &mut total };
    Pipeline::stream(log)
        .event_time(|r| r.at)
        .window(Tumbling::of(Duration::from_secs(1)))
        .watermark(BoundedDisorder::of(Duration::from_secs(5)))
        .key_by(|r| r.station)
        .map(|r| r.millidegrees)
        .integrator(Sum)
        .checkpoint(Checkpoint::at(crate::store())?.every(Duration::from_millis(100)))
        .run_exactly_once(ledger)?;
    assert_eq!(total, 179 * 90);
    Ok(())
}

#[test]
fn two_stages_exactly_once() -> Result<(), Failure> {
    struct Top(Vec<u32>);
    impl TransactionalSink<Pane<(), u64>> for Top {
        fn deliver(&mut self, _: &Epoch, results: Vec<Pane<(), u64>>) -> Result<(), microbatch::BoxError> { self.0.extend(results.iter().map(|p| p.value as u32)); Ok(()) }
    }
    Pipeline::stream(Log { records: readings(), at: 0 })
        .checkpoint(Checkpoint::at(crate::store())?)
        .event_time(|r| r.at)
        .window(Tumbling::of(Duration::from_secs(60)))
        .key_by(|r| r.station)
        .integrator(Count)
        .then().same_window().map(|pane| pane.value).integrator(Sum)
        .run_exactly_once(Top(Vec::new()))?;
    Ok(())
}
