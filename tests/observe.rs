//! What observers hear and what the stats say, against what was run.

use microbatch::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

/// What an observer heard.
#[derive(Clone, Debug, PartialEq)]
enum Heard {
    Started { batches: usize, records: usize, threads: usize },
    Began { seq: u32, partition: u32, records: usize },
    Done { seq: u32, partition: u32, records: usize },
    Failed { seq: u32, partition: u32 },
    Finished { batches: u64, records: u64, failed: u64 },
}

#[derive(Default)]
struct Log(Mutex<Vec<Heard>>);

impl Log {
    fn put(&self, heard: Heard) {
        self.0.lock().unwrap().push(heard);
    }

    fn heard(&self) -> Vec<Heard> {
        self.0.lock().unwrap().clone()
    }

    fn count(&self, what: impl Fn(&Heard) -> bool) -> usize {
        self.heard().iter().filter(|heard| what(heard)).count()
    }
}

impl Observer for Log {
    fn started(&self, plan: &RunPlan) {
        self.put(Heard::Started { batches: plan.batches, records: plan.records, threads: plan.threads });
    }
    fn batch_started(&self, task: &Task) {
        self.put(Heard::Began { seq: task.seq, partition: task.partition, records: task.records });
    }
    fn batch_finished(&self, task: &Task, elapsed: Duration) {
        assert!(elapsed > Duration::ZERO);
        self.put(Heard::Done { seq: task.seq, partition: task.partition, records: task.records });
    }
    fn batch_failed(&self, task: &Task, _: Duration) {
        self.put(Heard::Failed { seq: task.seq, partition: task.partition });
    }
    fn finished(&self, stats: &RunStats) {
        self.put(Heard::Finished { batches: stats.batches, records: stats.records, failed: stats.failed });
    }
}

fn engine(threads: usize) -> Engine {
    Engine::builder().threads(threads).build().unwrap()
}

#[test]
fn on_one_thread_everything_is_heard_in_its_order() {
    let log = Log::default();
    let sum = Pipeline::over(0..10u64).partitioner(Chunks::of(4)).on(&engine(1)).observe(&log).integrator(Sum).run();
    let batch = |seq, records| [Heard::Began { seq, partition: seq, records }, Heard::Done { seq, partition: seq, records }];
    let mut expected = vec![Heard::Started { batches: 3, records: 10, threads: 1 }];
    expected.extend([batch(0, 4), batch(1, 4), batch(2, 2)].concat());
    expected.push(Heard::Finished { batches: 3, records: 10, failed: 0 });
    assert_eq!((sum, log.heard()), (45, expected));
}

#[test]
fn each_batch_is_heard_of_once_by_every_observer() {
    for (threads, size) in [(1, 7), (2, 1), (8, 1), (3, 1_000)] {
        let (one, two) = (Log::default(), Log::default());
        let scheduler = Priority::by(|task| u64::from(task.seq % 10));
        let over = Pipeline::over(0..500u64).partitioner(Chunks::of(size)).scheduler(scheduler).on(&engine(threads));
        assert_eq!(over.observe(&one).observe(Box::new(&two) as Box<dyn Observer>).filter(|n| n % 2 == 0).integrator(Count).run(), 250);
        for log in [one, two] {
            let heard = log.heard();
            let batches = 500usize.div_ceil(size);
            assert_eq!(heard.first(), Some(&Heard::Started { batches, records: 500, threads }));
            assert_eq!(heard.last(), Some(&Heard::Finished { batches: batches as u64, records: 500, failed: 0 }));
            assert_eq!(heard.len(), 2 + 2 * batches);
            for seq in 0..batches as u32 {
                let records = size.min(500 - seq as usize * size);
                assert_eq!(log.count(|h| *h == Heard::Began { seq, partition: seq, records }), 1);
                assert_eq!(log.count(|h| *h == Heard::Done { seq, partition: seq, records }), 1);
            }
        }
    }
}

