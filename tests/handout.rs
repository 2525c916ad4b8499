//! How work is handed out: small cheap runs stay on the calling thread, dear ones reach every thread, and nobody can tell from the result.

mod watchdog;

use microbatch::prelude::*;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Mutex;
use std::thread::{self, ThreadId};
use std::time::Duration;
use watchdog::within;

fn engine(threads: usize) -> Engine {
    Engine::builder().threads(threads).build().unwrap()
}

/// How often threads of that name have gone to sleep: whoever is woken does so again.
#[cfg(target_os = "linux")]
fn slept(name: &str) -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path());
    let statuses = tasks.filter_map(|task| std::fs::read_to_string(task.join("status")).ok());
    let field = |status: &str, name: &str| status.lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_string())).unwrap();
    let named = statuses.filter(|status| field(status, "Name:").starts_with(name));
    named.map(|status| field(&status, "voluntary_ctxt_switches:").parse::<u64>().unwrap()).sum()
}

/// Told by who is woken, not by who works: a run that is done before its helpers are awake has still woken them.
#[test]
#[cfg(target_os = "linux")]
fn small_runs_of_cheap_records_wake_nobody() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(4).thread_name(|i| format!("helper-{i}")).build().unwrap();
    let (engine, data) = (Engine::from_pool(pool.into()), [1u8; 256]);
    let awoken_by = |runs, run: &dyn Fn()| {
        // Until all have begun, and sleep.
        thread::sleep(Duration::from_millis(20));
        let before = slept("helper-");
        (0..runs).for_each(|_| run());
        slept("helper-") - before
    };
    let cheap = || assert_eq!(Pipeline::over(&data).map(|n| u64::from(*n)).on(&engine).integrator(Sum).run(), 256);
    let dear = || {
        let slow = |n: &u8| {
            thread::sleep(Duration::from_micros(u64::from(*n)));
            u64::from(*n)
        };
        assert_eq!(Pipeline::over(&data).map(slow).on(&engine).integrator(Sum).run(), 256);
    };
    // Where the thread is made to wait by others on the machine, a run looks dear now and then.
    let [cheap, dear] = [awoken_by(1_000, &cheap), awoken_by(20, &dear)];
    assert!(cheap < 100 && dear >= 20, "1000 cheap runs woke {cheap} times, 20 dear ones {dear}");
}

/// How many records each thread ran.
fn shares(threads: usize, run: impl FnOnce(&Engine, &(dyn Fn() + Sync))) -> HashMap<ThreadId, usize> {
    let shares = Mutex::new(HashMap::new());
    let dear = || {
        thread::sleep(Duration::from_micros(100));
        *shares.lock().unwrap().entry(thread::current().id()).or_insert(0) += 1;
    };
    run(&engine(threads), &dear);
    shares.into_inner().unwrap()
}

/// Of 1,024 dear records every thread runs at least half of what an even share would be.
fn check_shares(what: &str, run: impl Fn(&Engine, &[u64], &(dyn Fn() + Sync))) {
    let data: Vec<u64> = (0..1_024).collect();
    for threads in [2, 4] {
        let shares = shares(threads, |engine, dear| run(engine, &data, dear));
        assert_eq!(shares.values().sum::<usize>(), data.len(), "{what}");
        assert!(
            shares.len() == threads && shares.values().all(|share| *share >= data.len() / threads / 2),
            "{what}, {threads} threads: {shares:?}"
        );
    }
}

