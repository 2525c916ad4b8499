//~ `microbatch::Receiver<u64>` cannot be read again from an offset, so a restart would lose records
//~ this source does not implement `Replay`
//~ exactly once needs a replayable source: a file, a log, or your own `Source` with `Replay`; without one, end the pipeline with `.for_each(..)` (at most once)
use microbatch::BoxError;
use microbatch::prelude::*;
struct Ledger;
impl TransactionalSink<Pane<u64, u64>> for Ledger {
    fn deliver(&mut self, _: &Epoch, _: Vec<Pane<u64, u64>>) -> Result<(), BoxError> {
        Ok(())
    }
}
fn main() {
    let (_sender, source) = channel::<u64>(10);
    let _ = Pipeline::stream(source)
        .key_by(|n| n % 3)
        .integrator(Sum)
        .checkpoint(Checkpoint::at("state.redb").unwrap())
        .run_exactly_once(Ledger);
}
