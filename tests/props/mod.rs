//! What property tests share.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use std::fmt::Debug;

/// Asks `test` about `cases` inputs; what it says of the simplest one for which it panics is the failure. `salt` gives calls with the
/// same strategy different inputs.
///
/// The inputs are the same on every run. `PROPTEST_RNG_SEED=7` gives others, `MICROBATCH_TIMES=10` ten times as many.
pub fn holds<S: Strategy<Value: Debug>>(salt: u64, cases: u32, inputs: &S, test: impl Fn(S::Value)) {
    let seed = variable("PROPTEST_RNG_SEED").unwrap_or(1);
    let times = variable("MICROBATCH_TIMES").unwrap_or(1);
    let config = Config {
        cases: cases * times as u32,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed.wrapping_mul(1 << 32).wrapping_add(salt)),
        ..Config::default()
    };
    let done = TestRunner::new(config).run(inputs, |input| {
        test(input);
        Ok(())
    });
    if let Err(failure) = done {
        panic!("{failure}");
    }
}

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}: give a number")))
}
