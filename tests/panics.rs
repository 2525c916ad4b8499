//! A panic in any closure and any part: no hang, no abort, the batch is named, and the engine works on.

#[path = "panics/boom.rs"]
mod boom;
#[path = "panics/drops.rs"]
mod drops;
mod watchdog;

use boom::{PAYLOADS, Payload, silence, thrown};
use microbatch::Returns;
use microbatch::prelude::*;
use microbatch::steps::CannotFail;
use std::fmt::Debug;
use std::time::Duration;
use watchdog::within;

/// What a run that was to panic did.
#[derive(Debug, PartialEq)]
enum Told {
    /// `.run()` raised what was thrown.
    Raised,
    /// `.try_run()` named the batch, and what was said.
    Named(u64, String),
    Wrong(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Verb {
    Run,
    TryRun,
}

/// One run that panics.
struct Case<'e> {
    engine: &'e Engine,
    payload: Payload,
    verb: Verb,
}

impl Case<'_> {
    /// Panics on the records of the sixth and the ninth batch of four; gives others back.
    fn boom(&self, n: u64) -> u64 {
        if matches!(n / 4, 5 | 8) {
            self.payload.throw()
        }
        n
    }

    /// Ends a pipeline that cannot fail, by either verb.
    fn end<P: Returns<Failing: CannotFail, Error: Debug>>(&self, pipeline: P) -> Told {
        match self.verb {
            Verb::TryRun => self.try_end(pipeline),
            Verb::Run => match thrown(|| pipeline.run()) {
                Some(payload) if self.payload.is(&*payload) => (std::mem::forget(payload), Told::Raised).1,
                Some(_) => Told::Wrong("something else was raised".into()),
                None => Told::Wrong("nothing was raised".into()),
            },
        }
    }

    /// Ends a pipeline that can fail.
    fn try_end<P: Returns<Error: Debug>>(&self, pipeline: P) -> Told {
        let mut told = None;
        let escaped = thrown(|| told = Some(pipeline.try_run().map(|_| ())));
        match (escaped, told) {
            (None, Some(Err(RunError::Panicked { message, batch }))) => Told::Named(batch, message),
            (None, told) => Told::Wrong(format!("{told:?}")),
            (Some(payload), _) => {
                std::mem::forget(payload);
                Told::Wrong("`.try_run()` panicked".into())
            }
        }
    }
}

/// Ten batches of four records, each its number, on the engine of `$case`.
macro_rules! over {
    ($case:ident) => {
        Pipeline::over(0..40u64).partitioner(Chunks::of(4)).on($case.engine)
    };
}

fn check(name: &str, batch: u64, stage: fn(&Case) -> Told) {
    check_verbs(name, batch, &[Verb::Run, Verb::TryRun], stage);
}

/// For stages of pipelines that can fail.
fn check_try(name: &str, batch: u64, stage: fn(&Case) -> Told) {
    check_verbs(name, batch, &[Verb::TryRun], stage);
}

fn check_verbs(name: &str, batch: u64, verbs: &'static [Verb], stage: fn(&Case) -> Told) {
    silence();
    for threads in [1, 2, 8] {
        let name = name.to_string();
        within(Duration::from_secs(30), move || {
            let engine = Engine::builder().threads(threads).build().unwrap();
            for (payload, verb) in PAYLOADS.into_iter().flat_map(|payload| verbs.iter().map(move |verb| (payload, *verb))) {
                let expected = match verb {
                    Verb::Run => Told::Raised,
                    Verb::TryRun => Told::Named(batch, payload.message().to_string()),
                };
                let told = stage(&Case { engine: &engine, payload, verb });
                assert_eq!(told, expected, "{name}, {payload:?}, {verb:?}, {threads} threads");
                works(&engine);
            }
        });
    }
}

/// Whether all slots are back: a run waits for one, so that it would hang where the only one was lost.
fn works(engine: &Engine) {
    assert_eq!(engine.waiting_runs(), 0);
    assert_eq!(Pipeline::over(0..100u64).partitioner(Chunks::of(3)).on(engine).integrator(Sum).run(), 4950);
}

