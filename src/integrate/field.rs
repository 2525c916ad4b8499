use crate::stage::{Arrival, Integrator};
use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;

/// An integrator over one field of the record; several of them in a tuple look at several fields.
///
/// ```
/// use microbatch::prelude::*;
///
/// struct Trade { price: u32, cents: i64 }
///
/// let trades = [Trade { price: 3, cents: 10 }, Trade { price: 5, cents: 20 }];
/// let both = (Field::of(|t: &Trade| t.price, Max), Field::of(|t: &Trade| t.cents, Sum));
/// assert_eq!(Pipeline::over(&trades).integrator(both).run(), (Some(5), 30));
/// ```
#[derive(Clone, Copy)]
pub struct Field<U: ?Sized, F, I> {
    get: F,
    inner: I,
    record: PhantomData<fn(&U)>,
}

impl<U: ?Sized, F, I> Field<U, F, I> {
    /// What `get` brings out of a record goes to `inner`. Name the record, whether it is borrowed or owned: `|t: &Trade|`.
    pub fn of<V>(get: F, inner: I) -> Self
    where
        F: Fn(&U) -> V,
        I: Integrator<V>,
    {
        Field { get, inner, record: PhantomData }
    }
}

impl<U: ?Sized, F, I: fmt::Debug> fmt::Debug for Field<U, F, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Field").field(&self.inner).finish()
    }
}

impl<T: Borrow<U>, U: ?Sized, V, F: Fn(&U) -> V, I: Integrator<V>> Integrator<T> for Field<U, F, I> {
    type State = I::State;
    type Output = I::Output;

    fn arrival(&self) -> Arrival {
        self.inner.arrival()
    }

    fn exact(&self) -> bool {
        self.inner.exact()
    }

    fn init(&self) -> I::State {
        self.inner.init()
    }

    fn init_for(&self, expected: usize) -> I::State {
        self.inner.init_for(expected)
    }

    #[inline]
    fn fold(&self, state: &mut I::State, value: T) {
        self.inner.fold(state, (self.get)(value.borrow()));
    }

    #[inline]
    fn merge(&self, state: &mut I::State, other: I::State) {
        self.inner.merge(state, other);
    }

    #[inline]
    fn without(&self, all: I::State, first: &I::State) -> Option<I::State> {
        self.inner.without(all, first)
    }

    fn seal(&self, state: &mut I::State) {
        self.inner.seal(state);
    }

    fn weight(&self, state: &I::State) -> usize {
        self.inner.weight(state)
    }

    fn combine(&self, states: Vec<I::State>) -> I::State {
        self.inner.combine(states)
    }

    fn finish(&self, state: I::State) -> I::Output {
        self.inner.finish(state)
    }
}
