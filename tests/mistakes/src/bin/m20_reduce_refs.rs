//~ expected `&u64`, found `u64`
use microbatch::prelude::*;
fn main() {
    println!("{:?}", Pipeline::over(&[1u64, 2]).reduce(|a, b| a + b).run());
}
