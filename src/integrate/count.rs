use crate::stage::Integrator;

/// How many values there are.
///
/// ```
/// use microbatch::prelude::*;
///
/// let odd = Pipeline::over(0..10u64).filter(|n| n % 2 == 1).integrator(Count).run();
/// assert_eq!(odd, 5);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Count;

impl<T> Integrator<T> for Count {
    type State = u64;
    type Output = u64;

    fn exact(&self) -> bool {
        true
    }

    fn init(&self) -> u64 {
        0
    }

    #[inline]
    fn fold(&self, state: &mut u64, _: T) {
        *state += 1;
    }

    #[inline]
    fn merge(&self, state: &mut u64, other: u64) {
        *state += other;
    }

    #[inline]
    fn without(&self, all: u64, first: &u64) -> Option<u64> {
        Some(all - first)
    }

    fn finish(&self, state: u64) -> u64 {
        state
    }
}
