//~ `Cell<i32>` cannot be shared between threads safely
use microbatch::prelude::*;
use std::cell::Cell;
fn main() {
    let numbers = vec![1u64, 2];
    let seen = Cell::new(0);
    println!(
        "{}",
        Pipeline::over(&numbers)
            .map(|n| {
                seen.set(seen.get() + 1);
                n + 1
            })
            .integrator(Sum)
            .run()
    );
}
