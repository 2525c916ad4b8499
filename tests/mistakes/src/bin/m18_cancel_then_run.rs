//~ this pipeline can fail, so `.run()` cannot return its bare result
//~ or the run can be stopped
//~ end it with `.try_run()`
use microbatch::prelude::*;
fn main() {
    let token = CancelToken::new();
    println!("{}", Pipeline::over(&[1u64, 2]).cancel(&token).integrator(Sum).run());
}