#[test]
fn a_batch_that_fails_is_heard_of_as_such() {
    let check = |run: &dyn Fn(&Log) -> bool, failed: &[u32], done: usize| {
        let log = Log::default();
        assert!(run(&log), "is to fail");
        let heard: Vec<u32> =
            log.heard().iter().filter_map(|h| if let Heard::Failed { seq, .. } = h { Some(*seq) } else { None }).collect();
        assert_eq!((heard, log.count(|h| matches!(h, Heard::Done { .. }))), (failed.to_vec(), done));
        assert_eq!(log.count(|h| matches!(h, Heard::Finished { .. })), 1, "the run is over");
    };
    let engine = engine(1);
    let over = || Pipeline::over(0..20u64).partitioner(Chunks::of(4)).on(&engine);
    check(&|log| over().observe(log).try_map(|n| if n == 9 { Err(n) } else { Ok(n) }).integrator(Sum).try_run().is_err(), &[2], 2);
    check(&|log| over().observe(log).map(|n| std::panic::resume_unwind(Box::new(n))).integrator(Count).try_run().is_err(), &[0], 0);
    let token = CancelToken::new();
    let cancel = |n: u64| (n == 9).then(|| token.cancel()).is_some();
    check(&|log| over().observe(log).cancel(&token).filter(|n| !cancel(*n)).integrator(Count).try_run().is_err(), &[], 3);
}

#[test]
fn a_run_that_never_begins_is_over_too() {
    let log = Log::default();
    let never = Priority::by(|_| -> u64 { std::panic::resume_unwind(Box::new(0)) });
    assert!(Pipeline::over(0..20u64).scheduler(never).observe(&log).integrator(Sum).try_run().is_err());
    let (started, finished) = (log.count(|h| matches!(h, Heard::Started { .. })), log.count(|h| matches!(h, Heard::Finished { .. })));
    assert_eq!(started, finished);
}

#[test]
fn every_stage_starts_and_finishes() {
    let log = Log::default();
    let first = Pipeline::over(0..100u64).partitioner(Chunks::of(10)).on(&engine(1)).observe(&log).key_by(|n| n % 6).integrator(Count);
    let (sum, stats) = first.then().partitioner(Chunks::of(4)).map(|pane| pane.value).integrator(Sum).run_with_stats();
    assert_eq!((sum, stats.batches, stats.records), (100, 12, 100));
    let starts: Vec<_> = log.heard().into_iter().filter(|h| matches!(h, Heard::Started { .. })).collect();
    assert_eq!(starts, [Heard::Started { batches: 10, records: 100, threads: 1 }, Heard::Started { batches: 2, records: 6, threads: 1 }]);
    assert_eq!(log.count(|h| matches!(h, Heard::Finished { .. })), 2);
    assert_eq!(log.count(|h| matches!(h, Heard::Done { .. })), 12);
}

#[test]
fn empty_data_start_and_finish() {
    let log = Log::default();
    let (sum, stats) = Pipeline::over(0..0u64).on(&engine(2)).observe(&log).integrator(Sum).run_with_stats();
    assert_eq!((sum, stats.batches, stats.records, stats.skew()), (0, 0, 0, 0.0));
    let expected = [Heard::Started { batches: 0, records: 0, threads: 2 }, Heard::Finished { batches: 0, records: 0, failed: 0 }];
    assert_eq!(log.heard(), expected);
    assert!(stats.to_string().starts_with("0 records in 0 batches"), "{stats}");
}

/// Runs in 20 ms or more a batch, on one thread.
fn slow(batches: u64) -> (u64, RunStats) {
    let pause = |n| (std::thread::sleep(Duration::from_millis(20)), n).1;
    Pipeline::over(0..batches).partitioner(Chunks::of(1)).on(&engine(1)).map(pause).integrator(Sum).run_with_stats()
}

#[test]
fn stats_say_where_time_went() {
    let (sum, stats) = slow(4);
    assert_eq!((sum, stats.batches, stats.records, stats.failed, stats.retried), (6, 4, 4, 0, 0));
    let ms = Duration::from_millis;
    assert!(stats.busy >= ms(80) && stats.processing >= ms(80), "{stats:?}");
    assert!(stats.elapsed >= stats.partitioning + stats.processing + stats.integrating, "{stats:?}");
    // The last waits for three, the first for none: on average one and a half.
    assert!(stats.longest_wait >= ms(60) && stats.queue_wait >= ms(30) && stats.queue_wait <= stats.longest_wait, "{stats:?}");
    assert!(stats.partitions.iter().all(|p| p.busy >= ms(20) && p.busy <= stats.busy), "{stats:?}");
    assert!(stats.records_per_second() > 0.0 && stats.records_per_second() <= 50.0, "{stats:?}");
    let text = stats.to_string();
    for part in ["4 records in 4 batches", "partitioning", "processing", "integrating", "queue wait", "skew 1.00"] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    assert!(!text.contains("failed") && !text.contains("retried"), "{text}");
}

