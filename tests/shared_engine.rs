//! Many pipelines on one engine: in which order they are served, and that nothing is lost whatever a policy does.

mod watchdog;

use microbatch::prelude::*;
use std::convert::Infallible;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use watchdog::within;

const LIMIT: Duration = Duration::from_secs(60);

fn engine(threads: usize, policy: impl Scheduler + 'static) -> Engine {
    Engine::builder().threads(threads).scheduler(policy).build().unwrap()
}

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn wait_for(what: impl Fn() -> bool) {
    while !what() {
        std::thread::yield_now();
    }
}

/// Who ran a task, and how long it took, in the order of their ends.
type Log = Mutex<Vec<(char, Duration)>>;

/// A run of so many tasks of two milliseconds each.
fn sleeper(engine: &Engine, log: &Log, name: char, tasks: u32, priority: u8) {
    let work = |_| {
        let began = Instant::now();
        std::thread::sleep(ms(2));
        log.lock().unwrap().push((name, began.elapsed()));
    };
    let over = Pipeline::over(0..tasks).partitioner(Chunks::of(1)).on(engine).priority(priority);
    assert_eq!(over.process(work).integrator(Count).run(), u64::from(tasks));
}

/// Of these tasks, those from where both are there until the last of `name`.
fn with_both(log: &[(char, Duration)], name: char) -> &[(char, Duration)] {
    let begins = log.iter().position(|(who, _)| *who != log[0].0).unwrap();
    let ends = log.iter().rposition(|(who, _)| *who == name).unwrap();
    &log[begins..=ends]
}

/// How long these tasks took, of those of one run.
fn share(log: &[(char, Duration)], name: char) -> Duration {
    log.iter().filter(|(who, _)| *who == name).map(|(_, took)| *took).sum()
}

/// What shares may be apart on so many threads: a task of each on each, and what the engine's clock sees besides.
fn apart(log: &[(char, Duration)], threads: u32) -> Duration {
    log.iter().map(|(_, took)| *took).max().unwrap() * 2 * threads + ms(10)
}

#[test]
fn fair_shares_go_by_weight() {
    for threads in [1, 2] {
        within(LIMIT, move || {
            let (engine, log) = (engine(threads, Fair::new()), Log::default());
            std::thread::scope(|runs| {
                runs.spawn(|| sleeper(&engine, &log, 'a', 80, 0));
                runs.spawn(|| sleeper(&engine, &log, 'b', 80, 2));
            });
            let log = log.into_inner().unwrap();
            let both = with_both(&log, 'b');
            let (one, three) = (share(both, 'a'), share(both, 'b'));
            assert!(one.abs_diff(three / 3) <= apart(both, threads as u32), "{one:?} to {three:?} on {threads} threads");
        });
    }
}

#[test]
fn who_comes_late_to_a_fair_engine_gets_no_credit() {
    within(LIMIT, || {
        let (engine, log) = (engine(1, Fair::new()), Log::default());
        std::thread::scope(|runs| {
            runs.spawn(|| sleeper(&engine, &log, 'a', 80, 0));
            wait_for(|| log.lock().unwrap().len() >= 30);
            runs.spawn(|| sleeper(&engine, &log, 'b', 20, 0));
        });
        let log = log.into_inner().unwrap();
        let both = with_both(&log, 'b');
        assert!(share(both, 'a').abs_diff(share(both, 'b')) <= apart(both, 1), "{both:?}");
    });
}

/// Starts runs behind one that holds the only thread for so long after they have come; says in which order they ran, and what became of each.
fn behind(engine: &Engine, held: Duration, deadlines: &[(char, Option<Duration>)]) -> (String, Vec<Result<u64, RunError<Infallible>>>) {
    let (log, open, gone) = (Mutex::new(String::new()), AtomicBool::new(false), AtomicUsize::new(0));
    let hold = |_| {
        open.store(true, Ordering::Release);
        wait_for(|| engine.waiting_runs() + gone.load(Ordering::Acquire) >= deadlines.len());
        std::thread::sleep(held);
    };
    let run = |(name, deadline): (char, Option<Duration>)| {
        let over = Pipeline::over(0..2u8).partitioner(Chunks::of(1)).on(engine);
        let over = over.process(|_| log.lock().unwrap().push(name)).integrator(Count);
        let ended = over.deadline(deadline.unwrap_or(LIMIT * 1000)).try_run();
        gone.fetch_add(1, Ordering::Release);
        ended
    };
    let run = &run;
    let ended = std::thread::scope(|runs| {
        runs.spawn(|| Pipeline::over(0..1u8).on(engine).process(hold).integrator(Count).run());
        wait_for(|| open.load(Ordering::Acquire));
        let started: Vec<_> = deadlines.iter().map(|one| runs.spawn(move || run(*one))).collect();
        started.into_iter().map(|run| run.join().unwrap()).collect()
    });
    (log.into_inner().unwrap(), ended)
}

