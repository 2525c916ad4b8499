//~ `Page: Clone` is not satisfied
use microbatch::prelude::*;
struct Page(String);
fn main() {
    let pages = vec![Page("a".into())];
    let (all, n) = Pipeline::over(pages).integrator((Collect, Count)).run();
    println!("{} {n}", all[0].0);
}
