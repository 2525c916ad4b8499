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
