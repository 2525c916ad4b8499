//! A batch that holds most of the records is run in pieces where nobody can tell, and nowhere else.

mod watchdog;

use microbatch::prelude::*;
use microbatch::{Parts, RunPlan, RunStats, fixed_hash};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Condvar, Mutex};
use std::time::Duration;
use watchdog::within;

/// Nine records of ten have key 0; the values are of many magnitudes, so that sums tell how they were grouped.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Record {
    at: u32,
    key: u32,
    value: f64,
}

fn skewed(count: u32) -> Vec<Record> {
    let record = |at: u32| {
        let hash = fixed_hash(&at);
        let value = (hash >> 11) as f64 / (1u64 << 53) as f64 * 10f64.powi((hash % 17) as i32 - 8);
        Record { at, key: if hash % 10 < 9 { 0 } else { (hash % 997) as u32 }, value }
    };
    (0..count).map(record).collect()
}

fn engine(threads: usize) -> Engine {
    Engine::builder().threads(threads).build().unwrap()
}

/// Counts who is there at once.
#[derive(Default)]
struct Meeting {
    there: Mutex<Vec<std::thread::ThreadId>>,
    bell: Condvar,
}

impl Meeting {
    /// Waits until two threads have come, for a while.
    fn wait(&self) -> bool {
        let me = std::thread::current().id();
        let mut there = self.there.lock().unwrap();
        if !there.contains(&me) {
            there.push(me);
            self.bell.notify_all();
        }
        let waited = self.bell.wait_timeout_while(there, Duration::from_secs(10), |there| there.len() < 2).unwrap();
        !waited.1.timed_out()
    }
}

#[test]
fn two_threads_work_on_one_batch_at_once() {
    within(Duration::from_secs(60), || {
        let meeting = Meeting::default();
        let data = vec![7u32; 1_000];
        let meet = |n: &u32| u64::from(meeting.wait()) * u64::from(*n);
        let (sum, stats) = Pipeline::over(&data).on(&engine(2)).partition_by(16, |n| **n).map(meet).integrator(Sum).run_with_stats();
        assert_eq!((sum, stats.batches), (7_000, 1), "nobody met, or there was more than one batch");
    });
}

/// The records in the order of the batches that a partitioner makes.
fn in_order<'a, P: Partitioner<&'a [Record], Batch = Vec<&'a Record>>>(data: &'a [Record], partitioner: &P) -> Vec<Vec<&'a Record>> {
    partitioner.partition(data, 2).into_iter().map(|part| part.batch).collect()
}

/// One result on every number of threads, by every scheduler, measured or not.
fn check_one<O: PartialEq + Debug>(what: &str, run: impl Fn(&Engine, Box<dyn Scheduler>, bool) -> O) -> O {
    let schedulers: [fn() -> Box<dyn Scheduler>; 4] = [
        || Box::new(Fcfs),
        || Box::new(LongestFirst),
        || Box::new(Priority::by(|task| u64::MAX - u64::from(task.seq))),
        || Box::new(Priority::by(|task| fixed_hash(&(task.seq, task.offset)))),
    ];
    let expected = run(&engine(1), schedulers[0](), false);
    for threads in [1, 2, 3, 8] {
        for (number, scheduler) in schedulers.iter().enumerate() {
            for measured in [false, true] {
                let found = run(&engine(threads), scheduler(), measured);
                assert!(found == expected, "{what}: {threads} threads, scheduler {number}, measured {measured}");
            }
        }
    }
    expected
}

/// Runs `$over` to its end by each way of running; `$name` is in the message.
macro_rules! check_same {
    ($name:expr, $data:expr, $cut:expr, $($chain:tt)*) => {
        check_one($name, |engine, scheduler, measured| {
            let over = Pipeline::over(&$data[..]).on(engine).partitioner($cut).scheduler(scheduler) $($chain)*;
            if measured { over.run_with_stats().0 } else { over.run() }
        })
    };
}

