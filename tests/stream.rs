//! Streams and their handles: what ends them, what they leave behind, how far they read ahead, what they count.

mod props;
mod watchdog;

use microbatch::prelude::*;
use microbatch::{Admission, BoxError, Pending, WhenFull};
use props::holds;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use watchdog::within;

const LIMIT: Duration = Duration::from_secs(60);

/// One test at a time, as they count threads and time, and not for ever.
fn alone<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    within(LIMIT, work)
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(10), "never: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

/// What a run ended with, in short.
fn end<R, E: std::fmt::Debug>(run: Result<R, RunError<E>>) -> String {
    match run {
        Ok(_) => "well".into(),
        Err(RunError::Failed { error, record, .. }) => format!("failed {record}: {error:?}"),
        Err(RunError::Panicked { message, .. }) => format!("panicked: {message}"),
        Err(RunError::Source { cause }) => format!("source: {cause}"),
        Err(RunError::Sink { cause }) => format!("sink: {cause}"),
        Err(RunError::Cancelled { .. }) => "cancelled".into(),
        Err(RunError::DeadlineExceeded { .. }) => "late".into(),
        Err(other) => format!("{other:?}"),
    }
}

/// Counts up, and does something at one number.
struct Counting<F> {
    next: u64,
    given: Arc<AtomicU64>,
    at: u64,
    then: F,
}

impl<F: FnMut() -> Result<Pull, &'static str> + Send> Source for Counting<F> {
    type Item = u64;
    type Error = &'static str;

    fn pull(&mut self, max: usize, inbox: &mut Inbox<u64>) -> Result<Pull, &'static str> {
        for _ in 0..max.min(16) {
            if self.next == self.at {
                return (self.then)();
            }
            inbox.push(self.next);
            self.next += 1;
            self.given.fetch_add(1, Ordering::SeqCst);
        }
        Ok(Pull::Ready)
    }
}

fn counting<F: FnMut() -> Result<Pull, &'static str> + Send>(at: u64, then: F) -> Counting<F> {
    Counting { next: 0, given: Arc::new(AtomicU64::new(0)), at, then }
}

fn up_to(at: u64) -> Counting<impl FnMut() -> Result<Pull, &'static str> + Send> {
    counting(at, || Ok(Pull::End))
}

mod ends {
    use super::*;

    #[test]
    fn a_source_that_fails_ends_the_stream_after_what_came_before() {
        alone(|| {
            for (at, of) in [(0, 1), (1, 1), (100, 7), (1000, 64), (1000, 5000)] {
                let mut seen = Vec::new();
                let stream = Pipeline::stream(counting(at, || Err("torn"))).trigger(Records::of(of));
                assert_eq!(end(stream.map(|n| n + 1).for_each(|n| seen.push(n))), "source: torn");
                assert_eq!(seen, (1..=at).collect::<Vec<_>>());
            }
            // Windows that are open do not leave, as nobody knows what is missing.
            let mut panes = Vec::new();
            let stream = Pipeline::stream(counting(25, || Err("torn"))).event_time(|n| Timestamp::from_micros(*n as i64));
            let stream = stream.window(Tumbling::of(micros(10))).integrator(Count);
            assert_eq!(end(stream.for_each(|pane| panes.push(pane.value))), "source: torn");
            assert_eq!(panes, [10, 10]);
        });
    }

    #[test]
    fn a_source_that_panics_is_told_from_one_that_ends_at_once() {
        alone(|| {
            let mut seen = Vec::new();
            assert_eq!(end(Pipeline::stream(counting(20, || panic!("gone"))).for_each(|n| seen.push(n))), "panicked: gone");
            assert_eq!(seen, (0..20).collect::<Vec<_>>());
            assert_eq!(end(Pipeline::stream(up_to(0)).for_each(|_| unreachable!())), "well");
            assert_eq!(Pipeline::stream(up_to(0)).integrator(Sum).try_run().unwrap(), 0);
            assert!(Pipeline::stream(up_to(0)).key_by(|n| n % 2).integrator(Sum).try_run().unwrap().is_empty());
            assert_eq!(Pipeline::stream(std::iter::empty::<u8>()).into_iter().next(), None);
        });
    }