#[test]
fn the_earliest_deadline_runs_first() {
    within(LIMIT, || {
        let engine = engine(1, Deadline::new());
        let runs = [('a', Some(ms(30_000))), ('b', None), ('c', Some(ms(10_000))), ('d', Some(ms(20_000)))];
        let (order, ended) = behind(&engine, Duration::ZERO, &runs);
        assert_eq!(order, "ccddaabb");
        assert!(ended.into_iter().all(|ended| ended.unwrap() == 2));
    });
}

/// Every policy that an engine can have.
fn policies() -> Vec<(&'static str, Box<dyn Scheduler>)> {
    vec![
        ("Fcfs", Box::new(Fcfs)),
        ("Sjf", Box::new(Sjf::new())),
        ("Sjf, pure", Box::new(Sjf::pure())),
        ("Sjf, by remaining", Box::new(Sjf::pure().by_remaining())),
        ("Priority", Box::new(Priority::new())),
        ("Priority, strict", Box::new(Priority::strict())),
        ("Deadline", Box::new(Deadline::new())),
        ("LongestFirst", Box::new(LongestFirst)),
        ("Fair", Box::new(Fair::new())),
        ("LeastLoaded", Box::new(LeastLoaded)),
    ]
}

#[test]
fn expired_work_is_rejected_before_it_runs() {
    within(LIMIT, || {
        for (name, policy) in policies() {
            let (order, ended) = behind(&engine(1, policy), ms(40), &[('a', Some(ms(15))), ('b', None), ('c', Some(Duration::ZERO))]);
            assert_eq!(order, "bb", "{name}");
            let rejected = |at: usize| matches!(ended[at], Err(RunError::DeadlineExceeded { batch: 0 }));
            assert!(rejected(0) && rejected(2) && ended[1].is_ok(), "{name}: {ended:?}");
        }
    });
}

#[test]
fn an_expired_run_does_not_wait_for_a_thread() {
    within(LIMIT, || {
        let engine = engine(1, Deadline::new());
        let (open, over) = (AtomicBool::new(false), AtomicBool::new(false));
        std::thread::scope(|runs| {
            runs.spawn(|| {
                let hold = |_| {
                    open.store(true, Ordering::Release);
                    wait_for(|| over.load(Ordering::Acquire));
                };
                Pipeline::over(0..1u8).on(&engine).process(hold).integrator(Count).run()
            });
            wait_for(|| open.load(Ordering::Acquire));
            let ended = Pipeline::over(0..1u8).on(&engine).integrator(Count).deadline(ms(10)).try_run();
            assert!(matches!(ended, Err(RunError::DeadlineExceeded { batch: 0 })));
            over.store(true, Ordering::Release);
        });
    });
}

/// Runs `count` pipelines from `callers` threads at once, each of a few batches, and checks what comes out.
fn crowd(engine: &Engine, callers: usize, count: usize) {
    let (left, batches) = (AtomicUsize::new(count), AtomicUsize::new(0));
    let one_less = || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
    let run = || {
        while let Ok(left) = one_less() {
            let records = left as u64 % 7;
            let over = Pipeline::over(0..records).partitioner(Chunks::of(2)).on(engine).priority((left % 256) as u8);
            let sum: u64 =
                over.process(|batch| batch.inspect(|_| _ = batches.fetch_add(1, Ordering::Relaxed)).sum::<u64>()).integrator(Sum).run();
            assert_eq!(sum, records * records.saturating_sub(1) / 2);
        }
    };
    std::thread::scope(|threads| (0..callers).for_each(|_| _ = threads.spawn(run)));
    assert_eq!(batches.into_inner(), (1..=count).map(|left| left % 7).sum::<usize>(), "each record once");
    assert_eq!(engine.waiting_runs(), 0);
}

#[test]
fn ten_thousand_pipelines_are_served_by_any_policy() {
    within(LIMIT, || {
        for (name, policy) in policies() {
            let began = Instant::now();
            crowd(&engine(2, policy), 32, 10_000);
            println!("{name}: 10,000 pipelines in {:.2?}", began.elapsed());
        }
        crowd(&Engine::builder().threads(3).build().unwrap(), 64, 10_000);
    });
}

