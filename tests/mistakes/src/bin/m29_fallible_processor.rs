//~ this processor can fail with `String`
//~ use `.try_processor(..)`
use microbatch::prelude::*;
struct Kernel;
impl<'b> Processor<&'b [u64]> for Kernel {
    type Output = u64;
    type Error = String;
    fn process(&self, b: &'b [u64]) -> Result<u64, String> {
        Ok(b.len() as u64)
    }
}
fn main() {
    println!("{}", Pipeline::over(&[1u64]).processor(Kernel).integrator(Sum).run());
}
