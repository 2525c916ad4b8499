use std::borrow::Borrow;
use std::marker::PhantomData;

/// An order that values are sorted in.
pub(super) trait Ranking<T>: Sync {
    /// What is compared of a value.
    type Key<'v>: Ord
    where
        T: 'v;

    fn key<'v>(&self, value: &'v T) -> Self::Key<'v>;

    /// Sorts on one thread; equal values keep their order.
    fn sort(&self, values: &mut [T]);
}

/// The order of the values themselves.
pub(super) struct Natural;

impl<T: Ord> Ranking<T> for Natural {
    type Key<'v>
        = &'v T
    where
        T: 'v;

    #[inline]
    fn key<'v>(&self, value: &'v T) -> &'v T {
        value
    }

    fn sort(&self, values: &mut [T]) {
        values.sort();
    }
}

/// The order of a key.
pub(super) struct ByKey<'f, U: ?Sized, F> {
    key: &'f F,
    record: PhantomData<fn(&U)>,
}

impl<'f, U: ?Sized, F> ByKey<'f, U, F> {
    pub(super) fn new(key: &'f F) -> Self {
        ByKey { key, record: PhantomData }
    }
}

impl<T: Borrow<U>, U: ?Sized, K: Ord, F: Fn(&U) -> K + Sync> Ranking<T> for ByKey<'_, U, F> {
    type Key<'v>
        = K
    where
        T: 'v;

    #[inline]
    fn key(&self, value: &T) -> K {
        (self.key)(value.borrow())
    }

    /// A key that owns memory is made once a value; any other costs less to make twice than to keep.
    fn sort(&self, values: &mut [T]) {
        if std::mem::needs_drop::<K>() {
            values.sort_by_cached_key(|value| self.key(value));
        } else {
            values.sort_by_key(|value| self.key(value));
        }
    }
}