#[test]
fn stats_add_up_by_partition() {
    /// Batches of ten, of partition 3 where they begin below 50, else of 1.
    struct TwoPlaces;
    impl Partitioner<std::ops::Range<u64>> for TwoPlaces {
        type Batch = std::ops::Range<u64>;
        fn partition(&self, data: Self::Batch, workers: usize) -> Vec<Part<Self::Batch>> {
            assert_eq!(workers, 2);
            let part = |n: u64| Part { partition: if n < 50 { 3 } else { 1 }, records: 10, batch: n..n + 10 };
            data.step_by(10).map(part).collect()
        }
    }
    let log = Log::default();
    let over = Pipeline::over(0..80u64).partitioner(TwoPlaces).on(&engine(2)).observe(&log);
    let (_, stats) = over.filter(|n| n % 7 == 0).integrator(Sum).run_with_stats();
    let by_partition: Vec<_> = stats.partitions.iter().map(|p| (p.partition, p.batches, p.records)).collect();
    assert_eq!(by_partition, [(1, 3, 30), (3, 5, 50)]);
    assert_eq!(stats.skew(), 50.0 / 40.0);
    let mut heard = BTreeMap::new();
    log.heard().iter().for_each(|h| {
        if let Heard::Done { partition, records, .. } = h {
            *heard.entry(*partition).or_insert(0) += records
        }
    });
    assert_eq!(heard, BTreeMap::from([(1, 30), (3, 50)]));
}

#[test]
fn stats_count_failures_and_further_attempts() {
    let (_, stats) = Pipeline::over(0..100u64)
        .partitioner(Chunks::of(30))
        .try_map(|n| if n % 10 == 0 { Err(n) } else { Ok(n) })
        .on_failure(Skip)
        .integrator(Sum)
        .try_run_with_stats()
        .unwrap();
    assert_eq!((stats.failed, stats.records, stats.batches), (10, 100, 4));
    assert!(stats.to_string().contains("; 10 failed"), "{stats}");
    let tries = AtomicU64::new(0);
    let busy = |n| if tries.fetch_add(1, Ordering::Relaxed) < 2 { Err("busy") } else { Ok(n) };
    let (_, stats) = Pipeline::over(0..10u64).try_map(busy).on_failure(Retry::times(5)).integrator(Sum).try_run_with_stats().unwrap();
    assert_eq!((stats.retried, stats.records, stats.batches), (2, 10, 1));
    assert!(stats.to_string().contains("; 2 retried"), "{stats}");
}

#[test]
fn a_task_says_what_it_is() {
    #[derive(Default)]
    struct Tasks(Mutex<Vec<Task>>);
    impl Observer for Tasks {
        fn batch_started(&self, task: &Task) {
            self.0.lock().unwrap().push(task.clone());
        }
    }
    let (tasks, engine) = (Tasks::default(), engine(1));
    for _ in 0..2 {
        let over = Pipeline::over(0..8u64).partitioner(Chunks::of(4)).on(&engine).priority(7).deadline(Duration::from_secs(3600));
        over.observe(&tasks).integrator(Sum).try_run().unwrap();
    }
    let tasks = tasks.0.into_inner().unwrap();
    assert_eq!(
        tasks.iter().map(|t| (t.pipeline, t.seq, t.priority, t.deadline.is_some())).collect::<Vec<_>>(),
        [(0, 0, 7, true), (0, 1, 7, true), (1, 0, 7, true), (1, 1, 7, true)]
    );
    assert!(tasks[0].cost > Duration::ZERO && tasks[2].arrival > tasks[0].arrival);
}