/// Another rank at each call.
#[derive(Default)]
struct Fickle(AtomicUsize);

impl Scheduler for Fickle {
    fn rank(&self, _: &Task) -> u64 {
        (self.0.fetch_add(1, Ordering::Relaxed) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

#[test]
fn ranks_that_change_from_call_to_call_lose_nothing() {
    within(LIMIT, || {
        for threads in [1, 3] {
            crowd(&engine(threads, Fickle::default()), 16, 2_000);
        }
        let sum = Pipeline::over(0..1_000u64).partitioner(Chunks::of(3)).scheduler(Fickle::default()).integrator(Sum).run();
        assert_eq!(sum, 499_500);
    });
}

/// Asks the engine while it is asked: this would hang if ranks were asked for under a lock.
struct Curious(std::sync::OnceLock<Engine>);

impl Scheduler for &'static Curious {
    fn rank(&self, task: &Task) -> u64 {
        self.0.get().map_or(0, |engine| engine.waiting_runs() as u64) + task.arrival
    }
}

#[test]
fn no_lock_is_held_while_a_policy_is_asked() {
    static CURIOUS: Curious = Curious(std::sync::OnceLock::new());
    within(LIMIT, || {
        let engine = CURIOUS.0.get_or_init(|| engine(2, &CURIOUS));
        crowd(engine, 16, 2_000);
    });
}

/// Panics at one call in so many.
struct Brittle {
    calls: AtomicUsize,
    every: usize,
}

impl Scheduler for Brittle {
    fn rank(&self, task: &Task) -> u64 {
        let call = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        assert!(!call.is_multiple_of(self.every), "no rank today");
        task.arrival
    }

    fn uses_estimates(&self) -> bool {
        panic!("no answer at all")
    }
}

#[test]
fn a_policy_that_panics_ends_the_runs_it_is_asked_about_and_no_others() {
    within(LIMIT, || {
        for (threads, every) in [(1, 1), (1, 7), (2, 50), (3, 301)] {
            let engine = engine(threads, Brittle { calls: AtomicUsize::new(0), every });
            let (well, ill) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let run = || {
                for _ in 0..100 {
                    match Pipeline::over(0..40u64)
                        .partitioner(Chunks::of(4))
                        .on(&engine)
                        .process(|batch| batch.sum::<u64>())
                        .integrator(Sum)
                        .try_run()
                    {
                        Ok(sum) => assert_eq!((sum, well.fetch_add(1, Ordering::Relaxed)).0, 780),
                        Err(RunError::Panicked { message, .. }) if message == "no rank today" => _ = ill.fetch_add(1, Ordering::Relaxed),
                        Err(other) => panic!("{other}"),
                    }
                }
            };
            std::thread::scope(|callers| (0..8).for_each(|_| _ = callers.spawn(run)));
            let (well, ill) = (well.into_inner(), ill.into_inner());
            assert_eq!(well + ill, 800);
            assert!(ill > 0 && (every < 50 || well > 0), "{well} well, {ill} ill, one in {every}");
            assert_eq!(engine.waiting_runs(), 0);
        }
    });
}

#[test]
fn an_engine_may_be_dropped_while_pipelines_wait() {
    within(LIMIT, || {
        let engine = engine(1, Fair::new());
        let waiting = engine.clone();
        let go = std::sync::Arc::new(AtomicBool::new(false));
        let runs: Vec<_> = (0..8u64)
            .map(|run| {
                let go = go.clone();
                let hold = move |n: u64| {
                    wait_for(|| go.load(Ordering::Acquire));
                    n + run
                };
                let over = Pipeline::over(0..10u64).partitioner(Chunks::of(1)).on(&engine).map(hold).integrator(Sum);
                std::thread::spawn(move || over.run())
            })
            .collect();
        wait_for(|| waiting.waiting_runs() >= 8);
        drop((engine, waiting));
        go.store(true, Ordering::Release);
        for (run, ended) in (0..).zip(runs) {
            assert_eq!(ended.join().unwrap(), 45 + 10 * run);
        }
    });
}

/// Says whatever it likes of the sizes of its batches.
struct Lying(usize);

impl<'d> Partitioner<&'d [u64]> for Lying {
    type Batch = &'d [u64];

    fn partition(&self, data: &'d [u64], _: usize) -> Vec<microbatch::Part<&'d [u64]>> {
        (0..)
            .zip(data.chunks(2))
            .map(|(partition, batch)| microbatch::Part { partition: u32::MAX - partition, records: self.0, batch })
            .collect()
    }
}

#[test]
fn estimates_without_bounds_are_borne() {
    within(LIMIT, || {
        let data: Vec<u64> = (0..50).collect();
        for said in [0, usize::MAX] {
            for (name, policy) in policies() {
                // What a step takes whole counts as what was said of it.
                let over = Pipeline::over(&data).partitioner(Lying(said)).scheduler(&policy).process(|batch| batch.len());
                assert_eq!(over.integrator(Count).run_with_stats().0, 25, "{name}, {said} records");
                let engine = engine(2, policy);
                let run = || {
                    for _ in 0..20 {
                        let over = Pipeline::over(&data).partitioner(Lying(said)).on(&engine).integrator(Sum);
                        let (sum, stats) = over.run_with_stats();
                        assert_eq!((sum, stats.records), (1225, 50), "{name}, {said} records");
                        assert!(stats.estimate_error() >= 0.0, "{stats:?}");
                    }
                };
                std::thread::scope(|callers| (0..4).for_each(|_| _ = callers.spawn(run)));
            }
        }
    });
}

/// Counts what it is asked.
struct Counting(&'static AtomicUsize);

impl Scheduler for Counting {
    fn rank(&self, task: &Task) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed);
        task.arrival
    }
}

#[test]
fn a_run_alone_is_ranked_before_its_first_batch_and_not_again() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let engine = engine(2, Counting(&ASKED));
    let count = Pipeline::over(0..100u32).partitioner(Chunks::of(1)).on(&engine).process(|_| ()).integrator(Count).run();
    assert_eq!(count, 100);
    // Each for its order, and the first one twice for its place among other runs: now, and once it has been taken.
    assert_eq!(ASKED.load(Ordering::Relaxed), 102);
}

#[test]
fn estimates_get_better_from_run_to_run() {
    let engine = engine(1, Fcfs);
    let run = || {
        let nap = |batch: std::ops::Range<u64>| std::thread::sleep(ms(if batch.start == 0 { 12 } else { 3 }));
        Pipeline::over(0..40u64).partitioner(Chunks::of(10)).on(&engine).process(nap).integrator(Count).run_with_stats().1
    };
    let errors: Vec<f64> = (0..4).map(|_| run().estimate_error()).collect();
    assert!(errors[0] > 0.9 && errors[3] < 0.5, "{errors:?}");
    let stats = run();
    assert!(stats.partitions[0].estimated > stats.partitions[1].estimated * 2, "{stats:?}");
    assert_eq!(stats.estimated, stats.partitions.iter().map(|partition| partition.estimated).sum());
}

/// Batches of one record, all of one partition.
struct At(u32);

impl Partitioner<std::ops::Range<u32>> for At {
    type Batch = Vec<u32>;

