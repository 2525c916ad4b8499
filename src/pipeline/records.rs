use super::Pipeline;
use super::ending::Ending;
use super::failing::{Joins, Onward};
use super::input::After;
use super::stage::Stage;
use crate::data::{InWindow, NoTime, Pane};
use crate::integrate::{Accumulate, Each, Integrated, Merge, Sort, SortByKey, TopK};
use crate::keyed::{By, Key, KeyState, NoKey};
use crate::process::{Copied, EachPane, Filter, FlatMap, KeyBy, Map, Reduce, Scan, Scans, TryMap};
use crate::stage::{Integrator, NoWindow};
use std::marker::PhantomData;

/// What a step by record asks for.
#[diagnostic::on_unimplemented(
    message = "the records are integrated already: no step by record can follow",
    label = "comes after `.integrator(..)`",
    note = "put this step before the integrator; or go on with the results as records of a next stage: `.then().map(|pane| ..)`"
)]
pub trait Open {}

impl Open for Each {}

/// What steps that make one record of many ask for.
#[diagnostic::on_unimplemented(
    message = "this step makes one record of many, which have different event times",
    label = "the records carry an event time here",
    note = "use `.merge(|a, b| ..)` or another integrator, which works window by window; or take this step before `.event_time(..)`"
)]
pub trait Timeless {}

impl Timeless for NoTime {}

/// Steps by record, in any order, up to the integrator.
impl<'a, M, T, C, X, Ky, At, Wi, I> Pipeline<'a, M, T, C, X, Ky, At, Wi, I> {
    /// One value made of each record.
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// assert_eq!(Pipeline::over(&[1, 2]).map(|n| n * 10).run(), [10, 20]);
    /// ```
    pub fn map<R, F>(self, f: F) -> Pipeline<'a, M, R, Map<C, F>, X, Ky, At, Wi, I>
    where
        I: Open,
        F: Fn(T) -> R + Send + Sync,
    {
        self.with_step(|prev| Map { prev, step: f })
    }

    /// The records for which `f` holds.
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// assert_eq!(Pipeline::over(1..=6u32).filter(|n| n % 3 == 0).run(), [3, 6]);
    /// ```
    pub fn filter<F>(self, f: F) -> Pipeline<'a, M, T, Filter<C, F>, X, Ky, At, Wi, I>
    where
        I: Open,
        F: Fn(&T) -> bool + Send + Sync,
    {
        self.with_step(|prev| Filter { prev, step: f })
    }

    /// Any number of values made of each record.
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// let words = Pipeline::over(&["to be", "or not"]).flat_map(|line| line.split(' ')).run();
    /// assert_eq!(words, ["to", "be", "or", "not"]);
    /// ```
    pub fn flat_map<R, F>(self, f: F) -> Pipeline<'a, M, R::Item, FlatMap<C, F>, X, Ky, At, Wi, I>
    where
        I: Open,
        F: Fn(T) -> R + Send + Sync,
        R: IntoIterator,
    {
        self.with_step(|prev| FlatMap { prev, step: f })
    }

    /// One value made of each record, or a failure, with which the pipeline's failure policy deals: by default it ends the run. From now on
    /// the pipeline needs `.try_run()`, and all its steps fail with the same error type.
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// let parsed = Pipeline::over(&["1", "2"]).try_map(|s| s.parse::<u8>()).try_run()?;
    /// assert_eq!(parsed, [1, 2]);
    /// # Ok::<(), RunError<std::num::ParseIntError>>(())
    /// ```
    pub fn try_map<R, E, F>(self, f: F) -> Pipeline<'a, M, R, TryMap<C, F>, X::Out, Ky, At, Wi, I>
    where
        I: Open,
        F: Fn(T) -> Result<R, E> + Send + Sync,
        X: Joins<E>,
    {
        self.with_step(|prev| TryMap { prev, step: f }).with_failing(X::join)
    }

    /// One value a batch, and key: `f` makes one of two neighbours. On owned values: over references put `.copied()` before it.
    ///
    /// How many values come out depends on how the data are cut; integrate them for a result that does not.
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// let numbers = [1, 2, 3, 4, 5];
    /// assert_eq!(Pipeline::over(&numbers).partitioner(Chunks::of(2)).copied().reduce(|a, b| a + b).run(), [3, 7, 5]);
    /// ```
    pub fn reduce<F>(self, f: F) -> Pipeline<'a, M, T, Reduce<C, F>, X, Ky, At, Wi, I>
    where
        I: Open,
        At: Timeless,
        F: Fn(T, T) -> T + Send + Sync,
    {
        self.with_step(|prev| Reduce { prev, step: f })
    }

