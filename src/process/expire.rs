use crate::data::Timestamp;
use crate::stage::{Context, KeyedProcessor};
use std::collections::BTreeSet;
use std::time::Duration;

/// A [`KeyedProcessor`] whose state for a key is forgotten when no record of the key has come for some time, in event time.
///
/// ```
/// use microbatch::prelude::*;
/// use microbatch::Expire;
/// use std::time::Duration;
///
/// struct Number;
/// impl<K, V> KeyedProcessor<K, V> for Number {
///     type State = u64;
///     type Out = u64;
///     fn on_record(&self, _: &K, state: &mut u64, _: V, context: &mut Context<u64>) {
///         *state += 1;
///         context.emit(*state);
///     }
/// }
///
/// let mut seen = Vec::new();
/// Pipeline::stream([0, 1, 100].into_iter())
///     .event_time(|t| Timestamp::from_secs(*t))
///     .key_by(|_| ())
///     .stateful(Expire::after(Duration::from_secs(10), Number))
///     .trigger(Records::of(1))
///     .for_each(|n| seen.push(n))?;
/// assert_eq!(seen, [1, 2, 3]);
/// # Ok::<(), RunError<std::convert::Infallible>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Expire<P> {
    processor: P,
    micros: i64,
}

impl<P> Expire<P> {
    /// After so long without a record. Without event time, never.
    pub fn after(idle: Duration, processor: P) -> Self {
        Expire { processor, micros: i64::try_from(idle.as_micros()).unwrap_or(i64::MAX) }
    }
}

/// A key's state, and when it expires.
#[derive(Debug, Default)]
#[cfg_attr(feature = "checkpoint", derive(serde::Serialize, serde::Deserialize))]
pub struct Expiring<S> {
    state: S,
    expires: Option<Timestamp>,
    /// The timers of the processor itself.
    timers: BTreeSet<Timestamp>,
}

impl<K, V, P: KeyedProcessor<K, V>> KeyedProcessor<K, V> for Expire<P> {
    type State = Expiring<P::State>;
    type Out = P::Out;

    fn on_record(&self, key: &K, state: &mut Self::State, value: V, context: &mut Context<P::Out>) {
        self.processor.on_record(key, &mut state.state, value, context);
        state.timers.extend(&context.timers);
        if let Some(now) = context.time() {
            let expires = now.later(self.micros);
            state.expires = state.expires.max(Some(expires));
            context.timer(expires);
        }
    }

    fn on_timer(&self, key: &K, state: &mut Self::State, at: Timestamp, context: &mut Context<P::Out>) {
        if state.timers.remove(&at) {
            self.processor.on_timer(key, &mut state.state, at, context);
            state.timers.extend(&context.timers);
        }
        if state.expires == Some(at) {
            context.clear();
        }
    }
    fn on_wake(&self, key: &K, state: &mut Self::State, context: &mut Context<P::Out>) {
        self.processor.on_wake(key, &mut state.state, context);
        state.timers.extend(&context.timers);
    }
}
