//! How a pipeline can fail, as a type: it decides whether `.run()` compiles, and which error `.try_run()` returns.

use crate::engine::{Bound, Broken, Free, Leash};
use crate::process::Stop;
use crate::stage::FailurePolicy;
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;

/// Nothing so far can fail.
#[derive(Clone, Copy, Debug, Default)]
pub struct Never;

/// A step can fail with `E`.
pub struct Fails<E>(PhantomData<fn() -> E>);

/// Can be stopped from outside, and fails as `X` does.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stoppable<X>(pub(super) X);

/// Fails with `E`, and a policy says what then.
pub struct Handled<E, P>(P, PhantomData<fn() -> E>);

impl<E> fmt::Debug for Fails<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fails")
    }
}

impl<E, P: fmt::Debug> fmt::Debug for Handled<E, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handled").field(&self.0).finish()
    }
}

/// A way to fail. Not to be implemented outside the crate.
pub trait Fallibility {
    /// What steps fail with.
    type Error;
    /// Whether a step can.
    const FAILS: bool;
}

impl Fallibility for Never {
    type Error = Infallible;
    const FAILS: bool = false;
}

impl<E> Fallibility for Fails<E> {
    type Error = E;
    const FAILS: bool = true;
}

impl<X: Fallibility> Fallibility for Stoppable<X> {
    type Error = X::Error;
    const FAILS: bool = X::FAILS;
}

impl<E, P> Fallibility for Handled<E, P> {
    type Error = E;
    const FAILS: bool = true;
}

/// What `.run()` asks for.
#[diagnostic::on_unimplemented(
    message = "this pipeline can fail, so `.run()` cannot return its bare result",
    label = "a step before this can fail, or the run can be stopped: `{Self}`",
    note = "end it with `.try_run()` (or `.try_iter()`, `.try_run_with_stats()`), which returns a `Result<_, RunError<_>>`"
)]
pub trait CannotFail: Fallibility {
    #[doc(hidden)]
    fn never(error: Self::Error) -> Infallible;
}

impl CannotFail for Never {
    fn never(error: Infallible) -> Infallible {
        error
    }
}

/// One error type a pipeline: the first step that can fail fixes it.
#[diagnostic::on_unimplemented(
    message = "this step fails with `{E}`, but the pipeline already has another error type: `{Self}`",
    label = "fails with `{E}`",
    note = "a pipeline has one error type: convert in the closure with `.map_err(..)`, or let every step return the same enum or `Box<dyn Error + Send + Sync>`; `.on_failure(..)` comes after the last step that can fail"
)]
pub trait Joins<E>: Fallibility {
    /// The way to fail with this step.
    type Out: Fallibility<Error = E>;
    #[doc(hidden)]
    fn join(self) -> Self::Out;
}

impl<E> Joins<E> for Never {
    type Out = Fails<E>;
    fn join(self) -> Fails<E> {
        Fails(PhantomData)
    }
}

impl<E> Joins<E> for Fails<E> {
    type Out = Self;
    fn join(self) -> Self {
        self
    }
}

impl<E, P> Joins<E> for Handled<E, P> {
    type Out = Self;
    fn join(self) -> Self {
        self
    }
}

impl<E, X: Joins<E>> Joins<E> for Stoppable<X> {
    type Out = Stoppable<X::Out>;
    fn join(self) -> Self::Out {
        Stoppable(self.0.join())
    }
}

/// Sets a policy on what can fail.
pub trait Handles<P>: Fallibility {
    /// The way to fail with this policy.
    type Out: Fallibility<Error = Self::Error>;
    #[doc(hidden)]
    fn handle(self, policy: P) -> Self::Out;
}

impl<P> Handles<P> for Never {
    type Out = Handled<Infallible, P>;
    fn handle(self, policy: P) -> Self::Out {
        Handled(policy, PhantomData)
    }
}