    fn partition(&self, data: std::ops::Range<u32>, _: usize) -> Vec<microbatch::Part<Vec<u32>>> {
        data.map(|n| microbatch::Part { partition: self.0, records: 1, batch: vec![n] }).collect()
    }
}

#[test]
fn least_loaded_keeps_pipelines_apart() {
    within(LIMIT, || {
        let engine = engine(2, LeastLoaded);
        let (at, crowded) = ([AtomicUsize::new(0), AtomicUsize::new(0)], AtomicUsize::new(0));
        let run = |place: usize| {
            let work = |_: Vec<u32>| {
                crowded.fetch_add(at[place].fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
                std::thread::sleep(ms(2));
                at[place].fetch_sub(1, Ordering::Relaxed);
            };
            Pipeline::over(0..30u32).partitioner(At(place as u32)).on(&engine).process(work).integrator(Count).run();
        };
        let run = &run;
        std::thread::scope(|runs| [0, 0, 1, 1].into_iter().for_each(|place| _ = runs.spawn(move || run(place))));
        // Of 120 tasks; first come first served has more than 100 beside another one at their place.
        assert!(crowded.load(Ordering::Relaxed) <= 80, "{crowded:?}");
    });
}

/// Estimates beyond all bounds must not move the virtual time: who came then would wait until they are worked off.
#[test]
fn who_comes_late_does_not_pay_for_the_estimates_of_others() {
    within(LIMIT, || {
        let data: Vec<u64> = (0..200).collect();
        let (engine, log) = (engine(3, Fair::new()), Log::default());
        let endless = || {
            let work = |_| {
                std::thread::sleep(ms(2));
                log.lock().unwrap().push(('a', ms(2)));
            };
            Pipeline::over(&data).partitioner(Lying(usize::MAX)).on(&engine).process(work).integrator(Count).run();
        };
        std::thread::scope(|runs| {
            runs.spawn(endless);
            wait_for(|| log.lock().unwrap().len() >= 10);
            // While another run has its only task run, the first one claims two.
            sleeper(&engine, &log, 'b', 1, 0);
            wait_for(|| log.lock().unwrap().len() >= 20);
            sleeper(&engine, &log, 'c', 10, 0);
            log.lock().unwrap().push(('c', ms(0)));
        });
        let log = log.into_inner().unwrap();
        let ends = log.iter().rposition(|(name, _)| *name == 'c').unwrap();
        assert!(ends + 20 < log.len(), "it was done at {ends} of {}", log.len());
    });
}

/// A run's own thread was in a task of its own when a slot came free: nobody took it before that task had ended.
#[test]
fn a_slot_that_comes_free_is_used_while_the_runs_own_thread_is_in_a_long_task() {
    within(ms(60_000), || {
        let engine = engine(2, Fcfs);
        let (holds, ended, began) = (AtomicBool::new(false), Mutex::new(None), Mutex::new(Vec::new()));
        let hold = |_| {
            holds.store(true, Ordering::Relaxed);
            std::thread::sleep(ms(900));
            *ended.lock().unwrap() = Some(Instant::now());
        };
        std::thread::scope(|callers| {
            callers.spawn(|| Pipeline::over(0..1u8).on(&engine).process(hold).run());
            wait_for(|| holds.load(Ordering::Relaxed));
            let work = |_| {
                began.lock().unwrap().push(Instant::now());
                std::thread::sleep(ms(400));
            };
            Pipeline::over(0..8u8).partitioner(Chunks::of(1)).on(&engine).process(work).run();
        });
        let (ended, mut began) = (ended.into_inner().unwrap().unwrap(), began.into_inner().unwrap());
        began.sort();
        let next = began.iter().find(|began| **began > ended).unwrap().duration_since(ended);
        // The tasks of the other thread begin 300 ms after that.
        assert!(next < ms(150), "the slot was not used for {next:?}");
    });
}

/// What an engine's policy was told is left of the runs, by their names.
struct Listens(std::sync::Arc<Mutex<Vec<(&'static str, Duration, Duration)>>>);

impl Scheduler for Listens {
    fn rank(&self, task: &Task) -> u64 {
        self.0.lock().unwrap().push((task.name, task.remaining, task.cost));
        0
    }
}

#[test]
fn a_policy_is_told_what_is_left_of_a_run() {
    within(LIMIT, || {
        for threads in [1, 2] {
            let told = std::sync::Arc::new(Mutex::new(Vec::new()));
            let engine = engine(threads, Listens(told.clone()));
            let (meets, met) = (AtomicUsize::new(0), |n: &AtomicUsize| wait_for(|| n.load(Ordering::Relaxed) == 2));
            let run = |name, batches: u32| {
                let work = |batch: std::ops::Range<u32>| {
                    if batch.start == 0 && threads == 2 {
                        meets.fetch_add(1, Ordering::Relaxed);
                        met(&meets);
                    }
                    std::thread::sleep(ms(1));
                };
                Pipeline::over(0..batches * 100).partitioner(Chunks::of(100)).on(&engine).name(name).process(work).run();
            };
            std::thread::scope(|callers| {
                callers.spawn(|| run("one", 20));
                callers.spawn(|| run("other", 40));
            });
            let told = told.lock().unwrap();
            for (name, batches) in [("one", 20), ("other", 40)] {
                let of_run: Vec<_> = told.iter().filter(|(who, ..)| *who == name).collect();
                let cost = of_run[0].2;
                assert!(of_run.iter().all(|(_, remaining, _)| *remaining <= cost * batches), "{name}: {of_run:?}");
                assert_eq!(of_run.iter().map(|(_, remaining, _)| *remaining).max(), Some(cost * batches), "all of it at first");
                let mut before: Vec<_> = of_run.iter().map(|(_, remaining, _)| *remaining).collect();
                before.dedup();
                assert!(before.len() < 3 || before.last() < before.first(), "{name}: less and less: {before:?}");
            }
        }
    });
}
