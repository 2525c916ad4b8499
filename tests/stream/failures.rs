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
                let all: Vec<_> = Pipeline::stream(0..400u64).try_map(move |n| if n == a { Err(n) } else { Ok(n) }).try_iter().collect();
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
