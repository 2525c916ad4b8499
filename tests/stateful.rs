//! State by key on several threads: the same results as on one, timers, expiry and failures included; and really on several.

mod props;
mod watchdog;

use microbatch::prelude::*;
use microbatch::{Expire, StreamProgress};
use props::holds;
use proptest::collection::vec;
use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread::ThreadId;
use std::time::{Duration, Instant};
use watchdog::within;

const LIMIT: Duration = Duration::from_secs(120);

fn engine(threads: usize) -> Engine {
    Engine::builder().threads(threads).build().unwrap()
}

/// Takes its time, so that a batch is worth sharing.
fn work(nanos: u64) {
    let began = Instant::now();
    while began.elapsed() < Duration::from_nanos(nanos) {
        std::hint::spin_loop();
    }
}

/// A key, a time, and a value.
type Record = (u32, i64, i64);

/// Numbers a key's records, sums them up, and does all that a processor can do, by their values.
#[derive(Clone, Copy)]
struct Busy {
    nanos: u64,
}

type Said = (&'static str, u32, i64, i64);

impl KeyedProcessor<u32, Record> for Busy {
    type State = (i64, i64);
    type Out = Said;

    fn on_record(&self, key: &u32, (nth, sum): &mut (i64, i64), (_, at, value): Record, context: &mut Context<Said>) {
        work(self.nanos);
        assert_eq!(context.time(), Some(Timestamp::from_micros(at)));
        *nth += 1;
        *sum = sum.wrapping_mul(31).wrapping_add(value);
        // None, one or two values, and timers now and then, some of them late or of equal times.
        (0..value % 3).for_each(|_| context.emit(("record", *key, *nth, *sum)));
        if value % 5 == 0 {
            context.timer(Timestamp::from_micros(at + value % 40 - 10));
        }
        if value % 17 == 0 {
            context.clear();
        }
    }

    fn on_timer(&self, key: &u32, (nth, sum): &mut (i64, i64), at: Timestamp, context: &mut Context<Said>) {
        work(self.nanos / 4);
        *sum += 1;
        context.emit(("timer", *key, at.as_micros(), *sum));
        if *sum % 2 == 0 {
            context.timer(Timestamp::from_micros(at.as_micros() + *nth % 30));
        }
    }
}

/// Records in about the order of their times, of so many keys, some much hotter than others.
fn records(count: usize, keys: u64, seed: u64) -> Vec<Record> {
    let mut state = seed | 1;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let record = |n: usize| {
        let key = if next() % 4 == 0 { 0 } else { next() % keys };
        (key as u32, n as i64 + (next() % 20) as i64, (next() % 1_000) as i64)
    };
    (0..count).map(record).collect()
}

/// What comes out with so many threads, and in how many threads it was made.
fn run_on<P, O>(threads: usize, records: &[Record], of: usize, processor: P) -> (Vec<O>, StreamProgress)
where
    P: KeyedProcessor<u32, Record, Out = O> + Sync,
    O: Send,
{
    let engine = engine(threads);
    let mut seen = Vec::new();
    let report = Pipeline::stream(records.iter().copied())
        .trigger(Records::of(of))
        .event_time(|record| Timestamp::from_micros(record.1))
        .watermark(BoundedDisorder::of(Duration::from_micros(20)))
        .key_by(|record| record.0)
        .stateful(processor)
        .on(&engine)
        .for_each(|out| seen.push(out))
        .unwrap();
    (seen, report)
}

fn same<O: PartialEq + Debug>(wanted: &[O], found: &[O], what: &str) {
    let differs = wanted.iter().zip(found).position(|(a, b)| a != b);
    assert_eq!(differs.map(|at| (at, &wanted[at], &found[at])), None, "{what}");
    assert_eq!(wanted.len(), found.len(), "{what}");
}

/// Notes the threads that it is called on.
struct Noting<'n, P>(P, &'n Mutex<HashMap<ThreadId, usize>>);

impl<K, V, P: KeyedProcessor<K, V>> KeyedProcessor<K, V> for Noting<'_, P> {
    type State = P::State;
    type Out = P::Out;

    fn on_record(&self, key: &K, state: &mut P::State, value: V, context: &mut Context<P::Out>) {
        *self.1.lock().unwrap().entry(std::thread::current().id()).or_default() += 1;
        self.0.on_record(key, state, value, context);
    }

    fn on_timer(&self, key: &K, state: &mut P::State, at: Timestamp, context: &mut Context<P::Out>) {
        self.0.on_timer(key, state, at, context);
    }
}

