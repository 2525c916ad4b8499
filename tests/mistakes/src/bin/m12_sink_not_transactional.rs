//~ cannot take results of type `microbatch::Pane<u64, u64>` exactly once
//~ not a `TransactionalSink<microbatch::Pane<u64, u64>>`
//~ implement `TransactionalSink` for it: it makes the results of an epoch visible at once, and ignores an epoch that it already has
use microbatch::prelude::*;
use microbatch::{Inbox, Pull};
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
fn main() {
    let _ = Pipeline::stream(Log)
        .key_by(|n| n % 3)
        .integrator(Sum)
        .checkpoint(Checkpoint::at("state.redb").unwrap())
        .run_exactly_once(ForEach::new(|pane: Pane<u64, u64>| println!("{}", pane.value)));
}
