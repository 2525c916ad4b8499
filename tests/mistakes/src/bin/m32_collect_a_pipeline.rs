//~ the method `collect`
use microbatch::prelude::*;
fn main() {
    let numbers = vec![1u64, 2];
    let doubled: Vec<u64> = Pipeline::over(&numbers).map(|n| n * 2).collect();
    println!("{doubled:?}");
}
