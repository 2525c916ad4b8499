//~ expected closure signature `fn(Vec<&u64>)
//~ expected `&[u64]`, found `Vec<&u64>`
use microbatch::prelude::*;
fn main() {
    let numbers = vec![1u64, 2];
    println!("{}", Pipeline::over(&numbers).process(|batch| batch.len()).partition_by(4, |n| *n).integrator(Sum).run());
    println!("{}", Pipeline::over(&numbers).process(|batch| batch.len()).partitioner(RandomPartitioner::new(4)).integrator(Sum).run());
}