#[test]
fn the_number_of_threads_makes_no_difference() {
    within(LIMIT, || {
        let records = records(12_000, 300, 7);
        let mut most = 0;
        for of in [1_000, 3_500] {
            let (wanted, _) = run_on(1, &records, of, Busy { nanos: 0 });
            assert!(wanted.iter().any(|said| said.0 == "timer") && wanted.len() > records.len() / 2);
            for threads in [1, 2, 3, 8] {
                let threads_seen = Mutex::default();
                let (found, report) = run_on(threads, &records, of, Noting(Busy { nanos: 1_500 }, &threads_seen));
                same(&wanted, &found, &format!("{threads} threads, cut each {of}"));
                let used = threads_seen.into_inner().unwrap();
                assert_eq!(used.values().sum::<usize>(), records.len());
                assert!(used.len() <= threads + 1, "{} threads worked of {threads}", used.len());
                most = most.max(used.len());
                assert_eq!(report.records_out, wanted.len() as u64);
            }
        }
        // On a machine with other work a thread may come too late to find any: not each time.
        assert!(most > 1, "no work was shared");
    });
}

/// Of bounded data as well, and with expiry, which is timers.
#[test]
fn expiry_and_bounded_data_are_the_same_on_all_threads() {
    within(LIMIT, || {
        let records = records(12_000, 300, 11);
        let expiring = |nanos| Expire::after(Duration::from_micros(60), Busy { nanos });
        let (wanted, _) = run_on(1, &records, 2_000, expiring(0));
        let bounded = |threads, nanos| {
            let pipeline = Pipeline::over(records.clone()).partitioner(Chunks::of(2_000));
            let pipeline = pipeline.event_time(|record| Timestamp::from_micros(record.1)).key_by(|record| record.0);
            pipeline.stateful(expiring(nanos)).on(&engine(threads)).run()
        };
        let whole = bounded(1, 0);
        for threads in [2, 3, 8] {
            let (found, report) = run_on(threads, &records, 2_000, expiring(1_500));
            same(&wanted, &found, &format!("{threads} threads"));
            assert!(report.state_keys <= 300, "{}", report.state_keys);
            same(&whole, &bounded(threads, 1_500), &format!("bounded, {threads} threads"));
        }
    });
}

/// A `scan` by key is shared in the same way, and as many in one chain as there are.
#[test]
fn scans_by_key_are_the_same_on_all_threads() {
    within(LIMIT, || {
        let numbers: Vec<u64> = records(20_000, 500, 3).into_iter().map(|record| record.2 as u64 * 7 + u64::from(record.0)).collect();
        let scanned = |threads: usize, nanos| {
            let used = Mutex::new(HashMap::<ThreadId, usize>::new());
            let mut seen = Vec::new();
            let stream = Pipeline::stream(numbers.iter().copied()).trigger(Records::of(4_000)).filter(|n| n % 13 > 0).key_by(|n| n % 101);
            let once = stream.scan(
                || 1u64,
                |state, n| {
                    work(nanos);
                    *used.lock().unwrap().entry(std::thread::current().id()).or_default() += 1;
                    *state = state.wrapping_mul(31).wrapping_add(n);
                    (*state % 3 > 0).then_some(*state)
                },
            );
            let twice = once.flat_map(|n| (0..n % 3).map(move |i| n ^ i)).scan(
                || 0u64,
                |state, n| {
                    work(nanos / 2);
                    *state = state.rotate_left(3) ^ n;
                    Some(*state)
                },
            );
            let report = twice.on(&engine(threads)).for_each(|n| seen.push(n)).unwrap();
            assert_eq!(report.state_keys, 202);
            (seen, used.into_inner().unwrap().len())
        };
        let (wanted, alone) = scanned(1, 0);
        let mut most = alone;
        for threads in [1, 2, 3, 8] {
            let (found, used) = scanned(threads, 1_500);
            same(&wanted, &found, &format!("{threads} threads"));
            most = most.max(used);
        }
        assert!(alone == 1 && most > 1, "{alone} thread alone, {most} at most");
    });
}