fn check_results<P>(name: &str, data: &[Record], cut: impl Fn() -> P)
where
    P: for<'a> Partitioner<&'a [Record], Batch = Vec<&'a Record>> + Send + Sync + 'static,
{
    let batches = in_order(data, &cut());
    assert!(batches.iter().any(|batch| batch.len() * 2 > data.len()), "{name} makes a giant batch");
    let all: Vec<Record> = batches.into_iter().flatten().copied().collect();
    let sum: f64 = all.iter().map(|r| r.value).sum();
    let near = |found: f64, expected: f64| assert!((found - expected).abs() <= expected.abs() * 1e-9, "{name}: {found}, not {expected}");

    assert_eq!(check_same!(name, data, cut(), .map(|r| *r)), all, "{name}: values, in place");
    assert_eq!(
        check_same!(name, data, cut(), .filter(|r| r.at % 3 == 0).map(|r| r.at)),
        all.iter().map(|r| r.at).filter(|at| at % 3 == 0).collect::<Vec<_>>()
    );
    assert_eq!(check_same!(name, data, cut(), .integrator(Count)), all.len() as u64);
    assert_eq!(check_same!(name, data, cut(), .map(|r| u64::from(r.at)).integrator(Sum)), all.iter().map(|r| u64::from(r.at)).sum::<u64>());
    near(check_same!(name, data, cut(), .map(|r| r.value).integrator(Sum)), sum);
    near(check_same!(name, data, cut(), .map(|r| r.value).integrator(Mean)), sum / all.len() as f64);
    assert_eq!(check_same!(name, data, cut(), .map(|r| r.at).integrator(Max)), all.iter().map(|r| r.at).max());
    let most: Vec<u32> = (all.len() as u32 - 5..all.len() as u32).rev().collect();
    assert_eq!(check_same!(name, data, cut(), .map(|r| r.at).integrator(TopK::by_key(5, |at: &u32| *at))), most);
    let sorted: Vec<u32> = (0..all.len() as u32).collect();
    assert_eq!(check_same!(name, data, cut(), .map(|r| r.at).sort()), sorted);

    let (mut counts, mut lists) = (BTreeMap::<u32, u64>::new(), BTreeMap::<u32, Vec<u32>>::new());
    for record in &all {
        *counts.entry(record.key).or_default() += 1;
        lists.entry(record.key).or_default().push(record.at);
    }
    let found = check_same!(name, data, cut(), .key_by(|r| r.key).integrator(Count));
    assert_eq!(found.iter().map(|(key, count)| (*key, *count)).collect::<BTreeMap<_, _>>(), counts, "{name}: counts by key");
    let found = check_same!(name, data, cut(), .map(|r| (r.key, r.at)).key_by(|r| r.0).map(|r| r.1).integrator(Collect));
    assert_eq!(found.iter().map(|(key, list)| (*key, list.clone())).collect::<BTreeMap<_, _>>(), lists, "{name}: lists by key");
    let found = check_same!(name, data, cut(), .key_by(|r| r.key).map(|r| r.value).integrator(Sum));
    found.iter().for_each(|(key, sum)| near(*sum, all.iter().filter(|r| r.key == *key).map(|r| r.value).sum()));
}

#[test]
fn results_are_those_of_whole_batches_and_the_same_to_the_bit() {
    within(Duration::from_secs(300), || {
        for count in [1_000, 30_000] {
            let data = skewed(count);
            check_results("HashPartitioner", &data, || HashPartitioner::new(16, |r: &Record| r.key));
            check_results("RangePartitioner", &data, || RangePartitioner::new(16, |r: &Record| r.key));
        }
    });
}

