//~ `Carrier` cannot be a key
//~ `#[derive(Clone, PartialEq, Eq, Hash)]`
use microbatch::prelude::*;
#[derive(Clone, Copy)]
struct Carrier(u8);
struct Flight {
    carrier: Carrier,
}
fn main() {
    let flights = vec![Flight { carrier: Carrier(1) }];
    println!("{}", Pipeline::over(&flights).key_by(|f| f.carrier).integrator(Count).run().len());
    println!("{}", flights[0].carrier.0);
}
