//~ cannot handle failures `ParseIntError` of batches `Vec<Line>`
//~ `Retry` and `DeadLetter` keep records, so they must be `Clone`
use microbatch::prelude::*;
struct Line(String);
fn main() {
    let lines = vec![Line("1".into())];
    let total =
        Pipeline::over(lines).try_map(|l| l.0.parse::<i64>()).dead_letter(|letter| println!("{}", letter.error)).integrator(Sum).try_run();
    println!("{total:?}");
}
