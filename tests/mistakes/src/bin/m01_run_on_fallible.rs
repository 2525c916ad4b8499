//~ this pipeline can fail, so `.run()` cannot return its bare result
//~ end it with `.try_run()`
use microbatch::prelude::*;
fn main() {
    let lines = ["1", "x"];
    let total: i64 = Pipeline::over(&lines).try_map(|line| line.parse::<i64>()).integrator(Sum).run();
    println!("{total}");
}
