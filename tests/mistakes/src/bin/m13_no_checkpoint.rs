//~ exactly once needs a source that can be read again and a checkpoint
//~ `Stream<Log>` cannot be resumed
//~ `.checkpoint(Checkpoint::at("state.redb")?)`
use microbatch::prelude::*;
use microbatch::{BoxError, Inbox, Pull};
struct Log;
impl Source for Log {
    type Item = u64;
    type Error = std::io::Error;
    fn pull(&mut self, _: usize, _: &mut Inbox<u64>) -> Result<Pull, std::io::Error> {
        Ok(Pull::End)
    }
}
impl Replay for Log {
    type Offset = u64;
    fn offset(&self) -> u64 {
        0
    }
    fn seek(&mut self, _: u64) -> Result<(), std::io::Error> {
        Ok(())
    }
}
struct Ledger;
impl TransactionalSink<Pane<u64, u64>> for Ledger {
    fn deliver(&mut self, _: &Epoch, _: Vec<Pane<u64, u64>>) -> Result<(), BoxError> {
        Ok(())
    }
}
fn main() {
    let _ = Pipeline::stream(Log).key_by(|n| n % 3).integrator(Sum).run_exactly_once(Ledger);
}