    #[test]
    fn a_sink_that_fails_or_panics_ends_the_stream() {
        struct Breaks(u64);
        impl Sink<u64> for Breaks {
            fn write(&mut self, results: Vec<u64>) -> Result<(), BoxError> {
                assert!(!results.is_empty(), "a sink is never given nothing");
                self.0 = self.0.checked_sub(results.len() as u64).ok_or("full")?;
                Ok(())
            }
            fn finish(&mut self) -> Result<(), BoxError> {
                if self.0 == 0 { Ok(()) } else { Err("not full".into()) }
            }
        }
        alone(|| {
            assert_eq!(end(Pipeline::stream(0u64..).run_into(Breaks(100))), "sink: full");
            assert_eq!(end(Pipeline::stream(0..100u64).run_into(Breaks(100))), "well");
            assert_eq!(end(Pipeline::stream(0..50u64).run_into(Breaks(100))), "sink: not full");
            assert_eq!(end(Pipeline::stream(0u64..).spawn(Breaks(100)).unwrap().join()), "sink: full");
            let panics = || ForEach::new(|n: u64| assert!(n < 50, "no more"));
            assert_eq!(end(Pipeline::stream(0u64..).spawn(panics()).unwrap().join()), "panicked: no more");
            let panicked = catch_unwind(AssertUnwindSafe(|| Pipeline::stream(0u64..).run_into(panics())));
            assert_eq!(*panicked.unwrap_err().downcast_ref::<&str>().unwrap(), "no more");
        });
    }

    #[test]
    fn tokens_and_deadlines_end_streams_that_are_busy_and_quiet_ones() {
        alone(|| {
            let token = CancelToken::new();
            let stream = Pipeline::stream(0u64..).cancel(&token);
            assert_eq!(
                end(stream.for_each(|n| if n == 1000 {
                    token.cancel()
                })),
                "cancelled"
            );
            let (sender, source) = channel::<u8>(1);
            let token = CancelToken::new();
            let handle = Pipeline::stream(source).cancel(&token).spawn(ForEach::new(|_| ())).unwrap();
            token.cancel();
            assert_eq!(end(handle.join()), "cancelled");
            let (quiet, source) = channel::<u8>(1);
            let began = Instant::now();
            assert_eq!(end(Pipeline::stream(source).deadline(Duration::from_millis(50)).for_each(|_| ())), "late");
            assert!((50..2000).contains(&began.elapsed().as_millis()));
            assert_eq!(end(Pipeline::stream(0u64..).deadline(Duration::from_millis(50)).integrator(Count).try_run()), "late");
            // As an iterator, too.
            let token = CancelToken::new();
            let results = Pipeline::stream(0u64..).cancel(&token).try_iter();
            let last = results.inspect(|_| token.cancel()).find_map(Result::err);
            assert_eq!(end(Err::<(), _>(last.unwrap())), "cancelled");
            drop((sender, quiet));
        });
    }

    /// A trigger or a watermark that panicked used to look like the end of an iterator: what was missing nobody could see.
    #[test]
    fn a_part_that_panics_is_an_error_of_the_stream() {
        struct Bad;
        impl Trigger for Bad {
            fn fire(&mut self, pending: &Pending) -> bool {
                assert!(pending.records < 2, "bad trigger");
                false
            }
        }
        struct Worse;
        impl Watermark for Worse {
            fn at(&mut self, _: Timestamp) -> Timestamp {
                panic!("bad watermark")
            }
        }
        struct Idle;
        impl Watermark for Idle {
            fn at(&mut self, latest: Timestamp) -> Timestamp {
                latest
            }
            fn idle_after(&self) -> Option<Duration> {
                panic!("bad idleness")
            }
        }
        alone(|| {
            let stream = || Pipeline::stream(0..100u64);
            assert_eq!(end(stream().trigger(Bad).for_each(|_| ())), "panicked: bad trigger");
            let timed = || stream().event_time(|n| Timestamp::from_micros(*n as i64));
            assert_eq!(end(timed().watermark(Worse).for_each(|_| ())), "panicked: bad watermark");
            assert_eq!(end(timed().watermark(Idle).for_each(|_| ())), "panicked: bad idleness");
            let last = stream().trigger(Bad).try_iter().last();
            assert_eq!(end(last.expect("no silent end")), "panicked: bad trigger");
        });
    }
}

mod handles {
    use super::*;

    #[test]
    fn drain_takes_what_was_sent_and_stop_does_not_wait_for_it() {
        alone(|| {
            for sent in [0u64, 1, 100] {
                let (sender, source) = channel(1000);
                (0..sent).for_each(|n| sender.send(n).unwrap());
                let (results, kept) = channel(1000);
                let handle = Pipeline::stream(source).trigger(Records::of(1 << 20)).spawn(results).unwrap();
                handle.drain();
                let report = handle.join().unwrap();
                assert_eq!((report.records_in, report.records_out), (sent, sent));
                assert_eq!(Pipeline::stream(kept).run(), (0..sent).collect::<Vec<_>>());
                assert!(sender.send(7).is_err());
            }
            let (sender, source) = channel(1000);
            (0..100).for_each(|n| sender.send(n).unwrap());
            let handle = Pipeline::stream(source).trigger(Records::of(1 << 20)).spawn(ForEach::new(|_: i32| ())).unwrap();
            handle.stop();
            assert_eq!(handle.join().unwrap().records_out, 0);
        });
    }

