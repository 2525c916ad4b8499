//~ this step makes one record of many, which have different event times
//~ use `.merge(|a, b| ..)` or another integrator, which works window by window; or take this step before `.event_time(..)`
use microbatch::prelude::*;
fn main() {
    let at = [Timestamp::from_secs(1)];
    println!("{:?}", Pipeline::over(&at).event_time(|t| **t).reduce(|a, b| a.max(b)).run());
}