#[test]
fn dear_records_reach_every_thread() {
    within(Duration::from_secs(60), || {
        check_shares("integers", |engine, data, dear| {
            let sum = Pipeline::over(data)
                .map(|n| {
                    dear();
                    *n
                })
                .on(engine)
                .integrator(Sum)
                .run();
            assert_eq!(sum, 1_023 * 512);
        });
        check_shares("floats", |engine, data, dear| {
            let sum = Pipeline::over(data)
                .map(|n| {
                    dear();
                    *n as f64
                })
                .on(engine)
                .integrator(Sum)
                .run();
            assert_eq!(sum, 1_023.0 * 512.0);
        });
        check_shares("in order", |engine, data, dear| {
            let all = Pipeline::over(data)
                .map(|n| {
                    dear();
                    *n
                })
                .on(engine)
                .run();
            assert_eq!(all, data);
        });
        check_shares("by key", |engine, data, dear| {
            let sums = Pipeline::over(data)
                .key_by(|n| **n % 3)
                .map(|n| {
                    dear();
                    *n
                })
                .on(engine)
                .integrator(Count)
                .run();
            assert_eq!(sums.get(&0), Some(&342));
        });
        check_shares("batches of one", |engine, data, dear| {
            let cut = Pipeline::over(data).partitioner(Chunks::of(1));
            assert_eq!(cut.map(|_| dear()).on(engine).integrator(Count).run(), 1_024);
        });
        check_shares("a range", |engine, data, dear| {
            let all = Pipeline::over(0..data.len() as u64)
                .map(|n| {
                    dear();
                    n
                })
                .on(engine)
                .run();
            assert_eq!(all, data);
        });
    });
}

/// Some records take long, so that a run is shared at some moment that differs from one time to the next.
fn now_and_then(n: u64) -> u64 {
    if n.is_multiple_of(97) {
        thread::sleep(Duration::from_micros(20));
    }
    n
}

/// The same for 1 to 8 threads, again and again.
fn check_same<O: PartialEq + std::fmt::Debug>(run: impl Fn(&Engine, Range<u64>) -> O) {
    for records in [1, 63, 64, 65, 500, 1_024, 4_096, 10_000] {
        let expected = run(&engine(1), 0..records);
        for threads in 2..=8 {
            assert_eq!(run(&engine(threads), 0..records), expected, "{records} records, {threads} threads");
        }
    }
}

#[test]
fn nobody_can_tell_when_a_run_was_shared() {
    let float = |n: u64| (n as f64 + 0.1).sin() * 10f64.powi((n % 17) as i32 - 8);
    check_same(|engine, data| Pipeline::over(data).map(|n| float(now_and_then(n))).on(engine).integrator(Sum).run().to_bits());
    check_same(|engine, data| Pipeline::over(data).map(now_and_then).filter(|n| n % 3 > 0).on(engine).run());
    check_same(|engine, data| Pipeline::over(data).map(now_and_then).key_by(|n| n % 7).on(engine).integrator((Sum, Count, Max)).run());
    check_same(|engine, data| {
        let means = Pipeline::over(data).key_by(|n| n % 7).map(|n| float(now_and_then(n))).on(engine).integrator(Mean).run();
        means.into_iter().map(|(key, mean)| (key, mean.to_bits())).collect::<Vec<_>>()
    });
    check_same(|engine, data| {
        let backwards = Priority::by(|task| u64::from(task.seq));
        Pipeline::over(data).scheduler(backwards).map(|n| float(now_and_then(n))).on(engine).integrator(Sum).run().to_bits()
    });
}

/// Where a run with records that fail, or panic, is said to have broken.
fn broken_at(engine: &Engine, records: u64, fails: impl Fn(u64) -> bool + Sync, panics: impl Fn(u64) -> bool + Sync) -> (u64, Option<u64>) {
    let step = |n| {
        assert!(!panics(now_and_then(n)), "a panic at {n}");
        if fails(n) { Err(n) } else { Ok(n) }
    };
    match Pipeline::over(0..records).try_map(step).on(engine).integrator(Sum).try_run() {
        Err(RunError::Failed { batch, record, error }) => {
            assert_eq!(record, error);
            (batch, Some(record))
        }
        Err(RunError::Panicked { batch, .. }) => (batch, None),
        other => panic!("{other:?}"),
    }
}

