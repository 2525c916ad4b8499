//! What a recorder of metrics hears, against what was run.

use metrics::{Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use microbatch::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Everything that was counted, by name and label.
#[derive(Clone, Default)]
struct Heard {
    counts: Arc<Mutex<BTreeMap<String, u64>>>,
    values: Arc<Mutex<BTreeMap<String, Vec<f64>>>>,
    described: Arc<Mutex<BTreeSet<String>>>,
}

/// One name and label of them.
struct Slot {
    name: String,
    heard: Heard,
}

impl CounterFn for Slot {
    fn increment(&self, value: u64) {
        *self.heard.counts.lock().unwrap().entry(self.name.clone()).or_default() += value;
    }
    fn absolute(&self, _: u64) {
        panic!("counters are incremented");
    }
}

impl HistogramFn for Slot {
    fn record(&self, value: f64) {
        self.heard.values.lock().unwrap().entry(self.name.clone()).or_default().push(value);
    }
}

impl Heard {
    fn slot(&self, key: &Key) -> Arc<Slot> {
        let labels: Vec<String> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        Arc::new(Slot { name: format!("{}{{{}}}", key.name(), labels.join(",")), heard: self.clone() })
    }

    fn count(&self, name: &str, pipeline: &str) -> u64 {
        self.counts.lock().unwrap().get(&format!("microbatch_{name}{{pipeline={pipeline}}}")).copied().unwrap_or(0)
    }

    fn values(&self, name: &str, pipeline: &str) -> Vec<f64> {
        self.values.lock().unwrap().get(&format!("microbatch_{name}{{pipeline={pipeline}}}")).cloned().unwrap_or_default()
    }

    /// Runs with this as the recorder of the calling thread, which is where runs start.
    fn hear<R>(&self, run: impl FnOnce() -> R) -> R {
        metrics::with_local_recorder(self, run)
    }
}

impl Recorder for Heard {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        assert_eq!(unit, None);
        self.described.lock().unwrap().insert(name.as_str().to_string());
    }
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        assert_eq!(unit, Some(Unit::Seconds));
        self.described.lock().unwrap().insert(name.as_str().to_string());
    }
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.slot(key))
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.slot(key))
    }
}

fn engine(threads: usize) -> Engine {
    Engine::builder().threads(threads).build().unwrap()
}

#[test]
fn batches_and_records_are_counted_by_pipeline() {
    for threads in [1, 3] {
        let (heard, engine) = (Heard::default(), engine(threads));
        heard.hear(|| {
            let metrics = Metrics::new();
            let over = |records| Pipeline::over(0..records).partitioner(Chunks::of(10)).on(&engine).observe(&metrics).integrator(Count);
            assert_eq!((over(95u64).name("one").run(), over(95u64).name("one").run(), over(30u64).name("two").run()), (95, 95, 30));
        });
        for (pipeline, runs, batches, records) in [("one", 2, 20, 190), ("two", 1, 3, 30)] {
            let found = ["runs_total", "batches_total", "records_total", "batches_failed_total"].map(|name| heard.count(name, pipeline));
            assert_eq!(found, [runs, batches, records, 0]);
            for name in ["batch_duration_seconds", "queue_wait_seconds"] {
                assert_eq!(heard.values(name, pipeline).len() as u64, batches, "{name}");
            }
            assert_eq!(heard.values("run_duration_seconds", pipeline).len() as u64, runs);
        }
    }
}

#[test]
fn times_are_seconds() {
    let heard = Heard::default();
    heard.hear(|| {
        let pause = |n| (std::thread::sleep(Duration::from_millis(20)), n).1;
        let over = Pipeline::over(0..3u64).partitioner(Chunks::of(1)).on(&engine(1)).name("slow").observe(Metrics::new());
        over.map(pause).integrator(Count).run();
    });
    let (durations, waits) = (heard.values("batch_duration_seconds", "slow"), heard.values("queue_wait_seconds", "slow"));
    assert!(durations.iter().all(|seconds| (0.02..1.0).contains(seconds)), "{durations:?}");
    assert!(waits[0] < 0.02 && waits[1] >= 0.02 && waits[2] >= 0.04 && waits[2] < 1.0, "{waits:?}");
    assert!(heard.values("run_duration_seconds", "slow")[0] >= 0.06);
}

#[test]
fn failures_and_retries_are_counted() {
    let heard = Heard::default();
    let engine = engine(1);
    heard.hear(|| {
        let over = |name| Pipeline::over(0..20u64).partitioner(Chunks::of(5)).on(&engine).name(name).observe(Metrics::new());
        let odd = |n: u64| if n % 10 == 9 { Err(n) } else { Ok(n) };
        over("stopped").try_map(odd).integrator(Sum).try_run().unwrap_err();
        over("skipping").try_map(odd).on_failure(Skip).integrator(Sum).try_run().unwrap();
        let tries = std::sync::atomic::AtomicU64::new(0);
        let busy = |n| if tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 2 { Err("busy") } else { Ok(n) };
        over("retrying").try_map(busy).on_failure(Retry::times(5)).integrator(Sum).try_run().unwrap();
    });
    assert_eq!(["batches_total", "batches_failed_total", "records_total"].map(|name| heard.count(name, "stopped")), [1, 1, 5]);
    assert_eq!(["batches_total", "batches_failed_total", "records_failed_total"].map(|name| heard.count(name, "skipping")), [4, 0, 2]);
    assert_eq!(["batches_total", "retries_total"].map(|name| heard.count(name, "retrying")), [4, 2]);
}

#[test]
fn whatever_is_counted_is_described() {
    let heard = Heard::default();
    heard.hear(|| Pipeline::over(0..20u64).observe(Metrics::default()).integrator(Sum).run());
    let bare = |name: &String| name.split('{').next().unwrap().to_string();
    let mut counted: BTreeSet<String> = heard.counts.lock().unwrap().keys().map(bare).collect();
    counted.extend(heard.values.lock().unwrap().keys().map(bare));
    let described = heard.described.lock().unwrap();
    assert!(counted.len() >= 6 && counted.is_subset(&described), "{counted:?} {described:?}");
}

#[test]
fn without_a_recorder_nothing_happens() {
    assert_eq!(Pipeline::over(0..100u64).observe(Metrics::new()).integrator(Sum).run(), 4_950);
}
