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
            let stream = Pipeline::stream(Two(0)).event_time(see).watermark(watermark).window(Tumbling::of(micros(10))).integrator(Count);
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
    /// What the threads of this process have taken, in nanoseconds, and how often they have run: by the scheduler's clock, as ticks miss who sleeps again
    /// before the next one.
    fn taken() -> [u64; 2] {
        let stats = std::fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path().join("schedstat"));
        // A thread may have ended meanwhile.
        let stats = stats.filter_map(|stat| std::fs::read_to_string(stat).ok());
        stats.fold([0; 2], |[time, runs], stat| {
            let fields: Vec<u64> = stat.split_whitespace().map(|field| field.parse().unwrap()).collect();
            [time + fields[0], runs + fields[2]]
        })
    }
    /// What is taken in two seconds.
    fn sample() -> [u64; 2] {
        let before = taken();
        std::thread::sleep(Duration::from_secs(2));
        let after = taken();
        // Threads that were ending may be gone.
        [after[0].saturating_sub(before[0]), after[1].saturating_sub(before[1])]
    }
    /// What a hundred naps of a bare thread take here.
    fn naps() -> u64 {
        let napping = std::thread::spawn(|| (0..150).for_each(|_| std::thread::sleep(Duration::from_millis(20))));
        let [taken, _] = sample();
        napping.join().unwrap();
        taken
    }
    fn check(what: &str, trigger: impl Trigger + 'static) {
        let what = what.to_string();
        alone(move || {
            let naps = naps();
            let (sender, source) = channel(10);
            let slow = |n: u64| {
                std::thread::sleep(Duration::from_millis(1));
                n
            };
            let handle = Pipeline::stream(source).map(slow).trigger(trigger).spawn(ForEach::new(|_| ())).unwrap();
            (0..20).for_each(|n| sender.send(n).unwrap());
            std::thread::sleep(Duration::from_millis(100));
            // A hundredth of a core; of a build that is not optimised, two; and where waking itself is dear, what
            // four hundred naps take. Others use the machine: the best of a few samples.
            let most = [(4 * naps).max(20_000_000) * if cfg!(debug_assertions) { 2 } else { 1 }, 300];
            let samples: Vec<_> = (0..4).map(|_| sample()).collect();
            for (i, most) in most.into_iter().enumerate() {
                let least = samples.iter().map(|sample| sample[i]).min();
                assert!(least.is_some_and(|least| least <= most), "{what}: nanoseconds, and how often, in two seconds: {samples:?}");
            }
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
