// No mistake: a trigger is idle on bounded data, so that a chain can be tried there as it stands.
use microbatch::prelude::*;
fn main() {
    println!("{:?}", Pipeline::over(&[1u64, 2]).integrator(Sum).trigger(Records::of(3)).run());
}