    /// A value made of each record and of state, which `init` makes: along a key through all the data, without a key along each batch.
    /// `None` emits nothing (and, other than with [`Iterator::scan`], goes on).
    ///
    /// By key, batches run one after another in the order of the data, as each needs what the one before it left; the scheduler is not asked.
    /// Where a batch has much work, threads share it by key; the results are those of one thread.
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// let balances = Pipeline::over(&[("a", 5), ("b", 1), ("a", -2)])
    ///     .key_by(|entry| entry.0)
    ///     .scan(|| 0, |balance, entry| { *balance += entry.1; Some((entry.0, *balance)) })
    ///     .run();
    /// assert_eq!(balances, [("a", 5), ("b", 1), ("a", 3)]);
    /// ```
    pub fn scan<S, R, G, F>(self, init: G, f: F) -> Pipeline<'a, M, R, Scan<C, G, F, S>, X, Ky, At, Wi, I>
    where
        I: Open,
        Ky: Scans<T, S, R>,
        G: Fn() -> S + Send + Sync,
        F: Fn(&mut S, T) -> Option<R> + Send + Sync,
    {
        self.with_step(|prev| Scan { prev, init, step: f, state: PhantomData })
    }

    /// Gives each record a key; what is integrated comes by key, as [`Groups`](crate::Groups). A key may borrow from the data. Called again, it
    /// replaces the key.
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// let words = ["to", "be", "or", "not"];
    /// let by_length = Pipeline::over(&words).key_by(|w| w.len()).integrator(Count).run();
    /// assert_eq!(by_length.into_sorted(), [(2, 3), (3, 1)]);
    /// ```
    pub fn key_by<K, F>(self, f: F) -> Pipeline<'a, M, T, KeyBy<C, F>, X, By<K>, At, Wi, I>
    where
        I: Open,
        F: Fn(&T) -> K + Send + Sync,
        K: Key,
    {
        self.with_step(|prev| KeyBy { prev, step: f })
    }

    /// How the values become one result, or one a key.
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// assert_eq!(Pipeline::over(&[1u64, 2, 6]).integrator((Mean, Sum, Count)).run(), (3.0, 9, 3));
    /// ```
    pub fn integrator<I2>(self, integrator: I2) -> Pipeline<'a, M, T, C, X, Ky, At, Wi, Integrated<I2>>
    where
        I: Open,
        I2: Integrator<T>,
    {
        let Pipeline { input, chain, failing, windows, settings, pacing, .. } = self;
        Pipeline { input, chain, failing, windows, integrator: Integrated(integrator), settings, pacing, flow: PhantomData }
    }

    /// Folds values into a state and merges the states: an [`Accumulate`] whose closures are inferred.
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// let sum = Pipeline::over(&[1u64, 2]).accumulate(|| 0, |sum, x| *sum += x, |sum, other| *sum += other).run();
    /// assert_eq!(sum, 3);
    /// ```
    pub fn accumulate<S, G, F, Mg>(
        self,
        init: G,
        fold: F,
        merge: Mg,
    ) -> Pipeline<'a, M, T, C, X, Ky, At, Wi, Integrated<Accumulate<T, G, F, Mg>>>
    where
        I: Open,
        S: Send,
        G: Fn() -> S + Send + Sync,
        F: Fn(&mut S, T) + Send + Sync,
        Mg: Fn(&mut S, S) + Send + Sync,
    {
        self.integrator(Accumulate::new(init, fold, merge))
    }

    /// Merges values pairwise, `None` for none: a [`Merge`] whose closure is inferred.
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// let longest = Pipeline::over(&["to", "not", "be"]).copied().merge(|a, b| if b.len() > a.len() { b } else { a }).run();
    /// assert_eq!(longest, Some("not"));
    /// ```
    pub fn merge<F>(self, f: F) -> Pipeline<'a, M, T, C, X, Ky, At, Wi, Integrated<Merge<F>>>
    where
        I: Open,
        T: Send,
        F: Fn(T, T) -> T + Send + Sync,
    {
        self.integrator(Merge::new(f))
    }

