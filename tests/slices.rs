//! Windows of values whose order counts, where there are more slices of time than have a memory of their own.

use microbatch::prelude::*;
use microbatch::{FailurePolicy, Verdict};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

/// A time in seconds, a key, and a value that tells records apart.
type Record = (i64, u8, usize);

fn records() -> impl Strategy<Value = Vec<Record>> {
    // As a rule in the order of time, so that early and late slices are near in one lane and far in the next; a few hundred of them.
    let steps = prop::collection::vec((0i64..3, -150i64..30, 0u8..3), 1..1_500);
    steps.prop_map(|steps| {
        let mut now = 0;
        let record = |(n, (step, back, key)): (usize, (i64, i64, u8))| {
            now += step;
            (now + back.min(0), key, n)
        };
        steps.into_iter().enumerate().map(record).collect()
    })
}

fn plain(records: &[Record], seconds: i64) -> Vec<(i64, u8, Vec<usize>)> {
    let mut lists = BTreeMap::<_, Vec<usize>>::new();
    records.iter().for_each(|(at, key, value)| lists.entry((at.div_euclid(seconds) * seconds, *key)).or_default().push(*value));
    lists.into_iter().map(|((at, key), values)| (at, key, values)).collect()
}

fn listed(panes: Vec<Pane<u8, Vec<usize>>>) -> Vec<(i64, u8, Vec<usize>)> {
    panes.into_iter().map(|pane| (pane.window.start.as_micros() / 1_000_000, pane.key, pane.value)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn values_keep_their_order_in_windows_of_bounded_data(
        records in records(),
        size in 1usize..400,
        threads in 1usize..4,
        seconds in 1i64..4,
        is_permuted: bool,
    ) {
        let engine = Engine::builder().threads(threads).build().unwrap();
        let lists = Pipeline::over(&records)
            .on(&engine)
            .partitioner(Chunks::of(size))
            .event_time(|record| Timestamp::from_secs(record.0))
            .window(Tumbling::of(Duration::from_secs(seconds as u64)))
            .key_by(|record| record.1)
            .map(|record| record.2)
            .integrator(Collect);
        let lists = if is_permuted { lists.scheduler(LongestFirst).run() } else { lists.run() };
        prop_assert_eq!(listed(lists), plain(&records, seconds));
    }

    #[test]
    fn values_keep_their_order_in_windows_of_streams(
        records in records(),
        size in 1usize..400,
        seconds in 1i64..4,
        most in 50usize..1_000,
    ) {
        let lists = Pipeline::stream(records.clone().into_iter())
            .partitioner(Chunks::of(size))
            .trigger(Records::of(most))
            .event_time(|record| Timestamp::from_secs(record.0))
            .watermark(BoundedDisorder::of(Duration::from_secs(200)))
            .window(Tumbling::of(Duration::from_secs(seconds as u64)))
            .key_by(|record| record.1)
            .map(|record| record.2)
            .integrator(Collect)
            .run();
        prop_assert_eq!(listed(lists), plain(&records, seconds));
    }
}

/// Only some batches are kept to be run again, and have a memory of their own.
struct KeepsSome;

impl<E> FailurePolicy<Vec<u64>, E> for KeepsSome {
    fn keep(&self, batch: &Vec<u64>) -> Option<Vec<u64>> {
        (batch.first()? / 100 % 2 == 1).then(|| batch.clone())
    }
    fn decide(&self, _: Option<&Vec<u64>>, _: usize, _: u32, error: E) -> Verdict<E> {
        Verdict::Stop(error)
    }
}

#[test]
fn values_keep_their_order_where_some_batches_are_kept() {
    for threads in [1, 3] {
        let engine = Engine::builder().threads(threads).build().unwrap();
        let lists = Pipeline::over((0..1_000).collect::<Vec<u64>>())
            .on(&engine)
            .partitioner(Chunks::of(100))
            .event_time(|n| Timestamp::from_secs(*n as i64 % 100))
            .window(Tumbling::of(Duration::from_secs(1)))
            .try_map(Ok::<u64, String>)
            .on_failure(KeepsSome)
            .integrator(Collect)
            .try_run()
            .unwrap();
        assert_eq!(lists.len(), 100);
        for (n, pane) in (0..).zip(lists) {
            assert_eq!(pane.value, (0..10).map(|i| n + 100 * i).collect::<Vec<u64>>());
        }
    }
}
