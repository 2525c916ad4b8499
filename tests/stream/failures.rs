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

/// Panes leave in the order of their keys, which a user may have written.
#[test]
fn a_panic_where_keys_are_compared_is_an_error() {
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Odd(u64);
    impl PartialOrd for Odd {
        fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
            Some(self.cmp(other))
        }
    }
    impl Ord for Odd {
        fn cmp(&self, other: &Self) -> std::cmp::Ordering {
            assert!(self.0 != 3 && other.0 != 3, "three is not to be compared");
            self.0.cmp(&other.0)
        }
    }
    alone(|| {
        let stream = || Pipeline::stream(0..5u64).key_by(|n| Odd(*n)).integrator(Count);
        let failed = [stream().for_each(drop), stream().run_into(&mut Vec::new())];
        for failed in failed {
            assert!(matches!(&failed, Err(RunError::Panicked { message, .. }) if message == "three is not to be compared"), "{failed:?}");
        }
    });
}

/// A policy that judges a batch sees it as the partitioner has cut it, however many threads there are and whatever records cost.
#[test]
fn batches_that_are_judged_are_those_of_the_partitioner() {
    /// Stops at the failure of a record that is not among the first of its batch.
    struct FirstTen;
    impl<B, E> FailurePolicy<B, E> for FirstTen {
        fn keep(&self, _: &B) -> Option<B> {
            None
        }
        fn decide(&self, _: Option<&B>, position: usize, _: u32, error: E) -> Verdict<E> {
            if position < 10 { Verdict::Skip } else { Verdict::Stop(error) }
        }
    }
    let check = |n: u64| if n == 515 { Err(n) } else { Ok(n) };
    alone(move || {
        let wanted = Pipeline::over((0..4096u64).collect::<Vec<_>>()).try_map(check).on_failure(FirstTen).integrator(Count).try_run().ok();
        for threads in [1, 2, 4, 8] {
            let engine = Engine::builder().threads(threads).build().unwrap();
            let stream = || Pipeline::stream(0..4096u64).on(&engine).trigger(Records::of(4096));
            let found = stream().try_map(check).on_failure(FirstTen).integrator(Count).try_run().ok();
            assert_eq!(found, wanted, "{threads} threads");
            let later = stream().key_by(|n| *n).integrator(Count).then().try_map(|pane| check(pane.key));
            assert_eq!(later.on_failure(FirstTen).integrator(Count).try_run().ok(), wanted, "a later stage on {threads} threads");
        }
    });
}
