use crate::data::Timestamp;
use std::sync::Arc;

/// State by key with timers: what works on each key's records one after another, in the order of the source.
///
/// # Laws
/// * A key's records come in the order of the source, through all micro-batches; of a source with partitions, in that of each partition.
/// * Timers fire after the records of a micro-batch, by time, then key; those that are left fire at the end of the source.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
///
/// /// Numbers the records of each key.
/// struct Number;
///
/// impl<K, V> KeyedProcessor<K, V> for Number {
///     type State = u64;
///     type Out = (u64, V);
///     fn on_record(&self, _: &K, state: &mut u64, value: V, context: &mut Context<(u64, V)>) {
///         *state += 1;
///         context.emit((*state, value));
///     }
/// }
///
/// let numbered = Pipeline::over(["a", "b", "a"]).key_by(|w| *w).stateful(Number).run();
/// assert_eq!(numbered, [(1, "a"), (1, "b"), (2, "a")]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not process values `{V}` by key `{K}`",
    label = "not a `KeyedProcessor<{K}, {V}>`",
    note = "key the records first: `.key_by(|record| ..).stateful(processor)`"
)]
pub trait KeyedProcessor<K, V> {
    /// What is kept for a key.
    type State: Default + Send;
    /// What comes out.
    type Out;

    /// Takes a record of the key.
    fn on_record(&self, key: &K, state: &mut Self::State, value: V, context: &mut Context<Self::Out>);

    /// A timer of the key fires. Default: nothing.
    fn on_timer(&self, _key: &K, _state: &mut Self::State, _at: Timestamp, _context: &mut Context<Self::Out>) {}
}

macro_rules! pointers {
    ($($pointer:ty),*) => { $(
        impl<K, V, P: KeyedProcessor<K, V> + ?Sized> KeyedProcessor<K, V> for $pointer {
            type State = P::State;
            type Out = P::Out;
            fn on_record(&self, key: &K, state: &mut P::State, value: V, context: &mut Context<P::Out>) {
                (**self).on_record(key, state, value, context)
            }
            fn on_timer(&self, key: &K, state: &mut P::State, at: Timestamp, context: &mut Context<P::Out>) {
                (**self).on_timer(key, state, at, context)
            }
        }
    )* };
}

pointers!(&P, Box<P>, Arc<P>);

/// What a [`KeyedProcessor`] can do besides changing its state.
#[derive(Debug)]
pub struct Context<O> {
    pub(crate) time: Option<Timestamp>,
    pub(crate) out: Vec<O>,
    pub(crate) timers: Vec<Timestamp>,
    pub(crate) clear: bool,
}

impl<O> Context<O> {
    pub(crate) fn new() -> Self {
        Context { time: None, out: Vec::new(), timers: Vec::new(), clear: false }
    }

    /// The record's event time, or the timer's time; none where records have none.
    pub fn time(&self) -> Option<Timestamp> {
        self.time
    }

    /// Gives a value to the next step, with the record's time, or the timer's.
    pub fn emit(&mut self, out: O) {
        self.out.push(out);
    }

    /// Calls `on_timer` once event time has come to `at`, at the end of the source at the latest. A time that has passed already fires after
    /// the records of this micro-batch; the same time twice is one timer.
    pub fn timer(&mut self, at: Timestamp) {
        self.timers.push(at);
    }

    /// Forgets the key's state after this call, and the key's timers with it.
    pub fn clear(&mut self) {
        self.clear = true;
    }
}