    /// Drained, windows close as at the end; stopped, they do not.
    #[test]
    fn open_windows_leave_a_stream_that_is_drained_alone() {
        alone(|| {
            for is_drained in [true, false] {
                let (sender, source) = channel(100);
                let seen = Arc::new(AtomicUsize::new(0));
                let theirs = seen.clone();
                let windows = Tumbling::of(Duration::from_secs(1));
                let stream = Pipeline::stream(source).event_time(|n: &i64| Timestamp::from_micros(*n)).window(windows).integrator(Count);
                let handle = stream.spawn(ForEach::new(move |_| _ = theirs.fetch_add(1, Ordering::SeqCst))).unwrap();
                (0..10).for_each(|n| sender.send(n).unwrap());
                wait_until("ten records", || handle.progress().records_in == 10);
                assert_eq!(handle.progress().open, 1);
                assert_eq!(handle.progress().watermark, Some(Timestamp::from_micros(9)));
                if is_drained {
                    handle.drain()
                } else {
                    handle.stop()
                }
                handle.join().unwrap();
                assert_eq!(seen.load(Ordering::SeqCst), usize::from(is_drained));
            }
        });
    }

    #[test]
    fn progress_grows_and_ends_as_the_report() {
        alone(|| {
            let handle = Pipeline::stream(0..200_000u64).trigger(Records::of(1000)).spawn(ForEach::new(|_| ())).unwrap();
            let mut before = 0;
            while !handle.is_finished() {
                let progress = handle.progress();
                assert!(progress.records_in >= before && progress.records_out <= progress.records_in);
                before = progress.records_in;
            }
            let last = handle.progress();
            let report = handle.join().unwrap();
            assert_eq!(last, report);
            assert_eq!((report.records_in, report.records_out, report.micro_batches, report.waiting), (200_000, 200_000, 200, 0));
        });
    }
}

#[cfg(target_os = "linux")]
mod leftovers {
    use super::*;

    /// Threads of streams, by their names.
    fn threads() -> usize {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
        let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
        names.filter(|name| name.starts_with("microbatch-sour") || name.starts_with("microbatch-driv")).count()
    }

    /// Runs `work`, which has streams on other threads at some time, and sees them go.
    fn check(what: &str, work: impl FnOnce() + Send + 'static) {
        let what = what.to_string();
        alone(move || {
            work();
            wait_until(&format!("no thread left after {what}"), || threads() == 0);
        });
    }

    fn runs() {
        wait_until("threads of a stream", || threads() >= 2);
    }

    #[test]
    fn no_thread_is_left_behind() {
        check("the end", || assert_eq!(end(Pipeline::stream(0..100u64).spawn(ForEach::new(|_| ())).unwrap().join()), "well"));
        check("a stop", || {
            let handle = Pipeline::stream(0u64..).spawn(ForEach::new(|_| ())).unwrap();
            runs();
            handle.stop();
            assert_eq!(end(handle.join()), "well");
        });
        check("a drain", || {
            let handle = Pipeline::stream(0u64..).spawn(ForEach::new(|_| ())).unwrap();
            runs();
            handle.drain();
            assert_eq!(end(handle.join()), "well");
        });
        check("a handle that was dropped, of a stream that ends", || {
            let (sender, source) = channel(1);
            drop(Pipeline::stream(source).spawn(ForEach::new(|_: u8| ())).unwrap());
            runs();
            drop(sender);
        });
        check("an iterator that was not read", || {
            let results = Pipeline::stream(0u64..).map(|n| n + 1).into_iter();
            runs();
            drop(results);
        });
        check("an iterator dropped half-way", || {
            let mut results = Pipeline::stream(0u64..).map(|n| n + 1).into_iter();
            assert_eq!(results.by_ref().take(5000).last(), Some(5000));
            runs();
        });
        check("an iterator of a quiet channel", || {
            let (sender, source) = channel(10);
            sender.send(1).unwrap();
            let mut results = Pipeline::stream(source).map(|n: u8| n + 1).into_iter();
            assert_eq!(results.next(), Some(2));
            drop(results);
            wait_until("the sender hears of it", || sender.try_send(1).is_err());
        });
        check("an error", || {
            let stream = Pipeline::stream(0u64..).try_map(|n| if n == 5000 { Err("five") } else { Ok(n) });
            assert_eq!(end(stream.spawn(ForEach::new(|_| ())).unwrap().join()), "failed 5000: \"five\"");
        });
        check("an error of the source", || {
            assert_eq!(end(Pipeline::stream(counting(5000, || Err("torn"))).spawn(ForEach::new(|_| ())).unwrap().join()), "source: torn");
        });
        check("a panic of the sink", || {
            let handle = Pipeline::stream(0u64..).spawn(ForEach::new(|n| assert!(n < 5000, "sink"))).unwrap();
            assert_eq!(end(handle.join()), "panicked: sink");
        });
    }

