use super::{Operator, Rec, StateSize, Watch};
use crate::data::{NoTime, Timestamp};
use crate::keyed::NoKey;
use crate::stage::Processor;
use std::convert::Infallible;
use std::fmt;

/// Runs `compute` over a whole batch, which is lost as a whole if that fails.
#[inline]
fn drive<B, E, O, W: Watch<E>>(
    batch: B,
    watch: &mut W,
    compute: impl FnOnce(B) -> Result<O, E>,
    emit: &mut impl FnMut(Rec<NoTime, NoKey, O>) -> Result<(), E>,
) -> Result<(), E> {
    let records = watch.expected();
    let done = compute(batch).and_then(|value| emit(Rec { at: NoTime, key: NoKey, value }));
    watch.seen(records);
    done.or_else(|error| watch.failed(0, records, error))
}

macro_rules! batch_step {
    ($(#[$doc:meta])* $name:ident [$($bound:tt)*] -> $out:ty; |$step:ident, $batch:ident| $compute:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name<F>(pub(crate) F);

        impl<F> fmt::Debug for $name<F> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }

        impl<B, E, $($bound)*> Operator<B, E> for $name<F> {
            type At = NoTime;
            type Key = NoKey;
            type Value = $out;
            type Local = ();
            const ORDERED: bool = false;
            const IN_PIECES: bool = false;

            #[inline]
            fn drive<W: Watch<E>>(
                &self,
                _: &mut (),
                batch: B,
                watch: &mut W,
                emit: &mut impl FnMut(Rec<NoTime, NoKey, Self::Value>) -> Result<(), E>,
            ) -> Result<(), E> {
                let $step = &self.0;
                drive(batch, watch, |$batch| $compute, emit)
            }

            fn pass<W: Watch<E>>(
                &self,
                _: &mut (),
                _: Timestamp,
                _: &mut W,
                _: &mut impl FnMut(Rec<NoTime, NoKey, Self::Value>) -> Result<(), E>,
            ) -> Result<(), E> {
                Ok(())
            }

            fn size((): &()) -> StateSize {
                StateSize::default()
            }
        }
    };
}

batch_step! {
    /// One value a batch, by a processor that cannot fail.
    Process [F: Processor<B, Error: Harmless>] -> F::Output;
    |step, batch| step.process(batch).map_err(|error| match error.never() {})
}
batch_step! {
    /// One value a batch, by a processor that can fail.
    TryProcess [F: Processor<B, Error = E>] -> F::Output;
    |step, batch| step.process(batch)
}
batch_step! {
    /// One value a batch, by a closure that cannot fail.
    PerBatch [O, F: Fn(B) -> O] -> O;
    |step, batch| Ok(step(batch))
}
batch_step! {
    /// One value a batch, by a closure that can fail.
    TryPerBatch [O, F: Fn(B) -> Result<O, E>] -> O;
    |step, batch| step(batch)
}

/// The error of a processor that cannot fail.
#[diagnostic::on_unimplemented(
    message = "this processor can fail with `{Self}`",
    label = "can fail",
    note = "use `.try_processor(..)`, and `.try_run()` at the end"
)]
pub trait Harmless {
    #[doc(hidden)]
    fn never(self) -> Infallible;
}

impl Harmless for Infallible {
    fn never(self) -> Infallible {
        self
    }
}
