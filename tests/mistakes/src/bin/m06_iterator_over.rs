//~ is not data for `Pipeline::over`
//~ for an iterator, a channel or a log use `Pipeline::stream(source)`
use microbatch::prelude::*;
fn main() {
    let numbers = vec![1u64, 2];
    println!("{}", Pipeline::over(numbers.iter()).map(|n| n + 1).integrator(Sum).run());
}