/// Waits in a record, for a while, until another thread is in one as well.
#[derive(Default)]
struct Meeting {
    inside: Mutex<usize>,
    another: Condvar,
    have_met: AtomicBool,
}

impl KeyedProcessor<u32, u32> for Meeting {
    type State = ();
    type Out = ();

    fn on_record(&self, _: &u32, _: &mut (), _: u32, _: &mut Context<()>) {
        let mut inside = self.inside.lock().unwrap();
        *inside += 1;
        self.have_met.fetch_or(*inside > 1, Ordering::Relaxed);
        self.another.notify_all();
        if !self.have_met.load(Ordering::Relaxed) {
            inside = self.another.wait_timeout(inside, Duration::from_millis(2)).unwrap().0;
        }
        *inside -= 1;
    }
}

#[test]
fn two_threads_meet_in_the_processor() {
    within(LIMIT, || {
        for threads in [1, 2] {
            let meeting = Meeting::default();
            let count = if threads == 1 { 200 } else { 2_000 };
            let stream = Pipeline::stream(0..count).trigger(Records::of(100)).key_by(|n| n % 50).stateful(&meeting);
            stream.on(&engine(threads)).for_each(|()| ()).unwrap();
            assert_eq!(meeting.have_met.into_inner(), threads == 2, "{threads} threads");
        }
    });
}

/// Fails at some values, panics at others; says what it was given.
struct Failing {
    panics: i64,
}

impl KeyedProcessor<u32, Record> for Failing {
    type State = i64;
    type Out = Result<(i64, i64), i64>;

    fn on_record(&self, _: &u32, nth: &mut i64, (_, at, value): Record, context: &mut Context<Self::Out>) {
        work(3_000);
        *nth += 1;
        assert!(at != self.panics, "no more of it");
        context.emit(Ok((at, *nth)));
        context.emit(if value < 0 { Err(at) } else { Ok((at, -*nth)) });
    }
}

/// How a run over batches of 500 ended, and what came before.
fn failing(threads: usize, fails: &[i64], panics: i64, filtered: bool) -> (Result<(), (Option<i64>, String)>, Vec<(i64, i64)>) {
    let mut seen = Vec::new();
    let record = |n: i64| ((n * 7 % 61) as u32, n, if fails.contains(&n) { -1 } else { 1 });
    let stream = Pipeline::stream((0..4_000).map(record)).trigger(Records::of(500)).filter(move |(_, at, _)| !filtered || at % 3 > 0);
    let stream = stream.key_by(|record| record.0).stateful(Failing { panics }).try_map(|out| out).on(&engine(threads));
    let ran = stream.for_each(|out| seen.push(out));
    let ran = ran.map(|_| ()).map_err(|error| {
        let said = match &error {
            RunError::Failed { record, batch, .. } => format!("record {record} of batch {batch}"),
            other => other.to_string(),
        };
        (error.into_error(), said)
    });
    (ran, seen)
}

#[test]
fn the_failure_of_the_lowest_record_is_reported_on_all_threads() {
    within(LIMIT, || {
        let cases: [(&[i64], i64, bool); 6] = [
            (&[], -1, false),
            (&[3_333, 3_100, 3_490], -1, false),
            (&[3_331, 3_100, 3_490], 3_101, true),
            (&[3_301], 3_100, false),
            (&[], 3_205, true),
            (&[500], -1, true),
        ];
        for (fails, panics, filtered) in cases {
            let wanted = failing(1, fails, panics, filtered);
            let first = fails.iter().min().filter(|first| panics < 0 || **first < panics);
            if let Some(first) = first {
                // A failure is at its record, however many were left out before it.
                let (error, said) = wanted.0.clone().unwrap_err();
                assert_eq!((error, said), (Some(*first), format!("record {first} of batch {}", first / 500)));
                assert_eq!(wanted.1.last().map(|out| out.0), Some(*first));
            }
            assert_eq!(wanted.0.is_ok(), fails.is_empty() && panics < 0);
            for threads in [2, 3, 8] {
                let found = failing(threads, fails, panics, filtered);
                assert_eq!(found.0, wanted.0, "{threads} threads, {fails:?}, {panics}");
                if first.is_some() || panics < 0 {
                    same(&wanted.1, &found.1, &format!("{threads} threads, {fails:?}"));
                }
            }
        }
    });
}