/// From half a million records on giants are made in pieces, and not cut when they are complete.
#[test]
fn giants_of_many_records_are_the_same_batches() {
    within(Duration::from_secs(120), || {
        // All but a sixteenth have one key; two thirds and a third have one each; all have another.
        let keys: [fn(u32) -> u32; 4] = [|at| if at % 16 > 0 { 0 } else { at % 997 }, |at| u32::from(at % 3 == 0), |at| at, |_| 7];
        for key in keys {
            let data: Vec<Record> = (0..530_000).map(|at| Record { at, key: key(at), value: 1.0 / f64::from(at + 1) }).collect();
            let hash = || HashPartitioner::new(16, |r: &Record| r.key);
            let range = || RangePartitioner::new(16, |r: &Record| r.key);
            let all: Vec<u32> = in_order(&data, &hash()).into_iter().flatten().map(|r| r.at).collect();
            let ranged: Vec<u32> = in_order(&data, &range()).into_iter().flatten().map(|r| r.at).collect();
            let over = |threads| Pipeline::over(&data).on(&engine(threads));
            let sums = [1, 2, 3].map(|threads| over(threads).partitioner(hash()).map(|r| r.value).integrator(Sum).run().to_bits());
            assert!(sums.iter().all(|sum| *sum == sums[0]), "{sums:?}");
            assert!(over(2).partitioner(hash()).map(|r| r.at).run() == all, "hash");
            assert!(over(2).partitioner(range()).map(|r| r.at).run() == ranged, "range");
            assert!(over(2).partitioner(hash()).filter(|r| r.at != 5).map(|r| r.at).run().len() == all.len() - 1);
            let (counts, stats) = over(3).partitioner(hash()).key_by(|r| r.key).integrator(Count).run_with_stats();
            assert_eq!((counts.iter().map(|(_, count)| *count).sum::<u64>(), stats.records), (530_000, 530_000));
            assert_eq!(stats.batches as usize, in_order(&data, &hash()).len());
            let whole = over(2).partitioner(hash()).process(|batch| batch.len()).run();
            assert_eq!(whole, in_order(&data, &hash()).iter().map(Vec::len).collect::<Vec<_>>());
            let fails = |r: &Record| if r.at == all[400_000] { Err(()) } else { Ok(r.at) };
            let failed = over(2).partitioner(hash()).try_map(fails).integrator(Max).try_run();
            assert!(matches!(failed, Err(RunError::Failed { record: 400_000, .. })), "{failed:?}");
        }
        let told = Told::default();
        let data = vec![1u8; 530_000];
        let (_, stats) = Pipeline::over(&data).partition_by(4, |n| **n).observe(&told).integrator(Count).run_with_stats();
        assert!(told.pieces(&stats));
    });
}

/// What an observer was told of tasks: batch, offset, records.
#[derive(Default)]
struct Told {
    tasks: Mutex<Vec<(u32, usize, usize)>>,
    batches: Mutex<usize>,
}

impl Observer for &Told {
    fn started(&self, plan: &RunPlan) {
        *self.batches.lock().unwrap() = plan.batches;
    }

    fn batch_finished(&self, task: &Task, _: Duration) {
        self.tasks.lock().unwrap().push((task.seq, task.offset, task.records));
    }
}

impl Told {
    /// Whether some batch was run in pieces; what was told fits the stats, and each batch is covered.
    fn pieces(&self, stats: &RunStats) -> bool {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap());
        tasks.sort_unstable();
        let mut next = BTreeMap::<u32, usize>::new();
        for (seq, offset, records) in &tasks {
            let next = next.entry(*seq).or_default();
            assert_eq!(offset, next, "piece of batch {seq}");
            *next += records;
        }
        let batches = next.len();
        assert_eq!((batches, batches as u64), (*self.batches.lock().unwrap(), stats.batches));
        assert_eq!(stats.partitions.iter().map(|p| p.batches).sum::<u64>(), stats.batches);
        assert_eq!(stats.partitions.iter().map(|p| p.records).sum::<u64>(), stats.records);
        assert_eq!(next.values().sum::<usize>() as u64, stats.records);
        tasks.len() > batches
    }
}

#[test]
fn observers_hear_of_pieces_and_stats_of_batches() {
    let data = skewed(10_000);
    let told = Told::default();
    let over = || Pipeline::over(&data).partition_by(16, |r| r.key).observe(&told);
    let (_, stats) = over().integrator(Count).run_with_stats();
    assert!(told.pieces(&stats));
    assert!(stats.skew() > 5.0, "{stats}");
    let (values, stats) = over().map(|r| r.at).run_with_stats();
    assert!(told.pieces(&stats) && values.len() == 10_000, "in place");

    let even = || Pipeline::over(&data).partition_by(16, |r| r.at).observe(&told);
    let (_, stats) = even().integrator(Count).run_with_stats();
    assert!(!told.pieces(&stats), "no batch is giant");
}

