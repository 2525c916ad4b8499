use super::{Engine, beside};
use crate::data::Timestamp;
use crate::process::{Clock, Watch};
use crate::stage::{FailurePolicy, Place, Verdict};
use std::marker::PhantomData;

/// Watches over what timers make: no batch is run, so none can be run again.
pub(crate) struct Passing<'p, B, P> {
    engine: &'p Engine,
    policy: &'p P,
    batch: u64,
    clock: Clock,
    failed: u64,
    late: u64,
    dropped: u64,
    flow: PhantomData<fn(B)>,
}

impl<'p, B, P> Passing<'p, B, P> {
    /// After this batch, when the clock has come so far.
    pub(crate) fn new(engine: &'p Engine, policy: &'p P, batch: u64, clock: Clock) -> Self {
        Passing { engine, policy, batch, clock, failed: 0, late: 0, dropped: 0, flow: PhantomData }
    }

    pub(crate) fn failed(&self) -> u64 {
        self.failed
    }

    pub(crate) fn late(&self) -> u64 {
        self.late
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }
}

impl<B, E, P: FailurePolicy<B, E>> Watch<E> for Passing<'_, B, P> {
    const STOPPABLE: bool = false;
    const FOLLOWED: bool = false;

    fn stopped(&mut self) -> bool {
        false
    }

    #[cold]
    fn failed(&mut self, position: usize, records: usize, error: E) -> Result<(), E> {
        let place = Place { batch: self.batch, first: 0, position, records };
        match self.policy.judge(None, 0)(&place, error) {
            Verdict::Skip => {
                self.failed += 1;
                Ok(())
            }
            Verdict::Retry(error) | Verdict::Stop(error) => Err(error),
        }
    }

    fn batch(&self) -> u64 {
        self.batch
    }

    fn first(&self) -> u64 {
        0
    }

    fn expected(&self) -> usize {
        0
    }

    fn seen(&mut self, _: usize) {}

    fn reached(&mut self, _: Timestamp) {}

    fn threads(&self) -> usize {
        self.engine.threads()
    }

    fn share<L: Send>(&self, lanes: Vec<L>, work: impl Fn(L, &dyn Fn() -> bool) + Sync) {
        beside::share(&self.engine.0, lanes, |lane| work(lane, &|| false));
    }

    fn clock(&self) -> Clock {
        self.clock
    }

    fn late(&mut self, late: u64, dropped: u64) {
        self.late += late;
        self.dropped += dropped;
    }
}
