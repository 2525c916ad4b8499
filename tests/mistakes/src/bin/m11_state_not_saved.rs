//~ the trait bound `Seen: serde::Serialize` is not satisfied
//~ for local types consider adding `#[derive(serde::Serialize)]` to your `Seen` type
//~ for local types consider adding `#[derive(serde::Deserialize)]` to your `Seen` type
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
#[derive(Default)]
struct Seen {
    count: u64,
}
struct Visits;
impl KeyedProcessor<u64, u64> for Visits {
    type State = Seen;
    type Out = u64;
    fn on_record(&self, _: &u64, seen: &mut Seen, _: u64, context: &mut Context<u64>) {
        seen.count += 1;
        context.emit(seen.count);
    }
}
struct Ledger;
impl TransactionalSink<Pane<u64, u64>> for Ledger {
    fn deliver(&mut self, _: &Epoch, _: Vec<Pane<u64, u64>>) -> Result<(), BoxError> {
        Ok(())
    }
}
fn main() {
    let _ = Pipeline::stream(Log)
        .key_by(|n| n % 3)
        .stateful(Visits)
        .integrator(Sum)
        .checkpoint(Checkpoint::at("state.redb").unwrap())
        .run_exactly_once(Ledger);
}