    fn boom(what: &str, n: u64) -> u64 {
        assert!(n < 5000, "{what}");
        n
    }

    #[test]
    fn no_thread_is_left_behind_by_a_panic_in_any_closure() {
        macro_rules! check_panic {
            ($what:literal, $($chain:tt)*) => {
                check($what, || {
                    let stream = Pipeline::stream(0u64..) $($chain)*;
                    assert_eq!(end(stream.spawn(ForEach::new(|_| ())).unwrap().join()), concat!("panicked: ", $what));
                });
            };
        }
        check_panic!("map", .map(|n| boom("map", n)));
        check_panic!("filter", .filter(|n| boom("filter", *n) < 9));
        check_panic!("flat_map", .flat_map(|n| [boom("flat_map", n)]));
        check_panic!("process", .process(|batch| batch.iter().map(|n| boom("process", *n)).max()));
        check_panic!("key_by", .key_by(|n| boom("key_by", *n)));
        check_panic!("scan", .key_by(|n| n % 2).scan(|| 0, |_, n| Some(boom("scan", n))));
        check_panic!("time", .event_time(|n| Timestamp::from_micros(boom("time", *n) as i64)));
        check_panic!("fold", .mode(Mode::Update).accumulate(|| 0, |all, n| *all += boom("fold", n), |all, more| *all += more));
        check_panic!("later", .mode(Mode::Update).trigger(Records::of(100)).integrator(Count).then().map(|pane| boom("later", pane.value)));
        check_panic!("partition", .partition_by(2, |n| boom("partition", *n)));
    }
}

mod room {
    use super::*;

    /// How far a source runs ahead of a slow sink.
    fn ahead(admission: Admission, trigger: impl Trigger + 'static) -> u64 {
        alone(move || {
            let source = up_to(600);
            let (given, mut taken, mut most) = (source.given.clone(), 0, 0);
            let stream = Pipeline::stream(source).admission(admission).trigger(trigger);
            let report = stream.for_each(|_| {
                std::thread::sleep(micros(100));
                most = most.max(given.load(Ordering::SeqCst) - taken);
                taken += 1;
            });
            assert_eq!((report.unwrap().records_out, taken), (600, 600));
            most
        })
    }

    #[test]
    fn a_slow_sink_holds_the_source_back() {
        let check = |what: &str, bound: u64, most: u64| assert!(most <= bound, "{what}: {most} records ahead");
        // What waits, 64 records at least, and the micro-batch that runs.
        check("micro-batches of 10", 64 + 10, ahead(Admission::new(), Records::of(10)));
        check("micro-batches of 100", 100 + 100, ahead(Admission::new(), Records::of(100)));
        check("three at once", 200 + 100, ahead(Admission::new().batches(3), Records::of(100)));
        check("100 records", 100 + 100, ahead(Admission::new().records(100), Available));
        check("800 bytes", 100 + 100, ahead(Admission::new().bytes(800), Available));
        check("one record", 2, ahead(Admission::new().records(1), Available));
        check("a trigger that never fires", 100 + 100, ahead(Admission::new().records(100), Records::of(1 << 20)));
    }

    #[test]
    fn an_iterator_is_read_ahead_by_so_much() {
        alone(|| {
            let given = Arc::new(AtomicU64::new(0));
            let theirs = given.clone();
            let mut results = Pipeline::stream((0u64..).inspect(move |n| theirs.store(*n, Ordering::SeqCst))).into_iter();
            assert_eq!(results.next(), Some(0));
            std::thread::sleep(Duration::from_millis(100));
            let ahead = given.load(Ordering::SeqCst);
            assert!(ahead < 5 * 1024, "{ahead} records ahead");
        });
    }

    /// The first micro-batch runs until all has been given.
    fn overrun(when_full: WhenFull) -> (StreamProgress, Vec<u64>) {
        alone(move || {
            let source = up_to(20_000);
            let (given, mut seen) = (source.given.clone(), Vec::new());
            let stream = Pipeline::stream(source).admission(Admission::new().records(100).when_full(when_full));
            let wait = |n| {
                wait_until("all is given", || given.load(Ordering::SeqCst) == 20_000);
                n
            };
            let report = stream.map(wait).for_each(|n| seen.push(n)).unwrap();
            assert_eq!((report.records_in, report.records_out), (seen.len() as u64, seen.len() as u64));
            assert_eq!(report.records_in + report.refused, 20_000);
            assert!(seen.is_sorted_by(|a, b| a < b) && seen.len() < 1000, "{}", seen.len());
            (report, seen)
        })
    }

