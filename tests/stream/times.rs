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
            let stream = Pipeline::stream(times.clone().into_iter()).trigger(Records::of(of)).event_time(|t| Timestamp::from_micros(*t));
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
        let message = payload.downcast_ref::<String>().cloned().or_else(|| payload.downcast_ref::<&str>().map(|s| s.to_string())).unwrap();
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
