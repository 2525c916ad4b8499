use std::time::Duration;

/// What waits for a micro-batch: what a trigger may know.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Pending {
    /// How many records.
    pub records: usize,
    /// Their bytes.
    pub bytes: usize,
    /// How long the oldest of them has waited.
    pub oldest: Duration,
    /// Time since the start of the stream.
    pub elapsed: Duration,
    /// What a micro-batch costs whatever its size, and what a record more costs, as fitted over those that ran; zero before that is known.
    pub fixed_cost: Duration,
    /// In nanoseconds.
    pub record_cost: f64,
}

/// Decides when pending records become a micro-batch.
///
/// Asked whenever records have come and nothing runs, and again after [`wait`](Self::wait), also where no record comes. Whatever it says, a
/// micro-batch begins when there is no more room for pending records, and at the end of the source.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
/// use microbatch::Pending;
///
/// /// Batches of an even number of records.
/// struct Pairs;
///
/// impl Trigger for Pairs {
///     fn fire(&mut self, pending: &Pending) -> bool { pending.records >= 2 }
///     fn most(&self, pending: &Pending) -> usize { pending.records / 2 * 2 }
/// }
///
/// let sizes = Pipeline::stream(0..7).trigger(Pairs).process(|batch| batch.len()).run();
/// assert!(sizes.iter().rev().skip(1).all(|size| size % 2 == 0));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a trigger",
    label = "not a `Trigger`",
    note = "for example `Every::new(duration)`, `Records::of(n)`, or one `.or(..)` the other"
)]
pub trait Trigger: Send {
    /// Whether a micro-batch is to begin.
    fn fire(&mut self, pending: &Pending) -> bool;

    /// How many records it may take, the oldest first. Default: all that wait.
    fn most(&self, pending: &Pending) -> usize {
        pending.records
    }

    /// In how long it would fire if no record came. Default: never.
    fn wait(&self, _pending: &Pending) -> Option<Duration> {
        None
    }

    /// How many ticks of its clock have passed unused. Default: none.
    fn missed(&self) -> u64 {
        0
    }

    /// Fires when this or the other does.
    fn or<T: Trigger>(self, other: T) -> Or<Self, T>
    where
        Self: Sized,
    {
        Or(self, other)
    }

    /// Fires when this and the other do.
    fn and<T: Trigger>(self, other: T) -> And<Self, T>
    where
        Self: Sized,
    {
        And(self, other)
    }
}

impl<T: Trigger + ?Sized> Trigger for Box<T> {
    fn fire(&mut self, pending: &Pending) -> bool {
        (**self).fire(pending)
    }
    fn most(&self, pending: &Pending) -> usize {
        (**self).most(pending)
    }
    fn wait(&self, pending: &Pending) -> Option<Duration> {
        (**self).wait(pending)
    }
    fn missed(&self) -> u64 {
        (**self).missed()
    }
}

/// One trigger or another: see [`Trigger::or`].
#[derive(Clone, Copy, Debug)]
pub struct Or<A, B>(A, B);

impl<A: Trigger, B: Trigger> Trigger for Or<A, B> {
    // Both are asked: either may count or tick.
    fn fire(&mut self, pending: &Pending) -> bool {
        self.0.fire(pending) | self.1.fire(pending)
    }

    fn most(&self, pending: &Pending) -> usize {
        self.0.most(pending).min(self.1.most(pending))
    }

    fn wait(&self, pending: &Pending) -> Option<Duration> {
        let (this, other) = (self.0.wait(pending), self.1.wait(pending));
        this.into_iter().chain(other).min()
    }

    fn missed(&self) -> u64 {
        self.0.missed() + self.1.missed()
    }
}

/// Two triggers at once: see [`Trigger::and`].
#[derive(Clone, Copy, Debug)]
pub struct And<A, B>(A, B);

impl<A: Trigger, B: Trigger> Trigger for And<A, B> {
    fn fire(&mut self, pending: &Pending) -> bool {
        self.0.fire(pending) & self.1.fire(pending)
    }

    fn most(&self, pending: &Pending) -> usize {
        self.0.most(pending).max(self.1.most(pending))
    }

    /// The later of both, as neither fires alone.
    fn wait(&self, pending: &Pending) -> Option<Duration> {
        self.0.wait(pending).max(self.1.wait(pending))
    }

    fn missed(&self) -> u64 {
        self.0.missed() + self.1.missed()
    }
}
