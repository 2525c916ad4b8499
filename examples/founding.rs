//! The founding example: [1..=10] in batches of three, first come first served, each summed, the sums accumulated.
//!
//! `cargo run --example founding`

use microbatch::prelude::*;

fn main() {
    let numbers: Vec<u64> = (1..=10).collect();
    let batches = || Pipeline::over(&numbers).partitioner(Chunks::of(3)).scheduler(Fcfs);

    let cut = batches().process(|batch| batch).run();
    let sums = batches().process(|batch| batch.iter().sum::<u64>()).run();
    for (batch, sum) in cut.iter().zip(&sums) {
        println!("{:<10} -> {sum:>2}", format!("{batch:?}"));
    }

    let total: u64 = batches().process(|batch| batch.iter().sum::<u64>()).integrator(Sum).run();
    println!("total         {total}");
    assert_eq!((sums, total), (vec![6, 15, 24, 10], 55));
}