impl<E, P> Handles<P> for Fails<E> {
    type Out = Handled<E, P>;
    fn handle(self, policy: P) -> Self::Out {
        Handled(policy, PhantomData)
    }
}

impl<E, P0, P> Handles<P> for Handled<E, P0> {
    type Out = Handled<E, P>;
    fn handle(self, policy: P) -> Self::Out {
        Handled(policy, PhantomData)
    }
}

impl<X: Handles<P>, P> Handles<P> for Stoppable<X> {
    type Out = Stoppable<X::Out>;
    fn handle(self, policy: P) -> Self::Out {
        Stoppable(self.0.handle(policy))
    }
}

/// How failures of batches `B` are met.
pub trait Meets<B>: Fallibility {
    /// Decides on failures.
    type Policy: FailurePolicy<B, Self::Error>;
    /// Whether the run can be stopped from outside.
    type Leash: Leash;
    /// Whether a policy was set, which judges failures batch by batch.
    const JUDGED: bool;
    #[doc(hidden)]
    fn policy(&self) -> &Self::Policy;
}

impl<B> Meets<B> for Never {
    type Policy = Stop;
    type Leash = Free;
    const JUDGED: bool = false;
    fn policy(&self) -> &Stop {
        &Stop
    }
}

impl<B, E> Meets<B> for Fails<E> {
    type Policy = Stop;
    type Leash = Free;
    const JUDGED: bool = false;
    fn policy(&self) -> &Stop {
        &Stop
    }
}

impl<B, E, P: FailurePolicy<B, E>> Meets<B> for Handled<E, P> {
    type Policy = P;
    type Leash = Free;
    const JUDGED: bool = true;
    fn policy(&self) -> &P {
        &self.0
    }
}

impl<B, X: Meets<B>> Meets<B> for Stoppable<X> {
    type Policy = X::Policy;
    type Leash = Bound;
    const JUDGED: bool = X::JUDGED;
    fn policy(&self) -> &X::Policy {
        self.0.policy()
    }
}

/// A later stage takes over what an earlier one can fail with.
pub trait Absorbs<Prior: Fallibility>: Fallibility {
    #[doc(hidden)]
    fn absorb(broken: Broken<Prior::Error>) -> Broken<Self::Error>;
}

impl<X: Fallibility> Absorbs<Never> for X {
    fn absorb(broken: Broken<Infallible>) -> Broken<X::Error> {
        broken.map(|never| match never {})
    }
}

impl<E, X: Fallibility<Error = E>> Absorbs<Fails<E>> for X {
    fn absorb(broken: Broken<E>) -> Broken<E> {
        broken
    }
}

impl<E, P, X: Fallibility<Error = E>> Absorbs<Handled<E, P>> for X {
    fn absorb(broken: Broken<E>) -> Broken<E> {
        broken
    }
}

impl<P: Fallibility, X: Fallibility<Error = P::Error>> Absorbs<Stoppable<P>> for X {
    fn absorb(broken: Broken<P::Error>) -> Broken<P::Error> {
        broken
    }
}

/// How the next stage starts: nothing of its own has failed yet, the error type stays.
pub trait Onward: Fallibility {
    /// Its way to fail.
    type Next: Fallibility<Error = Self::Error>;
    #[doc(hidden)]
    fn next() -> Self::Next;
}

impl Onward for Never {
    type Next = Never;
    fn next() -> Never {
        Never
    }
}

impl<E> Onward for Fails<E> {
    type Next = Fails<E>;
    fn next() -> Fails<E> {
        Fails(PhantomData)
    }
}

impl<E, P> Onward for Handled<E, P> {
    type Next = Fails<E>;
    fn next() -> Fails<E> {
        Fails(PhantomData)
    }
}

impl<X: Onward> Onward for Stoppable<X> {
    type Next = Stoppable<X::Next>;
    fn next() -> Self::Next {
        Stoppable(X::next())
    }
}
