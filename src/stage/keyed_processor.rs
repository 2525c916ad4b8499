use crate::data::Timestamp;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// State by key with timers: what works on each key's records one after another, in the order of the source.
///
/// # Laws
/// * A key's records come in the order of the source, through all micro-batches; of a source with partitions, in that of each partition.
/// * Timers fire after the records of a micro-batch, by time, then key; those that are left fire at the end of the source.
/// * Keys know nothing of each other: those of a micro-batch with much work are shared by threads, with the same results. So what the processor
///   itself holds is seen by several threads at once.
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

    /// The time that the key asked to be woken after, with [`Context::wake`], has passed on the clock. Default: nothing.
    fn on_wake(&self, _key: &K, _state: &mut Self::State, _context: &mut Context<Self::Out>) {}
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
            fn on_wake(&self, key: &K, state: &mut P::State, context: &mut Context<P::Out>) {
                (**self).on_wake(key, state, context)
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
    pub(crate) wakes: Vec<Timestamp>,
    pub(crate) clear: bool,
}

impl<O> Context<O> {
    pub(crate) fn new() -> Self {
        Context { time: None, out: Vec::new(), timers: Vec::new(), wakes: Vec::new(), clear: false }
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
    ///
    /// A timer that is set while another fires, and is due, fires with it, by time; unless it is of the same time or an earlier one: then it
    /// fires with the key's next micro-batch, at the end of the source at the latest, so that a timer which sets itself again ends. What is
    /// set by those that fire at the end of the source never fires.
    pub fn timer(&mut self, at: Timestamp) {
        self.timers.push(at);
    }

    /// Calls `on_wake` once so much time has passed on the clock, after the records of a micro-batch, or about 10 milliseconds later where none
    /// come; at the end of the source in any case. What emits then has the event time that the stream has come to. Of a durable stream it is the time
    /// of day that counts, so that what was due while it did not run is due when it goes on.
    ///
    /// What is emitted depends on when records came: only event time gives the same results each time.
    ///
    /// ```
    /// use microbatch::prelude::*;
    /// use std::time::Duration;
    ///
    /// /// Says how many records of a key have come in a while from its first one on.
    /// struct Counted;
    ///
    /// impl<K: Copy> KeyedProcessor<K, u32> for Counted {
    ///     type State = u32;
    ///     type Out = (K, u32);
    ///
    ///     fn on_record(&self, _: &K, seen: &mut u32, _: u32, context: &mut Context<(K, u32)>) {
    ///         *seen += 1;
    ///         if *seen == 1 {
    ///             context.wake(Duration::from_secs(60));
    ///         }
    ///     }
    ///
    ///     fn on_wake(&self, key: &K, seen: &mut u32, context: &mut Context<(K, u32)>) {
    ///         context.emit((*key, *seen));
    ///         context.clear();
    ///     }
    /// }
    ///
    /// let mut counts = Pipeline::over([1, 2, 3, 4, 5]).key_by(|n| n % 2).stateful(Counted).run();
    /// counts.sort();
    /// assert_eq!(counts, [(0, 2), (1, 3)]);
    /// ```
    pub fn wake(&mut self, after: Duration) {
        let micros = i64::try_from(after.as_micros()).unwrap_or(i64::MAX);
        self.wakes.push(Timestamp::from(SystemTime::now()).later(micros));
    }

    /// Forgets the key's state after this call, and the key's timers with it.
    pub fn clear(&mut self) {
        self.clear = true;
    }
}
