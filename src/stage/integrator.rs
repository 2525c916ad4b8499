use std::sync::Arc;

/// Whether an integrator cares for the order of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Any order gives the same result.
    Any,
    /// Values must come in the order of the data.
    InOrder,
}

/// Combines values into one result: what the field calls an aggregate (Beam's `CombineFn`, Flink's `AggregateFunction`).
///
/// The same four methods take records inside a batch, partial results across batches, and the values of one key.
///
/// # Laws
/// * `init` is the identity of `merge`: merging it on either side changes nothing.
/// * `merge` is associative, and splitting the values anywhere gives the same result: folding all of them into one state equals
///   folding a first part into one state, the rest into another, and merging the second into the first.
/// * Where [`arrival`](Self::arrival) says `Any`, `merge` is commutative as well.
///
/// Where the laws hold but for rounding, as with floats, results are still bit-identical on every run and number of threads: the
/// engine merges in an order that depends on the batches alone.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
///
/// /// How many values fall below, inside and above a range.
/// struct Spread { low: i64, high: i64 }
///
/// impl Integrator<i64> for Spread {
///     type State = [u64; 3];
///     type Output = [u64; 3];
///     fn init(&self) -> [u64; 3] { [0; 3] }
///     fn fold(&self, state: &mut [u64; 3], value: i64) {
///         state[usize::from(value >= self.low) + usize::from(value > self.high)] += 1;
///     }
///     fn merge(&self, state: &mut [u64; 3], other: [u64; 3]) {
///         for (n, more) in state.iter_mut().zip(other) { *n += more }
///     }
///     fn finish(&self, state: [u64; 3]) -> [u64; 3] { state }
/// }
///
/// let spread = Pipeline::over(0..100i64).integrator(Spread { low: 10, high: 20 }).run();
/// assert_eq!(spread, [10, 11, 79]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot integrate values of type `{T}`",
    label = "the step before yields `{T}`",
    note = "bring the values into a shape it takes with `.map(|x| ..)`, or use `.accumulate(init, fold, merge)`"
)]
pub trait Integrator<T> {
    /// What values are folded into.
    type State: Send;
    /// The result.
    type Output;

    /// Whether the order of the values matters. Default: [`Arrival::Any`].
    fn arrival(&self) -> Arrival {
        Arrival::Any
    }

    /// Whether merging in other groups leaves the result the same to the bit, as with integers but not with floats. Default: no.
    ///
    /// Lets the engine fold many batches into one state, where otherwise each has its own.
    fn exact(&self) -> bool {
        false
    }

    /// The state of no values.
    fn init(&self) -> Self::State;

    /// The same, with room for about so many values. Default: [`init`](Self::init).
    fn init_for(&self, _expected: usize) -> Self::State {
        self.init()
    }

    /// Takes one value in.
    fn fold(&self, state: &mut Self::State, value: T);

    /// Takes in the state of the values that come after those of `state`.
    fn merge(&self, state: &mut Self::State, other: Self::State);

    /// What is left of the state of some values without that of those which came first, where [`merge`](Self::merge) can be undone to the bit, as of a
    /// sum of integers, but not of a maximum. Default: none, as where it cannot.
    ///
    /// Law: where `all` is `first` with `rest` merged into it, this is none in every case, or `rest`. It makes sliding windows of many slides
    /// cheaper: what is too old is taken out.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// assert_eq!(Integrator::<u64>::without(&Sum, 10, &4), Some(6));
    /// assert_eq!(Integrator::<u64>::without(&Max, Some(10), &Some(4)), None);
    /// ```
    fn without(&self, _all: Self::State, _first: &Self::State) -> Option<Self::State> {
        None
    }

    /// Called by a worker on a state into which it folds no more, before it is merged: the place for work that the workers can
    /// share. Default: nothing.
    fn seal(&self, _state: &mut Self::State) {}

    /// How much work [`combine`](Self::combine) has with a state, in values: heavy ones are combined inside the engine's thread
    /// pool, where rayon can split the work. Default: 1.
    fn weight(&self, _state: &Self::State) -> usize {
        1
    }

    /// Merges all states of a run, in their order. Default: one after another.
    fn combine(&self, states: Vec<Self::State>) -> Self::State {
        let mut states = states.into_iter();
        let mut all = states.next().unwrap_or_else(|| self.init());
        states.for_each(|state| self.merge(&mut all, state));
        all
    }

    /// Called in place of the methods above where all values can be had at once, in the order of the data: the state of them, where it is
    /// no more than that. Default: none.
    #[doc(hidden)]
    fn whole(&self, _values: &mut dyn Values<T>) -> Option<Self::State> {
        None
    }

    /// The result, from the state of all values.
    fn finish(&self, state: Self::State) -> Self::Output;
}

/// All values of a run, for who asks for them. Not to be implemented outside the crate.
#[doc(hidden)]
pub trait Values<T> {
    /// Runs, and returns the values in the order of the data; none where the run broke.
    fn all(&mut self) -> Option<Vec<T>>
    where
        T: Send;

    /// Does this inside the engine's thread pool, if work on so many values is worth it.
    fn split(&self, values: usize, work: &mut (dyn FnMut() + Send));
}

macro_rules! pointers {
    ($($pointer:ty),*) => { $(
        impl<T, P: Integrator<T> + ?Sized> Integrator<T> for $pointer {
            type State = P::State;
            type Output = P::Output;
            fn arrival(&self) -> Arrival {
                (**self).arrival()
            }
            fn exact(&self) -> bool {
                (**self).exact()
            }
            fn init(&self) -> P::State {
                (**self).init()
            }
            fn init_for(&self, expected: usize) -> P::State {
                (**self).init_for(expected)
            }
            #[inline]
            fn fold(&self, state: &mut P::State, value: T) {
                (**self).fold(state, value)
            }
            fn merge(&self, state: &mut P::State, other: P::State) {
                (**self).merge(state, other)
            }
            #[inline]
            fn without(&self, all: P::State, first: &P::State) -> Option<P::State> {
                (**self).without(all, first)
            }
            fn seal(&self, state: &mut P::State) {
                (**self).seal(state)
            }
            fn weight(&self, state: &P::State) -> usize {
                (**self).weight(state)
            }
            fn combine(&self, states: Vec<P::State>) -> P::State {
                (**self).combine(states)
            }
            fn whole(&self, values: &mut dyn Values<T>) -> Option<P::State> {
                (**self).whole(values)
            }
            fn finish(&self, state: P::State) -> P::Output {
                (**self).finish(state)
            }
        }
    )* };
}

pointers!(&P, Box<P>, Arc<P>);