#[test]
fn in_a_step_by_record() {
    check("map", 5, |c| c.end(over!(c).map(|n| c.boom(n)).integrator(Count)));
    check("map, no integrator", 5, |c| c.end(over!(c).map(|n| c.boom(n))));
    check("filter", 5, |c| c.end(over!(c).filter(|n| c.boom(*n) < 99).integrator(Sum)));
    check("flat_map", 5, |c| c.end(over!(c).flat_map(|n| (c.boom(n), [n]).1).integrator(Sum)));
    check("flat_map's iterator", 5, |c| c.end(over!(c).flat_map(|n| (0..2).inspect(move |_| _ = c.boom(n))).integrator(Count)));
    check("key_by", 5, |c| c.end(over!(c).key_by(|n| c.boom(*n)).integrator(Count)));
    check("scan's state", 0, |c| c.end(over!(c).scan(|| c.payload.throw(), |_: &mut (), n| Some(n)).integrator(Sum)));
    check("scan", 5, |c| c.end(over!(c).scan(|| 0, |_, n| Some(c.boom(n))).integrator(Count)));
    check("scan by key", 5, |c| c.end(over!(c).key_by(|n| n % 3).scan(|| 0, |_, n| Some(c.boom(n))).integrator(Count)));
    check("reduce", 5, |c| c.end(over!(c).reduce(|_, b| (c.boom(b), b).1).integrator(Sum)));
    check("reduce by key", 5, |c| c.end(over!(c).key_by(|n| n % 2).reduce(|_, b| (c.boom(b), b).1).integrator(Sum)));
    check_try("try_map", 5, |c| c.try_end(over!(c).try_map(|n| Ok::<_, String>(c.boom(n))).integrator(Count)));
}

#[test]
fn in_a_step_over_batches() {
    struct Kernel<'c, 'e>(&'c Case<'e>);
    impl Processor<std::ops::Range<u64>> for Kernel<'_, '_> {
        type Output = u64;
        type Error = std::convert::Infallible;
        fn process(&self, batch: std::ops::Range<u64>) -> Result<u64, Self::Error> {
            self.0.boom(batch.start);
            Ok(1)
        }
    }
    check("process", 5, |c| c.end(over!(c).process(|batch| c.boom(batch.start)).integrator(Count)));
    check("processor", 5, |c| c.end(over!(c).processor(Kernel(c)).integrator(Sum)));
    check_try("try_process", 5, |c| c.try_end(over!(c).try_process(|batch| Ok::<_, String>(c.boom(batch.start))).integrator(Count)));
    check_try("try_processor", 5, |c| c.try_end(over!(c).try_processor(Kernel(c)).integrator(Sum)));
}

/// A key whose `Hash`, `Eq`, `Ord` or `Clone` panics.
struct Key<'c, 'e> {
    case: &'c Case<'e>,
    n: u64,
    what: char,
}

impl Key<'_, '_> {
    fn boom(&self, what: char) {
        if self.what == what {
            self.case.boom(self.n * 4);
        }
    }
}

impl Clone for Key<'_, '_> {
    fn clone(&self) -> Self {
        self.boom('c');
        Key { ..*self }
    }
}

impl PartialEq for Key<'_, '_> {
    fn eq(&self, other: &Self) -> bool {
        self.boom('e');
        self.n == other.n
    }
}

impl Eq for Key<'_, '_> {}

impl std::hash::Hash for Key<'_, '_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.boom('h');
        self.n.hash(state);
    }
}

impl PartialOrd for Key<'_, '_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key<'_, '_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.boom('o');
        self.n.cmp(&other.n)
    }
}

fn key<'c, 'e>(case: &'c Case<'e>, n: u64, what: char) -> Key<'c, 'e> {
    Key { case, n: n / 4, what }
}

#[test]
fn in_a_key() {
    check("hash", 5, |c| c.end(over!(c).key_by(|n| key(c, *n, 'h')).integrator(Count)));
    check("eq", 5, |c| c.end(over!(c).key_by(|n| key(c, *n, 'e')).integrator(Count)));
    check("clone", 5, |c| c.end(over!(c).key_by(|n| key(c, *n, 'c')).reduce(|a, b| a + b).integrator(Count)));
    check("hash in partition_by", 0, |c| c.end(Pipeline::over(0..40u64).on(c.engine).partition_by(4, |n| key(c, *n, 'h')).integrator(Sum)));
    // Values of all batches are compared with each other, after the last.
    check("sort", 9, |c| c.end(over!(c).map(|n| key(c, n, 'o')).sort()));
    check("sort_by_key", 9, |c| c.end(over!(c).sort_by_key(|n| key(c, *n, 'o'))));
    check("top_by_key", 9, |c| c.end(over!(c).top_by_key(2, |n| (c.boom(*n), *n).1)));
    check("the order of panes", 9, |c| c.end(over!(c).key_by(|n| key(c, *n, 'o')).integrator(Count).then().map(|pane| pane.value)));
}

#[test]
fn in_a_part() {
    struct Cuts<'c, 'e>(&'c Case<'e>);
    impl<D> Partitioner<D> for Cuts<'_, '_> {
        type Batch = Vec<u64>;
        fn partition(&self, _: D, _: usize) -> Vec<Part<Vec<u64>>> {
            self.0.payload.throw()
        }
    }
    struct Ranks<'c, 'e>(&'c Case<'e>);
    impl Scheduler for Ranks<'_, '_> {
        fn rank(&self, task: &Task) -> u64 {
            self.0.boom(u64::from(task.seq) * 4);
            0
        }
    }
    check("partitioner", 0, |c| c.end(Pipeline::over(0..40u64).on(c.engine).partitioner(Cuts(c)).integrator(Sum)));
    check("partition_by", 0, |c| c.end(Pipeline::over(0..40u64).on(c.engine).partition_by(4, |n| c.boom(*n)).integrator(Sum)));
    check("range_by", 0, |c| c.end(Pipeline::over(0..40u64).on(c.engine).range_by(4, |n| c.boom(*n)).integrator(Sum)));
    check("scheduler", 0, |c| c.end(over!(c).scheduler(Ranks(c)).integrator(Sum)));
    check("Priority::by", 0, |c| c.end(over!(c).scheduler(Priority::by(|_| c.payload.throw())).integrator(Sum)));
}

