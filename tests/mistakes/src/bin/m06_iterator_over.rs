//~ is not data for `Pipeline::over`
//~ collect an iterator first: `Pipeline::over(iterator.collect::<Vec<_>>())`
use microbatch::prelude::*;
fn main() {
    let numbers = vec![1u64, 2];
    println!("{}", Pipeline::over(numbers.iter()).map(|n| n + 1).integrator(Sum).run());
}
