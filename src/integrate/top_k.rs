use crate::stage::{Arrival, Integrator};
use std::borrow::Borrow;
use std::cmp::Reverse;
use std::fmt;
use std::marker::PhantomData;

/// Room beyond `k`, so that small `k` are not pruned at every other value.
const SLACK: usize = 64;

/// The `k` values with the greatest keys, greatest first; of equal ones the earliest. Fewer where there are fewer.
///
/// Keeps at most about `2 k` values: those beyond the first `k` are pruned by a stable sort when the room is used up, after which a
/// value no greater than the `k`-th does not get in. As a verb: `.top_by_key(k, |record| ..)`.
///
/// ```
/// use microbatch::prelude::*;
///
/// let words = ["to", "be", "or", "nothing", "else"];
/// let longest = Pipeline::over(&words).integrator(TopK::by_key(2, |w: &&str| w.len())).run();
/// assert_eq!(longest, [&"nothing", &"else"]);
/// ```
#[derive(Clone, Copy)]
pub struct TopK<U: ?Sized, F> {
    k: usize,
    key: F,
    record: PhantomData<fn(&U)>,
}

impl<U: ?Sized, F> TopK<U, F> {
    /// The `k` greatest by a key; none where `k` is 0. Name the record, whether it is borrowed or owned: `|t: &Trade|`.
    pub fn by_key<K: Ord>(k: usize, key: F) -> Self
    where
        F: Fn(&U) -> K,
    {
        TopK { k, key, record: PhantomData }
    }

    /// Leaves the `k` greatest, greatest first.
    fn prune<T: Borrow<U>, K: Ord>(&self, values: &mut Vec<T>)
    where
        F: Fn(&U) -> K,
    {
        values.sort_by_key(|value| Reverse((self.key)(value.borrow())));
        values.truncate(self.k);
    }
}

impl<U: ?Sized, F> fmt::Debug for TopK<U, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TopK({})", self.k)
    }
}

/// The `k` first values are in order once there have been more.
#[derive(Debug)]
pub struct Best<T> {
    values: Vec<T>,
    pruned: bool,
}

impl<T: Send + Borrow<U>, U: ?Sized, K: Ord, F: Fn(&U) -> K> Integrator<T> for TopK<U, F> {
    type State = Best<T>;
    type Output = Vec<T>;

    fn arrival(&self) -> Arrival {
        Arrival::InOrder
    }

    fn exact(&self) -> bool {
        true
    }

    fn init(&self) -> Best<T> {
        Best { values: Vec::new(), pruned: false }
    }

    #[inline]
    fn fold(&self, state: &mut Best<T>, value: T) {
        if self.k == 0 || state.pruned && (self.key)(value.borrow()) <= (self.key)(state.values[self.k - 1].borrow()) {
            return;
        }
        state.values.push(value);
        if state.values.len() >= self.k.saturating_mul(2).saturating_add(SLACK) {
            self.prune(&mut state.values);
            state.pruned = true;
        }
    }

    fn merge(&self, state: &mut Best<T>, other: Best<T>) {
        state.values.extend(other.values);
        if state.values.len() > self.k {
            self.prune(&mut state.values);
            state.pruned = state.values.len() == self.k && self.k > 0;
        }
    }

    fn finish(&self, mut state: Best<T>) -> Vec<T> {
        self.prune(&mut state.values);
        state.values
    }
}