/// The engine's own policy is asked by every run, so it throws for urgent ones only.
#[test]
fn in_the_scheduler_of_the_engine() {
    silence();
    within(Duration::from_secs(30), || {
        for payload in PAYLOADS {
            let policy = Priority::by(move |task: &Task| if task.priority == 9 { payload.throw() } else { 0 });
            let engine = Engine::builder().threads(2).scheduler(policy).build().unwrap();
            for verb in [Verb::Run, Verb::TryRun] {
                let case = Case { engine: &engine, payload, verb };
                let told = case.end(over!(case).priority(9).integrator(Sum));
                assert!(told == Told::Raised || told == Told::Named(0, payload.message().into()), "{payload:?}: {told:?}");
                works(&engine);
            }
        }
    });
}

/// Fails where a batch of four begins; panics in one of its methods.
struct Policy<'c, 'e>(&'c Case<'e>, &'static str);

impl FailurePolicy<std::ops::Range<u64>, u64> for Policy<'_, '_> {
    fn keep(&self, batch: &std::ops::Range<u64>) -> Option<std::ops::Range<u64>> {
        if self.1 == "keep" {
            self.0.boom(batch.start);
        }
        Some(batch.clone())
    }
    fn decide(&self, _: Option<&std::ops::Range<u64>>, _: usize, attempt: u32, error: u64) -> Verdict<u64> {
        if self.1 == "decide" {
            self.0.boom(error);
        }
        if self.1 == "backoff" && attempt == 0 { Verdict::Retry(error) } else { Verdict::Skip }
    }
    fn backoff(&self, _: u32) -> Duration {
        self.0.payload.throw()
    }
}

#[test]
fn in_a_failure_policy() {
    fn fail(n: u64) -> Result<u64, u64> {
        if n.is_multiple_of(4) { Err(n) } else { Ok(n) }
    }
    check_try("keep", 5, |c| c.try_end(over!(c).try_map(fail).on_failure(Policy(c, "keep")).integrator(Sum)));
    check_try("decide", 5, |c| c.try_end(over!(c).try_map(fail).on_failure(Policy(c, "decide")).integrator(Sum)));
    check_try("backoff", 0, |c| c.try_end(over!(c).try_map(fail).on_failure(Policy(c, "backoff")).integrator(Sum)));
    check_try("dead_letter", 5, |c| c.try_end(over!(c).try_map(fail).dead_letter(|letter| _ = c.boom(letter.record)).integrator(Sum)));
    check_try("a later attempt", 5, |c| {
        let tries = std::sync::atomic::AtomicU32::new(0);
        let busy = |n| if n == 20 && tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 { Err(n) } else { Ok(c.boom(n)) };
        // The first record of the sixth batch fails once, then panics.
        c.try_end(over!(c).try_map(busy).on_failure(Retry::times(1)).integrator(Count))
    });
}

/// Panics wherever it is told something.
struct Grumpy(Payload);

impl Observer for Grumpy {
    fn started(&self, _: &RunPlan) {
        self.0.throw()
    }
    fn batch_started(&self, _: &Task) {
        self.0.throw()
    }
    fn batch_finished(&self, _: &Task, _: Duration) {
        self.0.throw()
    }
    fn batch_failed(&self, _: &Task, _: Duration) {
        self.0.throw()
    }
    fn finished(&self, _: &RunStats) {
        self.0.throw()
    }
}

#[test]
fn in_an_observer_harms_nothing() {
    silence();
    for threads in [1, 2, 8] {
        within(Duration::from_secs(30), move || {
            let engine = Engine::builder().threads(threads).build().unwrap();
            for payload in PAYLOADS {
                let over = || Pipeline::over(0..40u64).partitioner(Chunks::of(4)).on(&engine).observe(Grumpy(payload));
                let (sum, stats) = over().integrator(Sum).run_with_stats();
                assert_eq!((sum, stats.batches, stats.records), (780, 10, 40));
                let failed = over().try_map(|n| if n == 21 { Err("no") } else { Ok(n) }).integrator(Sum).try_run();
                assert!(matches!(failed, Err(RunError::Failed { error: "no", batch: 5, record: 21 })), "{failed:?}");
                works(&engine);
            }
        });
    }
}

#[path = "panics/integrators.rs"]
mod integrators;
