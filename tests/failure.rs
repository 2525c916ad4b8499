//! What becomes of records that fail: which failure is told, what is counted, what is tried again.

mod watchdog;

use microbatch::prelude::*;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use watchdog::within;

const LIMIT: Duration = Duration::from_secs(10);

fn engine(threads: usize) -> Engine {
    Engine::builder().threads(threads).build().unwrap()
}

fn scheduler(which: usize) -> Box<dyn Scheduler> {
    match which {
        0 => Box::new(Fcfs),
        1 => Box::new(LongestFirst),
        2 => Box::new(Priority::by(|task| u64::from(task.seq))),
        _ => Box::new(Priority::by(|task| u64::from(task.seq).wrapping_mul(0x9E37_79B9_7F4A_7C15))),
    }
}

/// The error of a failed run, its batch and its record.
fn failed<R: Debug, E: Debug>(run: Result<R, RunError<E>>) -> (E, u64, u64) {
    match run {
        Err(RunError::Failed { error, batch, record }) => (error, batch, record),
        other => panic!("did not fail: {other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_first_failure_of_the_data_is_told(
        len in 1u64..600,
        bad in prop::collection::btree_set(0u64..600, 1..40),
        size in 1usize..70,
        which in 0usize..4,
        threads in 1usize..4,
        owned: bool,
    ) {
        let engine = engine(threads);
        let step = |n: u64| if bad.contains(&n) { Err(n) } else { Ok(n) };
        let numbers: Vec<u64> = (0..len).collect();
        let run = if owned {
            Pipeline::over(numbers).partitioner(Chunks::of(size)).scheduler(scheduler(which)).on(&engine).try_map(step).integrator(Sum).try_run()
        } else {
            let over = Pipeline::over(&numbers).partitioner(Chunks::of(size)).scheduler(scheduler(which)).on(&engine);
            over.copied().try_map(step).integrator(Sum).try_run()
        };
        match bad.iter().next().filter(|bad| **bad < len) {
            Some(&first) => prop_assert_eq!(failed(run), (first, first / size as u64, first)),
            None => prop_assert_eq!(run.unwrap(), len * (len - 1) / 2),
        }
    }

    #[test]
    fn what_is_left_out_is_counted_and_nothing_else(
        len in 0u64..600,
        bad in prop::collection::btree_set(0u64..600, 0..100),
        size in 1usize..70,
        which in 0usize..4,
        threads in 1usize..4,
    ) {
        let engine = engine(threads);
        let step = |n: u64| if bad.contains(&n) { Err(n) } else { Ok(n) };
        let over = || Pipeline::over(0..len).partitioner(Chunks::of(size)).scheduler(scheduler(which)).on(&engine).try_map(step);
        let good: Vec<u64> = (0..len).filter(|n| !bad.contains(n)).collect();
        let lost: Vec<u64> = bad.iter().copied().filter(|n| *n < len).collect();

        let (kept, stats) = over().on_failure(Skip).integrator(Collect).try_run_with_stats().unwrap();
        prop_assert_eq!((&kept, stats.failed, stats.records), (&good, lost.len() as u64, len));

        let letters = Mutex::new(Vec::new());
        let take = |letter: Letter<u64, u64>| letters.lock().unwrap().push((letter.position, letter.record, letter.error, letter.batch, letter.records));
        let (kept, stats) = over().dead_letter(take).integrator(Collect).try_run_with_stats().unwrap();
        let mut letters = letters.into_inner().unwrap();
        letters.sort();
        let expected: Vec<_> = lost.iter().map(|n| (*n, *n, *n, n / size as u64, 1)).collect();
        prop_assert_eq!((kept, stats.failed, letters), (good, lost.len() as u64, expected));
    }
}

/// Dead letters of strings that are no numbers, one after another.
#[test]
fn a_dead_letter_has_the_record_as_it_came_in() {
    let lines: Vec<String> = (0..100).map(|n| if n % 7 == 3 { format!("x{n}") } else { format!("{n}") }).collect();
    let expected: BTreeSet<String> = lines.iter().filter(|line| line.starts_with('x')).cloned().collect();
    let sum: u64 = (0..100).filter(|n| n % 7 != 3).sum();
    let letters = Mutex::new(Vec::new());
    let over = Pipeline::over(&lines).partitioner(Chunks::of(9)).filter(|line| !line.is_empty()).map(|line| line.as_str());
    let total = over.try_map(|line| line.parse::<u64>()).dead_letter(|letter| letters.lock().unwrap().push(letter.record.clone()));
    assert_eq!(total.integrator(Sum).try_run().unwrap(), sum);
    let borrowed = letters.into_inner().unwrap();
    assert_eq!((borrowed.len(), borrowed.into_iter().collect::<BTreeSet<_>>()), (expected.len(), expected.clone()));

    let letters = Mutex::new(Vec::new());
    let total = Pipeline::over(lines.clone()).partitioner(RandomPartitioner::new(5)).try_map(|line| line.parse::<u64>());
    let total = total.dead_letter(|letter| letters.lock().unwrap().push(letter.record)).integrator(Sum).try_run();
    assert_eq!(total.unwrap(), sum);
    let owned = letters.into_inner().unwrap();
    assert_eq!((owned.len(), owned.into_iter().collect::<BTreeSet<_>>()), (expected.len(), expected));
}

/// Values after a `reduce` belong to no single record: they are told as the first of the batch, however many fail.
#[test]
fn a_failure_after_a_reduce_is_that_of_the_first_record_of_its_batch() {
    let totals = || Pipeline::over(0..12u64).partitioner(Chunks::of(6)).key_by(|n| n % 3).reduce(|a, b| a + b);
    let none = |n: u64| Err::<u64, _>(n);
    assert_eq!(failed(totals().try_map(none).integrator(Sum).try_run()), (3, 0, 0));
    let skipped = totals().try_map(none).on_failure(Skip).integrator(Count).try_run_with_stats().unwrap();
    assert_eq!((skipped.0.len(), skipped.1.failed), (0, 6));
    let letters = Mutex::new(Vec::new());
    let take = |letter: Letter<u64, u64>| letters.lock().unwrap().push((letter.batch, letter.record, letter.error));
    let (kept, stats) = totals().try_map(none).dead_letter(take).integrator(Count).try_run_with_stats().unwrap();
    let mut letters = letters.into_inner().unwrap();
    letters.sort();
    assert_eq!((kept.len(), stats.failed, letters), (0, 6, vec![(0, 0, 3), (0, 0, 5), (0, 0, 7), (1, 6, 15), (1, 6, 17), (1, 6, 19)]));
}

/// A failure of a record, then one of the batch's total, which stands at its first record: back in the batch.
#[test]
fn a_dead_letter_of_a_total_after_one_of_a_record() {
    let letters = Mutex::new(Vec::new());
    let odd = |n: u64| if n == 3 { Err(n) } else { Ok(n) };
    let total = Pipeline::over(0..6u64).try_map(odd).reduce(|a, b| a + b).try_map(Err::<u64, _>);
    let kept = total.dead_letter(|letter| letters.lock().unwrap().push((letter.record, letter.error))).integrator(Sum).try_run();
    assert_eq!((kept.unwrap(), letters.into_inner().unwrap()), (0, vec![(3, 3), (0, 12)]));
}

#[test]
fn half_of_a_great_owned_batch_fails_in_linear_time() {
    within(LIMIT, || {
        let lines: Vec<String> = (0..100_000u32).map(|n| n.to_string()).collect();
        let count = AtomicU64::new(0);
        let began = Instant::now();
        let even = |line: String| if line.ends_with(['0', '2', '4', '6', '8']) { Ok(line) } else { Err(line) };
        let over = Pipeline::over(lines).partitioner(Chunks::of(100_000)).try_map(even);
        let kept = over.dead_letter(|_| _ = count.fetch_add(1, Ordering::Relaxed)).integrator(Count).try_run_with_stats();
        let (kept, stats) = kept.unwrap();
        assert_eq!((kept, stats.failed, stats.batches, count.into_inner()), (50_000, 50_000, 1, 50_000));
        assert!(began.elapsed() < Duration::from_secs(5), "took {:?}", began.elapsed());
    });
}

/// Fails the first `n` attempts at each record that is a multiple of ten.
struct Flaky {
    times: u64,
    seen: Vec<AtomicU64>,
}

impl Flaky {
    fn new(times: u64) -> Self {
        Flaky { times, seen: (0..100).map(|_| AtomicU64::new(0)).collect() }
    }

    fn step(&self, n: u64) -> Result<u64, String> {
        let before = self.seen[n as usize].fetch_add(1, Ordering::Relaxed);
        if n.is_multiple_of(10) && before < self.times { Err(format!("{n} is busy")) } else { Ok(n) }
    }
}

#[test]
fn each_attempt_starts_from_nothing() {
    for threads in [1, 3] {
        for size in [7, 100] {
            let engine = engine(threads);
            let numbers: Vec<u64> = (0..100).collect();
            let over = || Pipeline::over(&numbers).partitioner(Chunks::of(size)).on(&engine).copied();
            let (flaky, groups, list) = (Flaky::new(1), Flaky::new(1), Flaky::new(1));
            let retry = Retry::times(20);
            let (sum, stats) = over().try_map(|n| flaky.step(n)).on_failure(retry).integrator(Sum).try_run_with_stats().unwrap();
            // Each of the ten makes its batch run once more, as the first failure ends the attempt.
            assert_eq!((sum, stats.retried, stats.failed, stats.records), (4950, 10, 0, 100));
            assert_eq!(over().try_map(|n| list.step(n)).on_failure(retry).integrator(Collect).try_run().unwrap(), numbers);
            let by_key = over().try_map(|n| groups.step(n)).key_by(|n| n % 4).on_failure(retry).integrator((Sum, Count)).try_run().unwrap();
            assert_eq!(by_key.into_sorted(), [(0, (1200, 25)), (1, (1225, 25)), (2, (1250, 25)), (3, (1275, 25))]);
        }
    }
}

#[test]
fn a_batch_is_tried_so_many_times_and_no_more() {
    let check = |fails: u64, times: u32, expected: Result<u64, (String, u64, u64)>, attempts: u64| {
        let flaky = Flaky::new(fails);
        let run = Pipeline::over(1..=20u64).partitioner(Chunks::of(5)).try_map(|n| if n == 10 { flaky.step(n) } else { Ok(n) });
        let run = run.on_failure(Retry::times(times)).integrator(Sum).try_run();
        assert_eq!(run.map_err(|error| failed::<u64, _>(Err(error))), expected);
        assert_eq!(flaky.seen[10].load(Ordering::Relaxed), attempts, "{fails} failures, {times} times");
    };
    let busy = || Err(("10 is busy".to_string(), 1, 9));
    check(0, 3, Ok(210), 1);
    check(3, 3, Ok(210), 4);
    check(4, 3, busy(), 4);
    check(1, 0, busy(), 1);
    check(1, 1, Ok(210), 2);
    check(99, 10, busy(), 11);
}

#[test]
fn a_further_attempt_waits() {
    let began = Instant::now();
    let flaky = Flaky::new(3);
    let run = Pipeline::over(0..5u64).try_map(|n| flaky.step(n)).on_failure(Retry::times(3).backoff(Duration::from_millis(20)));
    assert_eq!(run.integrator(Sum).try_run().unwrap(), 10);
    assert!(began.elapsed() >= Duration::from_millis(60), "took {:?}", began.elapsed());
}

/// A batch that waits for its next attempt need not be waited for, once an earlier one has ended the run.
#[test]
fn a_failure_before_it_ends_the_wait_of_a_batch() {
    struct WaitOnOdd;
    impl<B: Clone, E> FailurePolicy<B, E> for WaitOnOdd {
        fn keep(&self, batch: &B) -> Option<B> {
            Some(batch.clone())
        }
        fn decide(&self, _: Option<&B>, position: usize, _: u32, error: E) -> Verdict<E> {
            if position == 1 { Verdict::Retry(error) } else { Verdict::Stop(error) }
        }
        fn backoff(&self, _: u32) -> Duration {
            Duration::from_secs(3600)
        }
    }
    within(LIMIT, || {
        let waits = AtomicU64::new(0);
        let step = |n: u64| match n {
            0 => {
                while waits.load(Ordering::Acquire) == 0 {
                    std::thread::yield_now();
                }
                Err("first")
            }
            3 => {
                waits.store(1, Ordering::Release);
                Err("second")
            }
            n => Ok(n),
        };
        let run = Pipeline::over(0..4u64).partitioner(Chunks::of(2)).on(&engine(2)).try_map(step).on_failure(WaitOnOdd).integrator(Sum);
        assert_eq!(failed(run.try_run()), ("first", 0, 0));
    });
}

#[test]
fn a_policy_of_ones_own_knows_the_place() {
    struct Bear<'p>(&'p Mutex<Vec<(u64, u64, usize, usize)>>);
    impl<B, E> FailurePolicy<B, E> for Bear<'_> {
        fn keep(&self, _: &B) -> Option<B> {
            None
        }
        fn decide(&self, _: Option<&B>, _: usize, _: u32, error: E) -> Verdict<E> {
            // Without a copy of the batch this is a stop.
            Verdict::Retry(error)
        }
        fn judge<'k>(&'k self, kept: Option<&'k B>, attempt: u32) -> Box<dyn FnMut(&Place, E) -> Verdict<E> + 'k>
        where
            E: 'k,
        {
            let mut borne = 0;
            Box::new(move |place, error| {
                borne += 1;
                self.0.lock().unwrap().push((place.batch, place.first, place.position, place.records));
                if borne <= 2 { Verdict::Skip } else { self.decide(kept, place.position, attempt, error) }
            })
        }
    }
    let places = Mutex::new(Vec::new());
    let over = Pipeline::over(0..20u64).partitioner(Chunks::of(10)).on(&engine(1));
    let run = over.try_map(|n| if n % 6 == 5 || n > 17 { Err(n) } else { Ok(n) }).on_failure(Bear(&places)).integrator(Sum).try_run();
    assert_eq!(failed(run), (18, 1, 18));
    assert_eq!(places.into_inner().unwrap(), [(0, 0, 5, 1), (1, 10, 1, 1), (1, 10, 7, 1), (1, 10, 8, 1)]);
}

