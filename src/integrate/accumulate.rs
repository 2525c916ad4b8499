use crate::stage::Integrator;
use std::fmt;
use std::marker::PhantomData;

/// Folds values into a state, and merges the states: an integrator out of three closures.
///
/// `init` makes the state of no values; `fold` takes one value in; `merge` takes in the state of what comes after. The laws of
/// [`Integrator`] apply. As a verb: `.accumulate(init, fold, merge)`.
///
/// ```
/// use microbatch::prelude::*;
///
/// let numbers: Vec<u64> = (1..=10).collect();
/// let squares = Accumulate::new(|| 0u64, |sum, x: &u64| *sum += x * x, |sum, other| *sum += other);
/// assert_eq!(Pipeline::over(&numbers).integrator(squares).run(), 385);
/// ```
#[derive(Clone, Copy)]
pub struct Accumulate<T, G, F, M> {
    init: G,
    fold: F,
    merge: M,
    value: PhantomData<fn(T)>,
}

impl<T, S, G: Fn() -> S, F: Fn(&mut S, T), M: Fn(&mut S, S)> Accumulate<T, G, F, M> {
    /// Of three closures. Name the record in `fold`: `|state, x: &Trade|`.
    pub fn new(init: G, fold: F, merge: M) -> Self {
        Accumulate { init, fold, merge, value: PhantomData }
    }
}

impl<T, G, F, M> fmt::Debug for Accumulate<T, G, F, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Accumulate")
    }
}

impl<T, S: Send, G: Fn() -> S, F: Fn(&mut S, T), M: Fn(&mut S, S)> Integrator<T> for Accumulate<T, G, F, M> {
    type State = S;
    type Output = S;

    fn init(&self) -> S {
        (self.init)()
    }

    #[inline]
    fn fold(&self, state: &mut S, value: T) {
        (self.fold)(state, value);
    }

    fn merge(&self, state: &mut S, other: S) {
        (self.merge)(state, other);
    }

    fn finish(&self, state: S) -> S {
        state
    }
}
