//~ expected `Result<_, Infallible>`, found `Result<i64, ParseIntError>`
use microbatch::prelude::*;
fn main() {
    let total = Pipeline::over(&["1"]).on_failure(Skip).try_map(|l| l.parse::<i64>()).integrator(Sum).try_run();
    println!("{total:?}");
}
