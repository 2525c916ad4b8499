//~ the records are integrated already: no step by record can follow
//~ put this step before the integrator
use microbatch::prelude::*;
fn main() {
    let numbers = vec![1u64, 2];
    println!("{}", Pipeline::over(&numbers).integrator(Sum).map(|n| n + 1).run());
}
