use crate::stage::{Arrival, Integrator};
use std::borrow::Borrow;
use std::cmp::Reverse;
use std::fmt;
use std::marker::PhantomData;

/// Room beyond `2 k`: `k` again, within these bounds, so that the least `k` are not pruned at every other value, and states by key stay small.
const SLACK: (usize, usize) = (4, 64);
/// So many values are sorted in less time than it takes to select among them.
const FEW: usize = 512;

/// The `k` values with the greatest keys, greatest first; of equal ones the earliest. Fewer where there are fewer.
///
/// Keeps at most about `2 k` values: when the room is used up, the `k` greatest are selected, after which a value no greater than the
/// least of them does not get in. As a verb: `.top_by_key(k, |record| ..)`.
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

    /// Leaves the `k` greatest where there are more; equal ones stay in the order of the data.
    fn prune<T: Borrow<U>, K: Ord>(&self, best: &mut Best<T>)
    where
        F: Fn(&U) -> K,
    {
        if self.k == 0 || best.values.len() < self.k {
            return;
        }
        if best.values.len() <= FEW {
            best.values.sort_by_key(|value| Reverse((self.key)(value.borrow())));
            best.values.truncate(self.k);
            best.least = self.k - 1;
            return;
        }
        let keys = best.values.iter().map(|value| Reverse((self.key)(value.borrow())));
        let mut ranks: Vec<(Reverse<K>, usize)> = keys.zip(0..).collect();
        let (_, (_, least), _) = ranks.select_nth_unstable(self.k - 1);
        let least = *least;
        let mut kept = vec![false; best.values.len()];
        ranks[..self.k].iter().for_each(|(_, at)| kept[*at] = true);
        best.least = kept[..least].iter().filter(|kept| **kept).count();
        let mut kept = kept.into_iter();
        best.values.retain(|_| kept.next() == Some(true));
    }

    /// Takes a value in that may be one of the greatest.
    #[cold]
    fn take<T: Borrow<U>, K: Ord>(&self, best: &mut Best<T>, value: T)
    where
        F: Fn(&U) -> K,
    {
        if self.k == 0 {
            return;
        }
        best.values.push(value);
        if best.values.len() >= self.k.saturating_mul(2).saturating_add(self.k.clamp(SLACK.0, SLACK.1)) {
            self.prune(best);
        }
    }
}

impl<U: ?Sized, F> fmt::Debug for TopK<U, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TopK({})", self.k)
    }
}

/// Values, the `k` greatest among them; equal ones in the order of the data.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "checkpoint", derive(serde::Serialize, serde::Deserialize))]
pub struct Best<T> {
    values: Vec<T>,
    /// The place of one that `k - 1` of the others go before; none yet where it is beyond the end.
    #[cfg_attr(feature = "checkpoint", serde(skip, default = "none_yet"))]
    least: usize,
}

fn none_yet() -> usize {
    usize::MAX
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
        Best { values: Vec::new(), least: none_yet() }
    }

    #[inline]
    fn fold(&self, state: &mut Best<T>, value: T) {
        match state.values.get(state.least) {
            Some(least) if (self.key)(value.borrow()) <= (self.key)(least.borrow()) => {}
            _ => self.take(state, value),
        }
    }

    fn merge(&self, state: &mut Best<T>, other: Best<T>) {
        other.values.into_iter().for_each(|value| self.fold(state, value));
    }

    fn finish(&self, mut state: Best<T>) -> Vec<T> {
        self.prune(&mut state);
        state.values.sort_by_key(|value| Reverse((self.key)(value.borrow())));
        state.values
    }
}