#[test]
fn a_run_without_observers_gives_the_same() {
    let over = || Pipeline::over(0..10_000u32).partitioner(Chunks::of(100)).key_by(|n| n % 77).map(|n| f64::from(n).sqrt());
    let log = Log::default();
    assert_eq!(over().integrator((Sum, Count)).run(), over().observe(&log).integrator((Sum, Count)).run());
    assert_eq!(over().integrator((Sum, Count)).run(), over().integrator((Sum, Count)).run_with_stats().0);
}

/// The tasks of batches that are done, with the threads that ran them.
#[derive(Default)]
struct Done(Mutex<Vec<(Task, ThreadId)>>);

impl Observer for Done {
    fn batch_started(&self, task: &Task) {
        assert!(task.started.is_some_and(|started| started <= Instant::now()));
    }
    fn batch_finished(&self, task: &Task, elapsed: Duration) {
        assert!(task.started.unwrap() + elapsed <= Instant::now());
        self.0.lock().unwrap().push((task.clone(), std::thread::current().id()));
    }
}

#[test]
fn a_task_says_who_runs_it_since_when_and_after_what_wait() {
    let pause = |n: u64| (std::thread::sleep(Duration::from_millis(1)), n).1;
    for threads in [1, 2, 4] {
        let (done, engine) = (Done::default(), engine(threads));
        let before = Instant::now();
        let over = Pipeline::over(0..40u64).partitioner(Chunks::of(1)).on(&engine).observe(&done);
        let (_, stats) = over.map(pause).integrator(Sum).run_with_stats();
        let done = done.0.into_inner().unwrap();
        let mut workers: BTreeMap<u32, ThreadId> = BTreeMap::new();
        for (task, thread) in &done {
            assert_eq!(*workers.entry(task.worker).or_insert(*thread), *thread, "a number is of one thread");
            assert_eq!(task.worker == 0, *thread == std::thread::current().id(), "0 is who called");
            assert!(task.wait <= task.started.unwrap() - before && task.wait <= stats.longest_wait, "{task:?}");
        }
        assert!(workers.len() <= threads && workers.keys().all(|worker| *worker as usize <= threads), "{workers:?}");
        let first = |a: &Task, b: &Task| a.started.unwrap() - a.wait == b.started.unwrap() - b.wait;
        assert!(done.windows(2).all(|pair| first(&pair[0].0, &pair[1].0)), "all arrived at once");
        assert_eq!(done.iter().map(|(task, _)| task.wait).max(), Some(stats.longest_wait));
    }
}

#[test]
fn a_run_inside_a_thread_of_the_engine_is_that_threads_work() {
    let (done, pool) = (Done::default(), Arc::new(rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap()));
    let engine = Engine::from_pool(pool.clone());
    pool.install(|| Pipeline::over(0..4u64).partitioner(Chunks::of(2)).on(&engine).observe(&done).integrator(Sum).run());
    let workers: Vec<u32> = done.0.into_inner().unwrap().iter().map(|(task, _)| task.worker).collect();
    assert_eq!(workers, [1, 1]);
}

#[test]
fn a_name_is_told_of_every_stage() {
    #[derive(Default)]
    struct Names(Mutex<Vec<(&'static str, u32)>>);
    impl Observer for Names {
        fn started(&self, plan: &RunPlan) {
            self.0.lock().unwrap().push((plan.name, plan.pipeline));
        }
        fn batch_started(&self, task: &Task) {
            self.0.lock().unwrap().push((task.name, task.pipeline));
        }
        fn finished(&self, stats: &RunStats) {
            self.0.lock().unwrap().push((stats.name, stats.pipeline));
        }
    }
    let (names, engine) = (Names::default(), engine(1));
    let first = Pipeline::over(0..9u64).on(&engine).observe(&names).name("nine").key_by(|n| n % 2).integrator(Count);
    let (_, stats) = first.then().integrator(Count).run_with_stats();
    assert_eq!((stats.name, stats.pipeline), ("nine", 1));
    assert_eq!(names.0.into_inner().unwrap(), [0, 0, 0, 1, 1, 1].map(|pipeline| ("nine", pipeline)));
    assert_eq!(Pipeline::over(0..9u64).integrator(Count).run_with_stats().1.name, "");
}
