use crate::data::Timestamp;
use crate::stage::{Context, Integrator, KeyedProcessor};

/// Windows by count: integrates each key's values in lots of so many, in the order of the source. A [`KeyedProcessor`], so that the result does
/// not depend on how a stream is cut.
///
/// What is left of a key at the end of the source, fewer values, is a lot as well.
///
/// ```
/// use microbatch::Counted;
/// use microbatch::prelude::*;
///
/// let sums = Pipeline::stream(1..=7u64).key_by(|_| ()).stateful(Counted::of(3, Sum)).run();
/// assert_eq!(sums, [6, 15, 7]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Counted<I> {
    count: u64,
    integrator: I,
}

impl<I> Counted<I> {
    /// Lots of so many values.
    ///
    /// # Panics
    /// If that is none.
    pub fn of(count: u64, integrator: I) -> Self {
        assert!(count > 0, "a window of 0 values is never complete: give at least 1");
        Counted { count, integrator }
    }
}

/// A lot that is not complete.
#[derive(Debug)]
pub struct Lot<S> {
    count: u64,
    state: Option<S>,
}

impl<S> Default for Lot<S> {
    fn default() -> Self {
        Lot { count: 0, state: None }
    }
}

impl<K, V, I: Integrator<V>> KeyedProcessor<K, V> for Counted<I> {
    type State = Lot<I::State>;
    type Out = I::Output;

    fn on_record(&self, _: &K, lot: &mut Lot<I::State>, value: V, context: &mut Context<I::Output>) {
        let state = lot.state.get_or_insert_with(|| {
            // At the end of the source it leaves as it is.
            context.timer(Timestamp::MAX);
            self.integrator.init()
        });
        self.integrator.fold(state, value);
        lot.count += 1;
        if lot.count == self.count {
            lot.state.take().into_iter().for_each(|state| context.emit(self.integrator.finish(state)));
            context.clear();
        }
    }

    fn on_timer(&self, _: &K, lot: &mut Lot<I::State>, _: Timestamp, context: &mut Context<I::Output>) {
        lot.state.take().into_iter().for_each(|state| context.emit(self.integrator.finish(state)));
        context.clear();
    }
}
