//~ type annotations needed
//~ cannot infer type of the type parameter `E`
use microbatch::prelude::*;
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let parsed = Pipeline::over(&["1"])
        .try_map(|l| {
            let n: i64 = l.parse()?;
            Ok(n)
        })
        .try_run()?;
    println!("{parsed:?}");
    Ok(())
}