#[test]
fn batches_that_ran_as_one_are_told_apart_where_one_breaks() {
    std::panic::set_hook(Box::new(|_| ()));
    for threads in 1..=8 {
        let engine = engine(threads);
        for records in [1_024, 10_000] {
            // 64 records make the batches of 1,024; 79 those of 10,000.
            let size = if records == 1_024 { 64 } else { 79 };
            for at in [0, 1, size - 1, size, 3 * size + 5, records - 1] {
                assert_eq!(
                    broken_at(&engine, records, |n| n == at, |_| false),
                    (at / size, Some(at)),
                    "{records} records, {threads} threads"
                );
                assert_eq!(broken_at(&engine, records, |n| n >= at, |_| false), (at / size, Some(at)), "all from {at} on");
                assert_eq!(broken_at(&engine, records, |_| false, |n| n == at), (at / size, None), "a panic at {at}");
                assert_eq!(broken_at(&engine, records, |n| n > at, |n| n == at).0, at / size, "whichever comes first");
            }
        }
    }
    let _ = std::panic::take_hook();
}

#[test]
fn a_run_that_is_cancelled_in_batches_that_ran_as_one_says_where() {
    let (engine, token) = (engine(1), CancelToken::new());
    let step = |n: u64| {
        if n == 5_000 {
            token.cancel();
        }
        n
    };
    let run = Pipeline::over(0..10_000u64).map(step).cancel(&token).on(&engine).integrator(Sum).try_run();
    let Err(RunError::Cancelled { batch }) = run else { panic!("{run:?}") };
    // Within 1,024 records; batches hold 79.
    assert!((5_000 / 79..=6_100 / 79).contains(&batch), "{batch}");
}

#[test]
fn stats_count_batches_however_they_ran() {
    let (_, stats) = Pipeline::over(0..10_000u64).on(&engine(2)).integrator(Sum).run_with_stats();
    assert_eq!((stats.batches, stats.records), (127, 10_000));
    let (sizes, _) = Pipeline::over(0..10_000u64).process(|batch| batch.end - batch.start).on(&engine(2)).run_with_stats();
    assert_eq!(sizes, [4_096, 4_096, 1_808], "a step that sees whole batches gets larger ones");
}

/// What is cut when it is wanted is what would have been listed.
#[test]
fn parts_are_the_partition() {
    fn shape<B: Clone>(parts: Vec<Part<B>>) -> Vec<(u32, usize, B)> {
        parts.into_iter().map(|part| (part.partition, part.records, part.batch)).collect()
    }
    let data: Vec<u32> = (0..1_000).collect();
    for chunks in [Chunks::of(1), Chunks::of(7), Chunks::of(1_000), Chunks::of(usize::MAX), Chunks::default()] {
        for len in [0, 1, 6, 7, 8, 999, 1_000] {
            let (slice, range) = (&data[..len], -500i16..len as i16 - 500);
            assert_eq!(shape(chunks.parts(slice, 1).into_vec()), shape(chunks.partition(slice, 1)));
            let sizes: Vec<usize> = chunks.parts(slice, 1).into_vec().iter().map(|part| part.records).collect();
            assert_eq!((sizes.len(), sizes.iter().sum()), (chunks.parts(slice, 1).len(), len));
            assert_eq!(shape(chunks.parts(range.clone(), 1).into_vec()), shape(chunks.partition(range.clone(), 1)));
            if len > 0 {
                let range = range.start..=range.end - 1;
                assert_eq!(shape(chunks.parts(range.clone(), 1).into_vec()), shape(chunks.partition(range, 1)));
            }
        }
    }
}

#[test]
fn more_batches_than_can_be_numbered_are_refused() {
    let run = Pipeline::over(0..1u64 << 33).partitioner(Chunks::of(1)).try_map(Ok::<u64, String>).on(&engine(1)).integrator(Sum).try_run();
    let Err(RunError::Panicked { message, .. }) = run else { panic!("{run:?}") };
    assert!(message.contains("8589934592 batches"), "{message}");
}
