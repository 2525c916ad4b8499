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
