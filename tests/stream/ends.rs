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
        // It has failed long before it is given more.
        let slow = |n: u64| {
            std::thread::sleep(Duration::from_millis(2));
            n
        };
        assert_eq!(end(Pipeline::stream(0u64..).trigger(Records::of(1)).map(slow).spawn(Breaks(10)).unwrap().join()), "sink: full");
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