#[test]
fn a_whole_batch_fails_with_all_its_records() {
    let over = || Pipeline::over(0..25u64).partitioner(Chunks::of(10));
    let step = |batch: std::ops::Range<u64>| if batch.start == 0 { Ok(batch.count() as u64) } else { Err(batch.start) };
    assert_eq!(failed(over().try_process(step).integrator(Sum).try_run()), (10, 1, 10));
    let (kept, stats) = over().try_process(step).on_failure(Skip).integrator(Sum).try_run_with_stats().unwrap();
    assert_eq!((kept, stats.failed, stats.records, stats.batches), (10, 15, 25, 3));
    let letters = Mutex::new(Vec::new());
    let take = |letter: Letter<u64, u64>| letters.lock().unwrap().push((letter.batch, letter.record, letter.position, letter.records));
    assert_eq!(over().try_process(step).dead_letter(take).integrator(Sum).try_run().unwrap(), 10);
    let mut letters = letters.into_inner().unwrap();
    letters.sort();
    assert_eq!(letters, [(1, 10, 10, 10), (2, 20, 20, 5)]);
}

#[test]
fn a_later_stage_fails_for_itself() {
    let counts =
        || Pipeline::over(0..60u64).try_map(|n| if n == 99 { Err("first".to_string()) } else { Ok(n) }).key_by(|n| n % 6).integrator(Count);
    let step = |pane: Pane<u64, u64>| if pane.key % 2 == 1 { Err(format!("second {}", pane.key)) } else { Ok(pane.value) };
    let second = || counts().then().partitioner(Chunks::of(2)).try_map(step);
    assert_eq!(failed(second().integrator(Sum).try_run()), ("second 1".to_string(), 0, 1));
    let (sum, stats) = second().on_failure(Skip).integrator(Sum).try_run_with_stats().unwrap();
    assert_eq!((sum, stats.failed), (30, 3));
    // A policy is of its stage: that of the first does not bear with the second.
    let mixed = Pipeline::over(0..60u64).try_map(|n| if n < 6 { Err("first".to_string()) } else { Ok(n) }).on_failure(Skip);
    let mixed = mixed.key_by(|n| n % 6).integrator(Count).then().try_map(step).integrator(Sum).try_run();
    assert_eq!(failed(mixed), ("second 1".to_string(), 0, 1));
    let earlier = Pipeline::over(0..60u64).try_map(|n| if n == 7 { Err("first".to_string()) } else { Ok(n) }).key_by(|n| n % 6);
    assert_eq!(failed(earlier.integrator(Count).then().try_map(step).integrator(Sum).try_run()), ("first".to_string(), 0, 7));
}