    #[test]
    fn what_finds_no_room_is_left_out_and_counted() {
        let (_, newest) = overrun(WhenFull::DropNewest);
        assert_eq!(newest[..100], (0..100).collect::<Vec<_>>());
        let (_, oldest) = overrun(WhenFull::DropOldest);
        assert_eq!(oldest[oldest.len() - 1], 19_999);
    }
}

mod quiet {
    use super::*;

    /// What has left a stream of three records 200 ms later, while its sender still lives.
    fn check(what: &str, trigger: impl Trigger + 'static, wanted: usize) {
        let what = what.to_string();
        alone(move || {
            let (sender, source) = channel(10);
            let seen = Arc::new(AtomicUsize::new(0));
            let theirs = seen.clone();
            let sink = ForEach::new(move |_: u64| _ = theirs.fetch_add(1, Ordering::SeqCst));
            let handle = Pipeline::stream(source).trigger(trigger).spawn(sink).unwrap();
            (0..3).for_each(|n| sender.send(n).unwrap());
            std::thread::sleep(Duration::from_millis(200));
            assert_eq!(seen.load(Ordering::SeqCst), wanted, "{what}");
            drop(sender);
            assert_eq!(handle.join().unwrap().records_out, 3, "{what}");
        });
    }

    #[test]
    fn triggers_of_time_fire_without_new_records() {
        let soon = Duration::from_millis(20);
        let later = Duration::from_secs(3600);
        check("as they come", Available, 3);
        check("every 20 ms", Every::new(soon), 3);
        check("every 20 ms or 1000 records", Every::new(soon).or(Records::of(1000)), 3);
        check("within 20 ms", Adaptive::target(soon), 3);
        check("every hour", Every::new(later), 0);
        check("1000 records", Records::of(1000), 0);
        check("1000 bytes", Bytes::of(1000), 0);
        check("every 20 ms, and 1000 records", Every::new(soon).and(Records::of(1000)), 0);
        check("every hour or 2 records", Every::new(later).or(Records::of(2)), 2);
    }

    /// `Mode::Complete` tells what is open after each micro-batch. It used to tell so each 10 ms as well, whether anything had come or not.
    #[test]
    fn nothing_leaves_while_nothing_comes() {
        alone(|| {
            for is_session in [false, true] {
                let (sender, source) = channel(10);
                let seen = Arc::new(AtomicUsize::new(0));
                let theirs = seen.clone();
                let sink = ForEach::new(move |_: Pane<(), u64>| _ = theirs.fetch_add(1, Ordering::SeqCst));
                let stream = Pipeline::stream(source).event_time(|n: &i64| Timestamp::from_micros(*n));
                let handle = if is_session {
                    stream.window(Session::gap(micros(100))).mode(Mode::Complete).integrator(Count).spawn(sink)
                } else {
                    stream.window(Tumbling::of(micros(100))).mode(Mode::Complete).integrator(Count).spawn(sink)
                };
                let handle = handle.unwrap();
                sender.send(1).unwrap();
                std::thread::sleep(Duration::from_millis(200));
                assert_eq!(seen.load(Ordering::SeqCst), 1);
                drop(sender);
                assert_eq!(handle.join().unwrap().records_out, 2);
            }
        });
    }

    /// A source partition that is idle holds the others back only for as long as it may.
    #[test]
    fn an_idle_source_partition_lets_the_others_go_on() {
        struct Two(i64);
        impl Source for Two {
            type Item = i64;
            type Error = std::convert::Infallible;
            fn pull(&mut self, _: usize, inbox: &mut Inbox<i64>) -> Result<Pull, std::convert::Infallible> {
                if self.0 == 0 {
                    inbox.push_from(1, 0);
                }
                inbox.push_from(0, self.0);
                self.0 += 1;
                std::thread::sleep(Duration::from_millis(1));
                Ok(if self.0 == 200 { Pull::End } else { Pull::Ready })
            }
        }
        alone(|| {
            for (watermark, is_early) in [
                (BoundedDisorder::default().idle_after(Duration::from_millis(30)), true),
                (BoundedDisorder::default().idle_after(Duration::from_secs(3600)), false),
                (BoundedDisorder::default(), false),
            ] {
                let now = AtomicU64::new(0);
                let see = |n: &i64| {
                    now.fetch_max(*n as u64, Ordering::SeqCst);
                    Timestamp::from_micros(*n)
                };
                let mut first = None;
                let stream =
                    Pipeline::stream(Two(0)).event_time(see).watermark(watermark).window(Tumbling::of(micros(10))).integrator(Count);
                let report = stream.for_each(|_| _ = first.get_or_insert(now.load(Ordering::SeqCst))).unwrap();
                assert_eq!(first.unwrap() < 199, is_early, "the first window left at {first:?}");
                assert_eq!((report.records_out, report.late), (20, 0));
            }
        });
    }

