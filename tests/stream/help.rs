use super::*;
use std::collections::HashSet;
use std::thread::{self, ThreadId};

/// Which threads work on each micro-batch of sixteen records, each of which takes a while.
fn workers(batches: usize, work: Duration) -> Vec<HashSet<ThreadId>> {
    let engine = Engine::builder().threads(2).build().unwrap();
    let seen = Mutex::new(vec![HashSet::new(); batches]);
    let report = Pipeline::stream(0..16 * batches)
        .on(&engine)
        .trigger(Records::of(16))
        .partitioner(Chunks::of(1))
        .map(|n| {
            thread::sleep(work);
            seen.lock().unwrap()[n / 16].insert(thread::current().id());
        })
        .for_each(drop)
        .unwrap();
    assert_eq!(report.records_out, 16 * batches as u64);
    seen.into_inner().unwrap()
}

#[test]
fn dear_records_are_shared_from_the_first_micro_batch_to_the_last() {
    within(LIMIT, || {
        let workers = workers(100, Duration::from_millis(1));
        let shared = workers.iter().filter(|threads| threads.len() == 2).count();
        assert!(shared > 90, "{shared} of 100");
    });
}