/// The batches before the failing one were not run to their end, as the run was cancelled: the record is known all the same.
#[test]
fn a_failure_in_a_cancelled_run_names_its_record() {
    let token = CancelToken::new();
    let step = |n: u64| (n == 17).then(|| token.cancel()).map_or(Ok(n), |_| Err("no"));
    let backwards = Priority::by(|task| u64::from(task.seq));
    let over = Pipeline::over(0..20u64).partitioner(Chunks::of(5)).scheduler(backwards).on(&engine(1)).cancel(&token);
    assert_eq!(failed(over.try_map(step).integrator(Sum).try_run()), ("no", 3, 17));
}

fn text<E: Display>(error: RunError<E>) -> String {
    error.to_string()
}

#[test]
fn any_error_type_is_an_error_of_the_run() {
    type Boxed = Box<dyn std::error::Error + Send + Sync>;
    fn question() -> Result<u64, Box<dyn std::error::Error>> {
        Ok(Pipeline::over(&["x"]).try_map(|line| line.parse::<u64>().map_err(Boxed::from)).integrator(Sum).try_run()?)
    }
    assert_eq!(question().unwrap_err().to_string(), "batch 0, record 0: invalid digit found in string");
    let over = || Pipeline::over(0..9u64).partitioner(Chunks::of(2));
    assert_eq!(
        text(over().try_map(|n| if n == 5 { Err("no".to_string()) } else { Ok(n) }).try_run().unwrap_err()),
        "batch 2, record 5: no"
    );
    assert_eq!(text(over().map(|n| assert!(n != 7, "seven")).try_run().unwrap_err()), "batch 3 panicked: seven");
    let token = CancelToken::new();
    token.cancel();
    assert_eq!(text(over().cancel(&token).try_run().unwrap_err()), "cancelled before batch 0 was done");
    assert_eq!(text(over().deadline(Duration::ZERO).try_run().unwrap_err()), "the deadline passed before batch 0 was done");
    let known = over().try_map(|n| if n == 5 { Err("no") } else { Ok(n) }).try_run().unwrap_err();
    assert_eq!((known.batch().unwrap(), known.into_error()), (2, Some("no")));
    assert_eq!(over().cancel(&token).try_run().unwrap_err().into_error(), None);
}

