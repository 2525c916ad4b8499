//~ a window over time needs event time, and the records have none yet
//~ name it before the window: `.event_time(|record| record.at)`
use microbatch::prelude::*;
use std::time::Duration;
struct Reading {
    station: u32,
    millidegrees: i64,
}
fn main() {
    let readings = vec![Reading { station: 1, millidegrees: 5 }];
    let _ = Pipeline::stream(readings.into_iter())
        .window(Tumbling::of(Duration::from_secs(60)))
        .key_by(|r| r.station)
        .map(|r| r.millidegrees)
        .integrator(Sum)
        .for_each(|pane| println!("{}", pane.value));
}
