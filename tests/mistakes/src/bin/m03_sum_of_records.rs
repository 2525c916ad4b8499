//~ `Trade` cannot be summed
//~ bring out the number first: `.map(|record| record.amount)`
use microbatch::prelude::*;
struct Trade {
    account: u32,
    cents: i64,
}
fn main() {
    let trades = vec![Trade { account: 1, cents: 5 }];
    let totals = Pipeline::over(&trades).key_by(|t| t.account).integrator(Sum).run();
    println!("{} {}", totals.len(), trades[0].cents);
}
