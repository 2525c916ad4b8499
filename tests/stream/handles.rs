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

/// What was sent after the stream was told to end, and before it did, used to be lost, though `send` said that it was taken.
#[test]
fn what_is_sent_while_a_stream_is_drained_is_taken_or_comes_back() {
    alone(|| {
        for round in 0..40u64 {
            let (sender, source) = channel(1 + round as usize % 7);
            let handle = Pipeline::stream(source).spawn(ForEach::new(|_: u64| std::thread::sleep(Duration::from_micros(20)))).unwrap();
            let send = |n: u64| {
                let sender = sender.clone();
                std::thread::spawn(move || {
                    (0..).take_while(|_| if n == 0 { sender.try_send(n).is_ok() } else { sender.send(n).is_ok() }).count()
                })
            };
            let senders = [0, 1, 2, 3].map(send);
            std::thread::sleep(Duration::from_micros(300 * round));
            handle.drain();
            let report = handle.join().unwrap();
            let sent: usize = senders.map(|sender| sender.join().unwrap()).iter().sum();
            assert_eq!((report.records_in, report.records_out), (sent as u64, sent as u64), "round {round}");
        }
    });
}

/// Another source used to be given the place of what was sent.
#[test]
fn a_stream_of_several_sources_takes_what_was_sent_into_one_of_them() {
    alone(|| {
        let (sender, source) = channel(1000);
        let both = microbatch::Union::of(0u64..).and(source);
        let (begun, ends) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (seen, taken) = (begun.clone(), ends.clone());
        let take = move |n: u64| {
            seen.fetch_add(1, Ordering::SeqCst);
            taken.fetch_add(u64::from(n == u64::MAX), Ordering::SeqCst);
            std::thread::sleep(Duration::from_micros(1));
        };
        let handle = Pipeline::stream(both).admission(Admission::new().records(50)).spawn(ForEach::new(take)).unwrap();
        wait_until("it runs", || begun.load(Ordering::SeqCst) > 0);
        (0..1000).for_each(|_| sender.send(u64::MAX).unwrap());
        handle.drain();
        handle.join().unwrap();
        assert_eq!(ends.load(Ordering::SeqCst), 1000);
    });
}

/// The number of its batch used to be how far the stream had come when it was waited for.
#[test]
fn a_sink_that_panics_at_the_end_tells_how_far_the_stream_had_come() {
    struct Last;
    impl Sink<u64> for Last {
        fn write(&mut self, _: Vec<u64>) -> Result<(), microbatch::BoxError> {
            Ok(())
        }
        fn finish(&mut self) -> Result<(), microbatch::BoxError> {
            panic!("no end")
        }
    }
    alone(|| {
        let handle = Pipeline::stream(0..1000u64).trigger(Records::of(10)).partitioner(Chunks::of(10)).spawn(Last).unwrap();
        let error = handle.join().unwrap_err().to_string();
        assert_eq!(error, "batch 100 panicked: no end");
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

/// It used to be written to between two micro-batches.
#[test]
fn a_sink_takes_what_one_micro_batch_made_while_the_next_one_runs() {
    alone(|| {
        let begun = Arc::new(AtomicU64::new(0));
        let seen = begun.clone();
        let begin = move |n: u64| {
            begun.store(n + 1, Ordering::Release);
            n
        };
        let take = move |n: u64| wait_until("the next micro-batch runs", || seen.load(Ordering::Acquire) >= (n + 2).min(5));
        let handle = Pipeline::stream(0..5u64).trigger(Records::of(1)).map(begin).spawn(ForEach::new(take)).unwrap();
        assert_eq!(handle.join().unwrap().records_out, 5);
    });
}
