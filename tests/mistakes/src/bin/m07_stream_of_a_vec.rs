//~ `Vec<u64>` is not a source of records
//~ a source is an iterator (`data.into_iter()`), the receiving half of `channel(capacity)`, or your own `Source`; for data in memory use `Pipeline::over(&data)`
use microbatch::prelude::*;
fn main() {
    let numbers = vec![1u64, 2];
    println!("{:?}", Pipeline::stream(numbers).map(|n| n + 1).integrator(Sum).try_run());
}