/// A part may not know how many records it holds; that it was lost must show all the same.
#[test]
fn a_batch_of_unknown_size_that_is_skipped_is_counted() {
    struct Unknown;
    impl Partitioner<std::ops::Range<u32>> for Unknown {
        type Batch = std::ops::Range<u32>;
        fn partition(&self, data: std::ops::Range<u32>, _: usize) -> Vec<Part<Self::Batch>> {
            vec![Part { partition: 0, records: 0, batch: data.clone() }, Part { partition: 1, records: 0, batch: data }]
        }
    }
    let over = || Pipeline::over(0..10u32).partitioner(Unknown);
    let (_, stats) = over().try_process(|_| Err::<u32, _>("no")).on_failure(Skip).integrator(Sum).try_run_with_stats().unwrap();
    assert_eq!((stats.failed, stats.batches), (2, 2));
    let (sum, stats) =
        over().try_map(|n| if n == 3 { Err("no") } else { Ok(n) }).on_failure(Skip).integrator(Sum).try_run_with_stats().unwrap();
    assert_eq!((sum, stats.failed, stats.records), (84, 2, 20));
}

#[test]
fn a_policy_may_be_chosen_at_run_time() {
    for bears in [true, false] {
        let policy: Box<dyn FailurePolicy<&[&str], std::num::ParseIntError>> = if bears { Box::new(Skip) } else { Box::new(Stop) };
        let sum = Pipeline::over(&["1", "x", "2"]).try_map(|s| s.parse::<u8>()).on_failure(policy).integrator(Sum).try_run();
        assert_eq!(sum.ok(), bears.then_some(3));
    }
}
