//~ `numbers` does not live long enough
//~ argument requires that `numbers` is borrowed for `'static`
use microbatch::prelude::*;
fn main() {
    let numbers = vec![1u64, 2];
    let handle = Pipeline::stream(numbers.iter()).map(|n| n + 1).spawn(ForEach::new(|n: u64| println!("{n}"))).unwrap();
    handle.join().unwrap();
}
