//~ a step over whole batches comes first
//~ put it before `.map(..)` and the like
use microbatch::prelude::*;
fn main() {
    let numbers = vec![1u64, 2];
    println!("{}", Pipeline::over(&numbers).map(|n| n + 1).process(|batch| batch.len()).integrator(Sum).run());
}