    /// Triggers that would fire at once, but for something else they need, used to be asked without a pause.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_quiet_stream_takes_no_time_of_the_processor() {
        /// What this process has taken, in hundredths of a second.
        fn taken() -> u64 {
            let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
            let fields: Vec<_> = stat[stat.rfind(')').unwrap()..].split(' ').collect();
            fields[12].parse::<u64>().unwrap() + fields[13].parse::<u64>().unwrap()
        }
        fn check(what: &str, trigger: impl Trigger + 'static) {
            let what = what.to_string();
            alone(move || {
                let (sender, source) = channel(10);
                let slow = |n: u64| {
                    std::thread::sleep(Duration::from_millis(1));
                    n
                };
                let handle = Pipeline::stream(source).map(slow).trigger(trigger).spawn(ForEach::new(|_| ())).unwrap();
                (0..20).for_each(|n| sender.send(n).unwrap());
                std::thread::sleep(Duration::from_millis(100));
                let before = taken();
                std::thread::sleep(Duration::from_secs(2));
                let more = taken() - before;
                assert!(more <= 2, "{what}: {more} hundredths of a second in two");
                drop(sender);
                assert_eq!(handle.join().unwrap().records_out, 20);
            });
        }
        check("as they come", Available);
        check("1000 records", Records::of(1000));
        check("each 10 ms", Every::new(Duration::from_millis(10)));
        check("within a millisecond", Adaptive::target(Duration::from_millis(1)));
        check("within a millisecond, and 1000 records", Adaptive::target(Duration::from_millis(1)).and(Records::of(1000)));
    }
}

mod failures {
    use super::*;

    fn seventh(n: u64) -> Result<u64, u64> {
        if n % 7 == 3 { Err(n) } else { Ok(n) }
    }

    #[test]
    fn what_came_before_the_failing_record_is_delivered_for_any_cutting() {
        alone(|| {
            let engines = [1, 2, 3].map(|threads| Engine::builder().threads(threads).build().unwrap());
            holds(1, 500, &(0u64..300, 0u64..300, 1usize..70, 1usize..20, 0usize..3), |(a, b, of, chunk, threads)| {
                let stream = || {
                    let stream = Pipeline::stream(0..a.max(b) + 100).trigger(Records::of(of)).partitioner(Chunks::of(chunk));
                    stream.on(&engines[threads]).try_map(|n| if n == a || n == b { Err(n) } else { Ok(n) })
                };
                let first = a.min(b);
                let wanted = format!("failed {first}: {first}");
                let mut seen = Vec::new();
                assert_eq!(end(stream().for_each(|n| seen.push(n))), wanted);
                assert_eq!(seen, (0..first).collect::<Vec<_>>());
                let mut seen = Vec::new();
                assert_eq!(end(stream().flat_map(|n| [n, n]).filter(|n| n % 3 > 0).for_each(|n| seen.push(n))), wanted);
                assert_eq!(seen, (0..first).flat_map(|n| [n, n]).filter(|n| n % 3 > 0).collect::<Vec<_>>());
                // Windows that are complete without the failing record and what follows.
                let mut panes = Vec::new();
                let timed = stream().event_time(|n| Timestamp::from_micros(*n as i64)).window(Tumbling::of(micros(10)));
                assert_eq!(end(timed.integrator(Count).for_each(|pane| panes.push(pane.value))), wanted);
                assert_eq!(panes, vec![10; first.saturating_sub(1) as usize / 10]);
                // As an iterator: at most 64 are missing, the failure is the last.
                if a % 8 == 0 {
                    let all: Vec<_> =
                        Pipeline::stream(0..400u64).try_map(move |n| if n == a { Err(n) } else { Ok(n) }).try_iter().collect();
                    let (last, before) = all.split_last().unwrap();
                    let before: Vec<u64> = before.iter().map(|result| *result.as_ref().unwrap()).collect();
                    assert_eq!(before, (0..before.len() as u64).collect::<Vec<_>>());
                    assert!(last.is_err() && before.len() as u64 <= a && before.len() as u64 + 64 > a.saturating_sub(1));
                }
            });
        });
    }