#[test]
fn what_sees_the_batch_gets_it_whole() {
    let data = skewed(10_000);
    let told = Told::default();
    let over = || Pipeline::over(&data).partition_by(16, |r| r.key).observe(&told);
    let giant = in_order(&data, &HashPartitioner::new(16, |r: &Record| r.key)).iter().map(Vec::len).max().unwrap();

    let (sizes, stats) = over().process(|batch| batch.len()).run_with_stats();
    assert!(sizes.contains(&giant) && !told.pieces(&stats), "process");
    let (counts, stats) = over().map(|_| 1usize).reduce(|a, b| a + b).run_with_stats();
    assert!(counts.contains(&giant) && !told.pieces(&stats), "reduce");
    let count = |n: &mut usize, _: &Record| {
        *n += 1;
        Some(*n)
    };
    let (counts, stats) = over().scan(|| 0, count).integrator(Max).run_with_stats();
    assert!(counts == Some(giant) && !told.pieces(&stats), "scan");
    let (counts, stats) = over().key_by(|r| r.key).scan(|| 0, count).integrator(Max).run_with_stats();
    assert!(!told.pieces(&stats), "scan by key");
    assert_eq!(counts.iter().map(|(_, most)| most.unwrap()).sum::<usize>(), data.len());
    let fails = |r: &Record| if r.at == 77 { Err("77") } else { Ok(r.at) };
    let (_, stats) = over().try_map(fails).on_failure(Skip).integrator(Count).try_run_with_stats().unwrap();
    assert!(!told.pieces(&stats) && stats.failed == 1, "judged by batch");
    let (_, stats) = over().partitioner(Chunks::of(9_999)).integrator(Count).run_with_stats();
    assert!(!told.pieces(&stats), "a size that was asked for");
}

#[test]
fn errors_name_batch_and_record_as_if_it_were_whole() {
    let data = skewed(10_000);
    let batches = in_order(&data, &HashPartitioner::new(16, |r: &Record| r.key));
    let all: Vec<u32> = batches.iter().flatten().map(|r| r.at).collect();
    let place = |record: usize| {
        let mut before = 0;
        let batch = batches.iter().position(|batch| {
            before += batch.len();
            record < before
        });
        batch.unwrap() as u64
    };
    for threads in [1, 2, 8] {
        for record in [0, 1, 63, 64, 5_000, 9_000, 9_999] {
            let over = || Pipeline::over(&data).on(&engine(threads)).partition_by(16, |r| r.key);
            let fails = |r: &Record| if r.at == all[record] { Err("bad") } else { Ok(r.value) };
            let failed = over().try_map(fails).integrator(Sum).try_run();
            let Err(RunError::Failed { error: "bad", batch, record: at }) = failed else { panic!("{failed:?}") };
            assert_eq!((batch, at), (place(record), record as u64), "{threads} threads");
            let panics = |r: &Record| if r.at == all[record] { panic!("bad") } else { r.at };
            for panicked in [over().map(panics).integrator(Sum).try_run(), over().map(panics).try_run().map(|all| all.len() as u32)] {
                let Err(RunError::Panicked { batch, .. }) = panicked else { panic!("{panicked:?}") };
                assert_eq!(batch, place(record), "{threads} threads");
            }
        }
    }
}

#[test]
fn a_run_that_is_stopped_names_a_batch_that_there_is() {
    let data = skewed(10_000);
    let batches = in_order(&data, &HashPartitioner::new(16, |r: &Record| r.key)).len() as u64;
    let token = CancelToken::new();
    let cancels = |r: &Record| {
        if r.at == 9_000 {
            token.cancel();
        }
        r.at
    };
    let stopped = Pipeline::over(&data).on(&engine(2)).partition_by(16, |r| r.key).map(cancels).cancel(&token).integrator(Max).try_run();
    match stopped {
        Err(RunError::Cancelled { batch }) => assert!(batch < batches, "batch {batch} of {batches}"),
        // The record was one of the last.
        other => assert_eq!(other.unwrap(), Some(9_999)),
    }
}

/// All records as one batch, which comes apart as `split` says.
struct Alone(fn(Vec<u32>, usize) -> (Vec<u32>, Vec<u32>));

impl Partitioner<Vec<u32>> for Alone {
    type Batch = Vec<u32>;

    fn partition(&self, data: Vec<u32>, _: usize) -> Vec<Part<Vec<u32>>> {
        vec![Part { partition: 3, records: data.len(), batch: data }]
    }

    fn parts(&self, data: Vec<u32>, workers: usize) -> Parts<Vec<u32>> {
        Parts::divisible(self.partition(data, workers), self.0)
    }
}

#[test]
fn a_panic_in_a_cut_is_the_runs() {
    let run = |split| Pipeline::over((0..1_000u32).collect::<Vec<_>>()).partitioner(Alone(split)).integrator(Sum).try_run();
    let whole = run(|mut batch, at| {
        let rest = batch.split_off(at);
        (batch, rest)
    });
    assert_eq!(whole.unwrap(), 499_500);
    let panicked = run(|_, _| panic!("no cut"));
    assert!(matches!(&panicked, Err(RunError::Panicked { batch: 0, message }) if message == "no cut"), "{panicked:?}");
}
