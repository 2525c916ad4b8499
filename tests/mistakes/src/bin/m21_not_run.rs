//~ Pipeline` that must be used
//~ a pipeline is lazy: end it with `.run()`, `.try_run()` or another terminal verb
use microbatch::prelude::*;
fn main() {
    Pipeline::over(&[1u64, 2]).map(|n| n + 1).integrator(Sum);
}