/// Where threads share two steps of a chain, the second hands on which record of the source it was.
#[test]
fn a_failure_after_two_shared_steps_is_at_its_record() {
    within(LIMIT, || {
        for threads in [1, 2, 3] {
            let stream = Pipeline::stream(0..4_000i64).trigger(Records::of(500)).filter(|n| n % 3 > 0).key_by(|n| *n as u32 % 50);
            let stream = stream.scan(
                || 0i64,
                |last, n| {
                    work(10_000);
                    *last = n;
                    Some((n as u32 % 50, n, if n == 3_331 || n == 3_334 { -1 } else { 1 }))
                },
            );
            let stream = stream.stateful(Failing { panics: -1 }).try_map(|out| out).on(&engine(threads));
            let mut last = None;
            let error = stream.for_each(|(at, _)| last = Some(at)).unwrap_err();
            assert!(matches!(error, RunError::Failed { error: 3_331, batch: 6, record: 3_331 }), "{threads} threads: {error}");
            assert_eq!(last, Some(3_331));
        }
    });
}

/// A policy that goes on after a failure sees, and leaves, the same on all threads.
#[test]
fn what_is_skipped_is_the_same_on_all_threads() {
    within(LIMIT, || {
        let skipped = |threads| {
            let mut seen = Vec::new();
            let stream = Pipeline::stream(0..3_000i64).trigger(Records::of(500)).flat_map(|n| [(n as u32 % 7, n, n % 11 - 3), (3, n, 1)]);
            let stream = stream.key_by(|record| record.0).stateful(Failing { panics: -1 }).try_map(|out| out).on_failure(Skip);
            let report = stream.on(&engine(threads)).for_each(|out| seen.push(out)).unwrap();
            (seen, report.failed)
        };
        let wanted = skipped(1);
        assert!(wanted.1 > 500 && wanted.0.len() > 3_000);
        assert!(skipped(3) == wanted, "what was skipped differs");
    });
}

/// A timer that sets itself again, for its own time or one before it.
struct Again {
    back: i64,
}

impl KeyedProcessor<u8, i64> for Again {
    type State = ();
    type Out = i64;

    fn on_record(&self, _: &u8, _: &mut (), at: i64, context: &mut Context<i64>) {
        if at == 0 {
            context.timer(Timestamp::from_micros(5));
        }
    }

    fn on_timer(&self, _: &u8, _: &mut (), at: Timestamp, context: &mut Context<i64>) {
        context.emit(at.as_micros());
        context.timer(Timestamp::from_micros(at.as_micros() - self.back));
    }
}

/// Used to go on for ever within one micro-batch.
#[test]
fn a_timer_that_is_set_again_for_its_own_time_fires_once_a_micro_batch() {
    within(LIMIT, || {
        for back in [0, 2] {
            let stream = Pipeline::stream([0i64, 10, 11, 12].into_iter()).trigger(Records::of(1));
            let fired = stream.event_time(|at| Timestamp::from_micros(*at)).key_by(|_| 0u8).stateful(Again { back }).run();
            // With each of the last three records, and at the end of the source, where what it sets is left.
            assert_eq!(fired, (0..4).map(|n| 5 - n * back).collect::<Vec<_>>());
            let bounded = Pipeline::over([0i64, 10, 11, 12]).event_time(|at| Timestamp::from_micros(*at)).key_by(|_| 0u8);
            assert_eq!(bounded.stateful(Again { back }).run(), [5, 5 - back]);
        }
    });
}

/// Used to be reported at record 0.
#[test]
fn a_failure_of_a_timer_is_at_the_last_record_of_the_micro_batch() {
    within(LIMIT, || {
        let failed = |error: RunError<i64>| match error {
            RunError::Failed { error, record, .. } => (error, record),
            other => panic!("{other}"),
        };
        let timers = Again { back: 0 };
        let stream = Pipeline::stream([0i64, 1, 2, 3, 10, 11, 12].into_iter()).trigger(Records::of(3));
        let stream = stream.event_time(|at| Timestamp::from_micros(*at)).key_by(|_| 0u8).stateful(&timers);
        assert_eq!(failed(stream.try_map(Err::<(), i64>).for_each(|()| ()).unwrap_err()), (5, 5));
        let bounded = Pipeline::over([0i64, 1, 2, 3, 10, 11, 12]).event_time(|at| Timestamp::from_micros(*at)).key_by(|_| 0u8);
        assert_eq!(failed(bounded.stateful(&timers).try_map(Err::<(), i64>).try_run().unwrap_err()), (5, 6));
    });
}

