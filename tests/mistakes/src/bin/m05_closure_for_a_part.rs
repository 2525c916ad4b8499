//~ is not a scheduler
//~ a closure goes into a part: `.scheduler(Priority::by(|task| ..))`
//~ cannot integrate values of type `&u64`
//~ or use `.accumulate(init, fold, merge)`
//~ cannot cut `&[u64]` into batches
//~ or `.partition_by(16, |record| ..)` to cut by key
use microbatch::prelude::*;
fn main() {
    let numbers = [1u64, 2];
    let a = Pipeline::over(&numbers).scheduler(|task: &Task| task.records as u64).integrator(Sum).run();
    let b = Pipeline::over(&numbers).integrator(|a: u64, b: u64| a + b).run();
    let c = Pipeline::over(&numbers).partitioner(|n: &u64| n % 2).integrator(Sum).run();
    println!("{a} {b} {c}");
}