    #[test]
    fn policies_go_by_the_records_of_the_stream() {
        alone(|| {
            let fine: Vec<u64> = (0..1000).filter(|n| n % 7 != 3).collect();
            let bad: Vec<u64> = (0..1000).filter(|n| n % 7 == 3).collect();
            for of in [1, 64, 333, 5000] {
                let stream = || Pipeline::stream(0..1000u64).trigger(Records::of(of)).partitioner(Chunks::of(10)).try_map(seventh);
                let mut seen = Vec::new();
                let report = stream().on_failure(Skip).for_each(|n| seen.push(n)).unwrap();
                assert_eq!((seen, report.failed, report.records_in), (fine.clone(), bad.len() as u64, 1000));
                let (letters, mut seen) = (Mutex::new(Vec::new()), Vec::new());
                let take = |letter: Letter<u64, u64>| letters.lock().unwrap().push((letter.record, letter.error));
                let report = stream().dead_letter(take).for_each(|n| seen.push(n)).unwrap();
                let mut letters = letters.into_inner().unwrap();
                letters.sort();
                assert_eq!(letters, bad.iter().map(|n| (*n, *n)).collect::<Vec<_>>());
                assert_eq!((seen, report.failed), (fine.clone(), bad.len() as u64));
                // Each batch fails the first time.
                let (tries, mut seen) = ((0..1000).map(|_| AtomicU64::new(0)).collect::<Vec<_>>(), Vec::new());
                let second = |n: u64| if n % 10 == 5 && tries[n as usize].fetch_add(1, Ordering::SeqCst) == 0 { Err(n) } else { Ok(n) };
                let stream = Pipeline::stream(0..1000u64).trigger(Records::of(of)).partitioner(Chunks::of(10)).try_map(second);
                let report = stream.on_failure(Retry::times(2)).for_each(|n| seen.push(n)).unwrap();
                assert_eq!((seen, report.failed, report.retried), ((0..1000).collect::<Vec<_>>(), 0, 100), "cut each {of}");
            }
        });
    }
}

mod times {
    use super::*;

    const MIN: i64 = i64::MIN;
    const MAX: i64 = i64::MAX;

