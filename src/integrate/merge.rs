use crate::stage::{Arrival, Integrator};
use std::fmt;

/// Merges values pairwise, neighbours in the order of the data; of none, `None`.
///
/// The closure is associative, or the result depends on how the data are cut. As a verb: `.merge(|a, b| ..)`.
///
/// ```
/// use microbatch::prelude::*;
///
/// let longest = Merge::new(|a: String, b: String| if b.len() > a.len() { b } else { a });
/// let words = vec!["to".to_string(), "be".into(), "or".into(), "not".into()];
/// assert_eq!(Pipeline::over(words).integrator(longest).run().as_deref(), Some("not"));
/// ```
#[derive(Clone, Copy)]
pub struct Merge<F> {
    merge: F,
}

impl<F> Merge<F> {
    /// By a closure that makes one value of two. Name the value in it: `|a: u64, b: u64|`.
    pub fn new<T>(merge: F) -> Self
    where
        F: Fn(T, T) -> T,
    {
        Merge { merge }
    }
}

impl<F> fmt::Debug for Merge<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Merge")
    }
}

impl<T: Send, F: Fn(T, T) -> T> Integrator<T> for Merge<F> {
    type State = Option<T>;
    type Output = Option<T>;

    fn arrival(&self) -> Arrival {
        Arrival::InOrder
    }

    fn init(&self) -> Option<T> {
        None
    }

    #[inline]
    fn fold(&self, state: &mut Option<T>, value: T) {
        *state = Some(match state.take() {
            Some(before) => (self.merge)(before, value),
            None => value,
        });
    }

    fn merge(&self, state: &mut Option<T>, other: Option<T>) {
        if let Some(value) = other {
            self.fold(state, value);
        }
    }

    fn finish(&self, state: Option<T>) -> Option<T> {
        state
    }
}