/// Wakes a key some time after each of its records, and says how long that took in milliseconds.
struct Clock {
    after: Duration,
}

impl KeyedProcessor<u8, u8> for Clock {
    type State = Option<Instant>;
    type Out = (u8, Duration, Option<Timestamp>);

    fn on_record(&self, _: &u8, last: &mut Option<Instant>, _: u8, context: &mut Context<Self::Out>) {
        *last = Some(Instant::now());
        context.wake(self.after);
    }

    fn on_wake(&self, key: &u8, last: &mut Option<Instant>, context: &mut Context<Self::Out>) {
        context.emit((*key, last.unwrap().elapsed(), context.time()));
        context.clear();
    }
}

#[test]
fn keys_are_woken_by_the_clock_while_nothing_comes() {
    within(LIMIT, || {
        let after = Duration::from_millis(30);
        let (sender, source) = channel(10);
        let (out, woken) = channel(10);
        let stream = Pipeline::stream(source).event_time(|n: &u8| Timestamp::from_micros(i64::from(*n) * 100));
        let handle = stream.key_by(|n| *n).stateful(Clock { after }).spawn(out).unwrap();
        sender.send(2).unwrap();
        // The source is quiet, and has not ended.
        let mut woken = Pipeline::stream(woken).into_iter();
        let (key, taken, time) = woken.next().unwrap();
        assert_eq!((key, time), (2, Some(Timestamp::from_micros(200))));
        assert!(taken >= after && taken < Duration::from_secs(30), "{taken:?}");
        // One whose time would be long after this test is woken at the end.
        drop(sender);
        handle.join().unwrap();
        assert!(woken.next().is_none());
    });
}

#[test]
fn at_the_end_of_the_source_all_keys_are_woken_in_the_order_of_their_times() {
    within(LIMIT, || {
        let after = Duration::from_secs(3_600);
        let began = Instant::now();
        let keys = |woken: Vec<(u8, Duration, Option<Timestamp>)>| woken.into_iter().map(|(key, ..)| key).collect::<Vec<_>>();
        assert_eq!(keys(Pipeline::over([3u8, 1, 2]).key_by(|n| *n).stateful(Clock { after }).run()).len(), 3);
        let stream = Pipeline::stream([3u8, 1, 2].into_iter()).trigger(Records::of(1));
        let woken = stream.event_time(|n| Timestamp::from_micros(i64::from(*n))).key_by(|n| *n).stateful(Clock { after }).run();
        assert!(woken.iter().all(|(.., time)| *time == Some(Timestamp::from_micros(3))), "{woken:?}");
        assert_eq!(keys(woken), [3, 1, 2]);
        assert!(began.elapsed() < Duration::from_secs(60));
    });
}

/// Steps before one that replaces the time hear of the clock, too, and of what was emitted by it the time is replaced.
#[test]
fn keys_are_woken_where_the_time_is_replaced_later() {
    within(LIMIT, || {
        let (sender, source) = channel(10);
        let (out, counted) = channel(10);
        let stream = Pipeline::stream(source).event_time(|n: &u8| Timestamp::from_micros(i64::from(*n)));
        let woken = stream.key_by(|n| *n).stateful(Clock { after: Duration::from_millis(1) });
        let late = woken.event_time(|(n, ..)| Timestamp::from_micros(i64::from(*n) * 100)).map(|(n, ..)| n);
        let woken_again = late.stateful(Clock { after: Duration::from_millis(1) });
        let handle = woken_again.spawn(out).unwrap();
        sender.send(2).unwrap();
        // The source is quiet: both are woken by the clock.
        let (key, _, time) = Pipeline::stream(counted).into_iter().next().unwrap();
        // The time that counts is that of the records which come to the later step, of which there was none.
        assert_eq!((key, time), (2, None));
        drop(sender);
        handle.join().unwrap();
    });
}

