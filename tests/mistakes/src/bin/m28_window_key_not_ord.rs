//~ the trait bound `Station: Ord` is not satisfied
//~ consider annotating `Station` with `#[derive(Ord)]`
use microbatch::prelude::*;
use std::time::Duration;
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Station(u32);
struct Reading {
    station: Station,
    at: Timestamp,
}
fn main() {
    let readings = vec![Reading { station: Station(1), at: Timestamp::from_secs(1) }];
    let _ = Pipeline::stream(readings.into_iter())
        .event_time(|r| r.at)
        .window(Tumbling::of(Duration::from_secs(60)))
        .key_by(|r| r.station.clone())
        .integrator(Count)
        .for_each(|pane| println!("{:?}", pane.key));
}