    /// Windows and counts of each cutting, which are those of bounded data.
    fn check<W: Windows<Timestamp> + Copy + Sync + Send + 'static>(
        what: &str,
        windows: W,
        times: &[i64],
        delay: u64,
        wanted: &[(i64, i64, usize)],
    ) where
        W::Overlap: microbatch::Overlap<Vec<i64>>,
    {
        let (what, times, wanted) = (what.to_string(), times.to_vec(), wanted.to_vec());
        alone(move || {
            let shape = |panes: Vec<Pane<(), Vec<i64>>>| -> Vec<_> {
                panes.iter().map(|pane| (pane.window.start.as_micros(), pane.window.end.as_micros(), pane.value.len())).collect()
            };
            let over = Pipeline::over(times.clone()).event_time(|t| Timestamp::from_micros(*t)).window(windows);
            assert_eq!(shape(over.accumulate(Vec::new, Vec::push, |all, mut more| all.append(&mut more)).run()), wanted, "{what}, bounded");
            for of in [1, 2, 3, 100] {
                let stream =
                    Pipeline::stream(times.clone().into_iter()).trigger(Records::of(of)).event_time(|t| Timestamp::from_micros(*t));
                let stream = stream.watermark(BoundedDisorder::of(micros(delay))).window(windows);
                let panes = stream.accumulate(Vec::new, Vec::push, |all, mut more| all.append(&mut more)).run();
                assert_eq!(shape(panes), wanted, "{what}, cut each {of}");
            }
        });
    }

    /// A record at the last of all times used to bring the watermark to the end of time: what came after it, in order, was dropped. And near the
    /// first of all times windows overlapped their neighbours.
    #[test]
    fn windows_reach_to_the_limits_of_time() {
        let ten = Tumbling::of(micros(10));
        // The last multiple of ten is 7 before the end, the first one 8 after the beginning.
        check("the last times", ten, &[MAX - 8, MAX - 7, MAX, MAX, MAX], 0, &[(MAX - 17, MAX - 7, 1), (MAX - 7, MAX, 4)]);
        check(
            "the first times",
            ten,
            &[MIN, MIN, MIN + 7, MIN + 8, MIN + 17, MIN + 18],
            0,
            &[(MIN, MIN + 8, 3), (MIN + 8, MIN + 18, 2), (MIN + 18, MIN + 28, 1)],
        );
        check("both", ten, &[MIN, MAX, MAX], 0, &[(MIN, MIN + 8, 1), (MAX - 7, MAX, 2)]);
        check(
            "sessions",
            Session::gap(micros(10)),
            &[MIN, MIN + 9, MAX - 12, MAX - 1, MAX, MAX],
            0,
            &[(MIN, MIN + 19, 2), (MAX - 12, MAX - 2, 1), (MAX - 1, MAX, 3)],
        );
        let sliding = Sliding::of(micros(20), micros(10));
        check("sliding at the end", sliding, &[MAX, MAX], 0, &[(MAX - 17, MAX, 2), (MAX - 7, MAX, 2)]);
        check("sliding at the beginning", sliding, &[MIN, MIN + 8], 0, &[(MIN, MIN + 8, 1), (MIN, MIN + 18, 2), (MIN + 8, MIN + 28, 1)]);
        check("with gaps", Sliding::of(micros(2), micros(10)), &[MAX - 7, MAX - 6, MAX - 5, MAX], 0, &[(MAX - 7, MAX - 5, 2)]);
        check("a window as long as time", Tumbling::of(micros(MAX as u64)), &[-1, 0, MAX - 1], 0, &[(-MAX, 0, 1), (0, MAX, 2)]);
        check("all of it", Global, &[MIN, 0, MAX, 0, MAX], 0, &[(MIN, MAX, 5)]);
    }

    #[test]
    fn times_are_negative_and_go_back() {
        let ten = Tumbling::of(micros(10));
        check("negative", ten, &[-25, -21, -20, -1, 0], 0, &[(-30, -20, 2), (-20, -10, 1), (-10, 0, 1), (0, 10, 1)]);
        check("backwards", ten, &[30, 20, 10, 0, -10], 40, &[(-10, 0, 1), (0, 10, 1), (10, 20, 1), (20, 30, 1), (30, 40, 1)]);
        check("a delay longer than time", ten, &[MAX, MIN, 0], u64::MAX, &[(MIN, MIN + 8, 1), (0, 10, 1), (MAX - 7, MAX, 1)]);
        check("a session joined backwards", Session::gap(micros(10)), &[16, 8, 0], 16, &[(0, 26, 3)]);
    }

    /// Without windows nothing is late, wherever time has come.
    #[test]
    fn without_windows_all_counts() {
        alone(|| {
            for of in [1, 2, 10] {
                let stream = Pipeline::stream([MAX, 1, MIN, MAX, 2].into_iter()).trigger(Records::of(of));
                let counts = stream.event_time(|t| Timestamp::from_micros(*t)).key_by(|t| *t > 0).integrator(Count).run().into_sorted();
                assert_eq!(counts, [(false, 1), (true, 4)], "cut each {of}");
            }
        });
    }

    /// `.event_time(..)` called again replaces the time; the first used to drive the watermark still, and all was late.
    #[test]
    fn the_last_event_time_counts() {
        alone(|| {
            let mut panes = Vec::new();
            let stream = Pipeline::stream(0..100i64).trigger(Records::of(1)).event_time(|n| Timestamp::from_secs(*n)).map(|n| n);
            let stream = stream.event_time(|n| Timestamp::from_micros(*n)).window(Tumbling::of(micros(10))).integrator(Count);
            let report = stream.for_each(|pane| panes.push(pane.value)).unwrap();
            assert_eq!((panes, report.late, report.watermark), (vec![10; 10], 0, Some(Timestamp::MAX)));
        });
    }

    /// Panes that leave early lie ahead of the stream: their times, given anew in a later stage, used to bring its watermark there.
    #[test]
    fn a_later_stage_does_not_drive_the_watermark_of_the_first() {
        alone(|| {
            let stream = Pipeline::stream(0..100i64).trigger(Records::of(7)).event_time(|n| Timestamp::from_micros(*n));
            let counts = stream.window(Tumbling::of(micros(50))).mode(Mode::Update).integrator(Count).then();
            let ends = counts.event_time(|pane| pane.window.end).window(Tumbling::of(micros(1000))).map(|pane| pane.value).integrator(Max);
            let mut panes = Vec::new();
            let report = ends.for_each(|pane| panes.push(pane.value)).unwrap();
            assert_eq!((panes, report.late, report.dropped), (vec![Some(50)], 0, 0));
        });
    }

    #[test]
    fn lengths_of_zero_are_refused_with_a_reason() {
        fn check(what: &str, build: impl FnOnce() + std::panic::UnwindSafe) {
            let payload = catch_unwind(build).expect_err(what);
            let message =
                payload.downcast_ref::<String>().cloned().or_else(|| payload.downcast_ref::<&str>().map(|s| s.to_string())).unwrap();
            assert!(message.contains(what), "{message}");
        }
        let zero = Duration::ZERO;
        check("length of a window is 0ns", || _ = Tumbling::of(zero));
        check("length of a window is 0ns", || _ = Sliding::of(zero, micros(1)));
        check("slide of a window is 0ns", || _ = Sliding::of(micros(1), zero));
        check("gap between sessions is 0ns", || _ = Session::gap(zero));
        check("gap between sessions is 999ns", || _ = Session::gap(Duration::from_nanos(999)));
        check("2^63 microseconds", || _ = Tumbling::of(Duration::MAX));
        check("period of zero", || _ = Every::new(zero));
        check("0 records", || _ = Records::of(0));
        check("0 bytes", || _ = Bytes::of(0));
        check("latency of zero", || _ = Adaptive::target(zero));
        check("give at least 2", || _ = Admission::new().batches(1));
        check("give at least 1", || _ = Admission::new().records(0));
        check("give at least 1", || _ = channel::<u8>(0));
    }
}
