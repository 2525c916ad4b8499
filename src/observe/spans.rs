use crate::data::{RunStats, Task};
use crate::stage::{Observer, RunPlan};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tracing::field::Empty;
use tracing::span::EnteredSpan;
use tracing::{Span, debug_span, info, info_span, warn};

/// A span a run and, inside it, one a batch, of the crate [`tracing`]. Feature `tracing`.
///
/// The span `run` is of level info, lies inside the one that is current where the terminal verb is called, and ends with an event that says what was
/// done. The span `batch` is of level debug and is entered on the thread that runs the batch, so what closures say lies inside it; a batch that fails
/// says so at level warn. All are of the target `microbatch`. One may be shared by pipelines on one engine.
///
/// ```
/// use microbatch::prelude::*;
///
/// let work = |n: u64| {
///     tracing::debug!(n, "in the span of its batch");
///     n * n
/// };
/// let sum = Pipeline::over(0..10u64).name("squares").observe(Spans::new()).map(work).integrator(Sum).run();
/// assert_eq!(sum, 285);
/// ```
#[derive(Debug, Default)]
pub struct Spans {
    runs: Mutex<BTreeMap<u32, Span>>,
}

/// A span that this thread is in.
struct Entered {
    observer: usize,
    pipeline: u32,
    seq: u32,
    span: EnteredSpan,
}

thread_local! {
    /// Several where a run was begun inside a batch, or has several observers.
    static ENTERED: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
}

impl Spans {
    /// For any number of pipelines.
    pub fn new() -> Self {
        Self::default()
    }

    fn runs(&self) -> MutexGuard<'_, BTreeMap<u32, Span>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells this observer's spans from those of others on one thread.
    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Takes back the span of a batch, which this thread has entered.
    fn leave(&self, task: &Task) -> Option<Span> {
        let of_batch = |entered: &Entered| (entered.observer, entered.pipeline, entered.seq) == (self.address(), task.pipeline, task.seq);
        let entered = ENTERED.with_borrow_mut(|all| all.iter().rposition(of_batch).map(|place| all.remove(place)));
        entered.map(|entered| entered.span.exit())
    }
}

impl Observer for Spans {
    fn started(&self, plan: &RunPlan) {
        let RunPlan { pipeline, name, batches, records, threads } = *plan;
        let span = info_span!(target: "microbatch", "run", pipeline, name, batches, records, threads);
        let replaced = self.runs().insert(pipeline, span);
        drop(replaced);
    }

    fn batch_started(&self, task: &Task) {
        let run = self.runs().get(&task.pipeline).and_then(Span::id);
        let Task { pipeline, seq, partition, records, worker, .. } = *task;
        let wait_us = task.wait.as_micros() as u64;
        let span = debug_span!(target: "microbatch", parent: run, "batch", seq, partition, records, worker, wait_us, failed = Empty);
        if !span.is_disabled() {
            let entered = Entered { observer: self.address(), pipeline, seq, span: span.entered() };
            ENTERED.with_borrow_mut(|all| all.push(entered));
        }
    }

    fn batch_finished(&self, task: &Task, _: Duration) {
        if let Some(span) = self.leave(task) {
            span.record("records", task.records);
        }
    }

    fn batch_failed(&self, task: &Task, _: Duration) {
        warn!(target: "microbatch", pipeline = task.pipeline, name = task.name, seq = task.seq, "a batch failed");
        if let Some(span) = self.leave(task) {
            span.record("failed", true);
        }
    }

    fn finished(&self, stats: &RunStats) {
        let span = self.runs().remove(&stats.pipeline);
        let RunStats { batches, records, failed, retried, .. } = *stats;
        let elapsed_us = stats.elapsed.as_micros() as u64;
        info!(target: "microbatch", parent: span.as_ref().and_then(Span::id), batches, records, failed, retried, elapsed_us, "finished");
    }
}
