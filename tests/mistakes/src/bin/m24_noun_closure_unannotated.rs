//~ consider giving this closure parameter an explicit type
use microbatch::prelude::*;
struct Trade {
    price: u32,
}
fn main() {
    let trades = vec![Trade { price: 3 }];
    println!("{}", Pipeline::over(&trades).integrator(Sort::by_key(|t| t.price)).run().len());
}
