//~ expected `Result<_, ParseIntError>`, found `Result<u8, TryFromIntError>`
use microbatch::prelude::*;
fn main() {
    let lines = ["1", "x"];
    let total = Pipeline::over(&lines).try_map(|line| line.parse::<i64>()).try_map(|n| u8::try_from(n)).integrator(Sum).try_run();
    println!("{total:?}");
}