/// Emits what falls into windows, when it is woken.
#[test]
fn what_is_emitted_by_the_clock_is_on_time_for_windows() {
    within(LIMIT, || {
        let stream = Pipeline::stream([10u8, 12, 25].into_iter()).trigger(Records::of(1));
        let stream = stream.event_time(|n| Timestamp::from_micros(i64::from(*n))).key_by(|n| *n).stateful(Clock { after: Duration::ZERO });
        let mut panes = Vec::new();
        let report = stream.window(Tumbling::of(Duration::from_micros(10))).integrator(Count).for_each(|pane| panes.push(pane)).unwrap();
        assert_eq!(panes.iter().map(|pane| pane.value).sum::<u64>(), 3);
        assert_eq!((report.late, report.dropped), (0, 0));
    });
}

#[test]
fn progress_shows_the_keys_that_have_state() {
    within(LIMIT, || {
        let counts = |keys: u64| {
            let stream = Pipeline::stream(0..10_000u64).trigger(Records::of(1_000)).key_by(move |n| n % keys);
            stream.scan(|| 0u64, |n, _| Some(*n)).stateful(Never).for_each(|_: ()| ()).unwrap()
        };
        let (few, many) = (counts(10), counts(1_000));
        assert_eq!((few.state_keys, many.state_keys), (20, 2_000));
        assert!(many.state_bytes > 50 * few.state_bytes && few.state_bytes >= 10 * 32, "{} {}", few.state_bytes, many.state_bytes);
        assert!(many.to_string().contains("2000 keys in "), "{many}");
        // Those that were cleared are gone.
        let (_, report) = run_on(1, &[(1, 0, 17), (2, 0, 1), (3, 0, 34)], 1, Busy { nanos: 0 });
        assert_eq!(report.state_keys, 1);
    });
}

/// Keeps state, and says nothing.
struct Never;

impl<K, V> KeyedProcessor<K, V> for Never {
    type State = u64;
    type Out = ();

    fn on_record(&self, _: &K, _: &mut u64, _: V, _: &mut Context<()>) {}
}

/// A token stops a run in the middle of a batch that threads share.
#[test]
fn a_shared_batch_can_be_cancelled() {
    within(LIMIT, || {
        let token = CancelToken::new();
        let calls = AtomicUsize::new(0);
        let cancel = Cancelling { token: &token, calls: &calls };
        let stream = Pipeline::stream(0..400_000u64).trigger(Records::of(50_000)).partitioner(Chunks::of(50_000)).key_by(|n| n % 1_000);
        let ran: Result<_, RunError<Infallible>> = stream.stateful(cancel).cancel(&token).on(&engine(2)).for_each(|_| ());
        assert!(matches!(ran, Err(RunError::Cancelled { batch: 3 })), "{ran:?}");
        let after = calls.into_inner() - 170_000;
        assert!(after <= 2_048, "{after} records after it was cancelled");
    });
}

struct Cancelling<'c> {
    token: &'c CancelToken,
    calls: &'c AtomicUsize,
}

impl KeyedProcessor<u64, u64> for Cancelling<'_> {
    type State = ();
    type Out = u64;

    fn on_record(&self, _: &u64, _: &mut (), n: u64, context: &mut Context<u64>) {
        work(500);
        if self.calls.fetch_add(1, Ordering::Relaxed) == 170_000 {
            self.token.cancel();
        }
        context.emit(n);
    }
}

/// Whatever the timers are, and however the stream is cut.
#[test]
fn timers_of_many_shards_fire_as_those_of_one() {
    within(LIMIT, || {
        holds(1, 12, &(vec((0u32..40, 0i64..3, 0i64..1_000), 900..1_500), 200usize..500), |(steps, of)| {
            let mut now = 0;
            let records: Vec<Record> = steps
                .into_iter()
                .map(|(key, ahead, value)| {
                    now += ahead;
                    (key, now, value)
                })
                .collect();
            let (wanted, _) = run_on(1, &records, of, Busy { nanos: 0 });
            let (found, _) = run_on(4, &records, of, Busy { nanos: 2_000 });
            same(&wanted, &found, &format!("cut each {of}"));
        });
    });
}