    /// All values sorted, equal ones in the order of the data: a [`Sort`]. Threads compare with values of each other, which are `Sync`
    /// therefore.
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// assert_eq!(Pipeline::over(vec![3, 1, 2]).sort().run(), [1, 2, 3]);
    /// ```
    pub fn sort(self) -> Pipeline<'a, M, T, C, X, Ky, At, Wi, Integrated<Sort>>
    where
        I: Open,
        T: Ord + Send + Sync,
    {
        self.integrator(Sort)
    }

    /// All values sorted by a key, equal ones in the order of the data: a [`Sort::by_key`] whose closure is inferred.
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// assert_eq!(Pipeline::over(["ccc", "a", "bb"]).sort_by_key(|w| w.len()).run(), ["a", "bb", "ccc"]);
    /// ```
    pub fn sort_by_key<K, F>(self, key: F) -> Pipeline<'a, M, T, C, X, Ky, At, Wi, Integrated<SortByKey<T, F>>>
    where
        I: Open,
        T: Send + Sync,
        K: Ord,
        F: Fn(&T) -> K + Send + Sync,
    {
        self.integrator(Sort::by_key(key))
    }

    /// The `k` values with the greatest keys, greatest first: a [`TopK`] whose closure is inferred.
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// assert_eq!(Pipeline::over(["ccc", "a", "bb"]).top_by_key(2, |w| w.len()).run(), ["ccc", "bb"]);
    /// ```
    pub fn top_by_key<K, F>(self, k: usize, key: F) -> Pipeline<'a, M, T, C, X, Ky, At, Wi, Integrated<TopK<T, F>>>
    where
        I: Open,
        T: Send,
        K: Ord,
        F: Fn(&T) -> K + Send + Sync,
    {
        self.integrator(TopK::by_key(k, key))
    }
}

/// Records that are references.
impl<'a, M, T, C, X, Ky, At, Wi, I> Pipeline<'a, M, &T, C, X, Ky, At, Wi, I> {
    /// The values that the references point to.
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// assert_eq!(Pipeline::over(&[1, 2]).copied().run(), [1, 2]);
    /// ```
    pub fn copied(self) -> Pipeline<'a, M, T, Copied<C>, X, Ky, At, Wi, I>
    where
        I: Open,
        T: Copy,
    {
        self.with_step(|prev| Copied { prev })
    }
}

/// Stages.
impl<'a, M, T, C, X: Onward, Ky: KeyState, At, Wi, I> Pipeline<'a, M, T, C, X, Ky, At, Wi, Integrated<I>> {
    /// Goes on with the results: the panes of this stage are the records of the next, in the order of their windows, then keys.
    ///
    /// The watermark stays with this stage: what completes a window of it completes those of the next in the same micro-batch.
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// let words = ["to", "be", "or", "not", "to"];
    /// let most = Pipeline::over(&words).key_by(|w| **w).integrator(Count).then().top_by_key(1, |pane| pane.value).run();
    /// assert_eq!((most[0].key, most[0].value), ("to", 2));
    /// ```
    ///
    /// Where results leave more than once, as by [`Mode::Update`](crate::Mode::Update), each pane is a record of its own that holds all of its
    /// window so far: a sum over them has a result as often as it has left. What is not complete is left out by a filter, and so, after
    /// [`allowed_lateness`](Self::allowed_lateness), is either the first result of a window or what corrects it later:
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// let counts = || Pipeline::stream(["a", "b", "a"].into_iter()).key_by(|w| *w).mode(Mode::Update).trigger(Records::of(1)).integrator(Count);
    /// let all = counts().then().map(|pane| pane.value).integrator(Sum).run();
    /// let complete = counts().then().filter(|pane| pane.timing != Timing::Early).map(|pane| pane.value).integrator(Sum).run();
    /// // Early 1, 1 and 2, then 2 and 1 again, which are complete.
    /// assert_eq!((all, complete), (7, 3));
    /// ```
    pub fn then<K, V>(self) -> Next<'a, M, T, C, X, Ky, At, Wi, Integrated<I>, K, V>
    where
        Integrated<I>: Ending<T, Ky, At, Wi, Emit = Pane<K, V>>,
    {
        let (stage, settings, pacing) = self.into_stage();
        let input = After::new(stage);
        Pipeline { input, chain: EachPane, failing: X::next(), windows: NoWindow, integrator: Each, settings, pacing, flow: PhantomData }
    }
}

/// The stage after a stage.
pub type Next<'a, M, T, C, X, Ky, At, Wi, I, K, V> =
    Pipeline<'a, After<Stage<M, T, C, X, Ky, At, Wi, I>>, Pane<K, V>, EachPane, <X as Onward>::Next, NoKey, InWindow>;
