//! The master property: with disorder within the watermark's delay, a stream gives what the bounded run over the same records gives, and what a plain
//! program gives: however it is cut into micro-batches and batches, under any scheduler, on any number of threads.
//!
//! The same cases on every run. `PROPTEST_RNG_SEED=7 cargo test --test invariance` tries others, `MICROBATCH_TIMES=10` ten times as many.

mod props;
mod watchdog;

use microbatch::prelude::*;
use props::holds;
use proptest::collection::vec;
use proptest::prelude::Strategy;
use proptest::prop_oneof;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;
use watchdog::within;

const LIMIT: Duration = Duration::from_secs(300);
const CASES: u32 = 150;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Record {
    key: u8,
    at: i64,
    value: i64,
}

#[derive(Clone, Copy, Debug)]
enum Pace {
    Available,
    Records(usize),
    Bytes(usize),
    Every(u64),
    Adaptive(u64),
}

#[derive(Clone, Copy, Debug)]
enum Cut {
    Default,
    Chunks(usize),
    Random(usize),
    Hash(usize),
    Range(usize),
}

/// How the work is cut and run: none of it may be seen in the results.
#[derive(Clone, Copy, Debug)]
struct Way {
    pace: Pace,
    cut: Cut,
    scheduler: usize,
    threads: usize,
    /// The disorder of the records, and what the watermark waits for.
    delay: i64,
}

impl Way {
    fn trigger(&self) -> Box<dyn Trigger> {
        match self.pace {
            Pace::Available => Box::new(Available),
            Pace::Records(n) => Box::new(Records::of(n)),
            Pace::Bytes(n) => Box::new(Bytes::of(n)),
            Pace::Every(micros) => Box::new(Every::new(Duration::from_micros(micros)).or(Records::of(16))),
            Pace::Adaptive(micros) => Box::new(Adaptive::target(Duration::from_micros(micros))),
        }
    }

    fn engine(&self) -> &'static Engine {
        static ENGINES: OnceLock<Vec<Engine>> = OnceLock::new();
        let build = |threads: usize| Engine::builder().threads(threads).build().unwrap();
        &ENGINES.get_or_init(|| [1, 2, 3, 8].map(build).into())[self.threads]
    }

    fn watermark(&self) -> BoundedDisorder {
        BoundedDisorder::of(Duration::from_micros(self.delay as u64))
    }
}

/// A built-in partitioner chosen at run time. The first two keep the order of the data.
impl Partitioner<Vec<Record>> for Cut {
    type Batch = Vec<Record>;

    fn partition(&self, data: Vec<Record>, workers: usize) -> Vec<Part<Vec<Record>>> {
        match *self {
            Cut::Default => Chunks::default().partition(data, workers),
            Cut::Chunks(size) => Chunks::of(size).partition(data, workers),
            Cut::Random(count) => RandomPartitioner::new(count).seed(7).partition(data, workers),
            Cut::Hash(count) => HashPartitioner::new(count, |record: &Record| record.key).partition(data, workers),
            Cut::Range(count) => RangePartitioner::new(count, |record: &Record| record.value).partition(data, workers),
        }
    }
}

/// Cuttings that keep the order of the data, or, unless the result depends on that, any.
fn ways(is_ordered: bool) -> impl Strategy<Value = Way> {
    let pace = prop_oneof![
        2 => (0..1).prop_map(|_| Pace::Available),
        4 => (1usize..40).prop_map(Pace::Records),
        2 => (1usize..900).prop_map(Pace::Bytes),
        1 => (10u64..300).prop_map(Pace::Every),
        1 => (10u64..300).prop_map(Pace::Adaptive),
    ];
    let kinds = if is_ordered { 2usize } else { 5 };
    let cut = (0..kinds, 1usize..12).prop_map(|(kind, size)| match kind {
        0 => Cut::Default,
        1 => Cut::Chunks(size),
        2 => Cut::Random(size),
        3 => Cut::Hash(size),
        _ => Cut::Range(size),
    });
    (pace, cut, 0usize..4, 0usize..4, 0i64..30).prop_map(|(pace, cut, scheduler, threads, delay)| Way {
        pace,
        cut,
        scheduler,
        threads,
        delay,
    })
}

/// Records whose disorder is within the delay: no record is more than that before one that came earlier.
fn records(steps: &[(u8, i64, i64, i64)], delay: i64) -> Vec<Record> {
    let mut now = -40;
    let place = |&(key, ahead, back, value): &(u8, i64, i64, i64)| {
        now += ahead;
        Record { key, at: now - back % (delay + 1), value }
    };
    steps.iter().map(place).collect()
}

fn steps() -> impl Strategy<Value = Vec<(u8, i64, i64, i64)>> {
    let ahead = prop_oneof![8 => 0i64..4, 1 => 0i64..40];
    vec((0u8..4, ahead, 0i64..30, -99i64..99), 0..120)
}

/// A stream and the bounded run of one chain. `$of` names the pipeline.
macro_rules! both {
    ($records:expr, $way:expr, |$of:ident| $chain:expr) => {{
        let (records, way): (&[Record], Way) = ($records, $way);
        let stream = {
            let $of = Pipeline::stream(records.to_vec().into_iter()).trigger(way.trigger()).watermark(way.watermark());
            let $of = $of.partitioner(way.cut).on(way.engine());
            let $of = scheduled!(way, $of);
            $chain
        };
        let bounded = {
            let $of = Pipeline::over(records.to_vec()).trigger(way.trigger()).watermark(way.watermark());
            let $of = $of.partitioner(way.cut).on(way.engine());
            let $of = scheduled!(way, $of);
            $chain
        };
        assert_eq!(stream, bounded, "the stream and the bounded run");
        stream
    }};
}

macro_rules! scheduled {
    ($way:expr, $of:ident) => {
        match $way.scheduler {
            0 => $of,
            1 => $of.scheduler(Fcfs),
            2 => $of.scheduler(LongestFirst),
            _ => $of.scheduler(Sjf::pure()),
        }
    };
}

fn check(salt: u64, is_ordered: bool, test: impl Fn(&[Record], Way) + Send + 'static) {
    within(LIMIT, move || holds(salt, CASES, &(steps(), ways(is_ordered)), |(steps, way)| test(&records(&steps, way.delay), way)));
}

fn time(record: &Record) -> Timestamp {
    Timestamp::from_micros(record.at)
}

fn micros(micros: i64) -> Duration {
    Duration::from_micros(micros as u64)
}

/// Sum, count, least, greatest and mean.
type All = (i64, u64, Option<i64>, Option<i64>, f64);

fn all(values: &[i64]) -> All {
    let sum: i64 = values.iter().sum();
    let mean = if values.is_empty() { f64::NAN } else { sum as f64 / values.len() as f64 };
    (sum, values.len() as u64, values.iter().copied().min(), values.iter().copied().max(), mean)
}

fn values(records: &[Record]) -> Vec<i64> {
    records.iter().map(|record| record.value).collect()
}

fn by_key(records: &[Record]) -> BTreeMap<u8, Vec<i64>> {
    let mut keys = BTreeMap::<_, Vec<i64>>::new();
    records.iter().for_each(|record| keys.entry(record.key).or_default().push(record.value));
    keys
}

#[test]
fn totals() {
    check(1, false, |records, way| {
        let text = |all: &dyn std::fmt::Debug| format!("{all:?}");
        let seen = both!(records, way, |of| text(&of.map(|record| record.value).integrator((Sum, Count, Min, Max, Mean)).run()));
        let wanted = all(&values(records));
        if !records.is_empty() {
            assert_eq!(seen, text(&wanted));
        }
        let mut sorted = values(records);
        sorted.sort();
        assert_eq!(both!(records, way, |of| of.map(|record| record.value).sort().run()), sorted);
        sorted.reverse();
        sorted.truncate(5);
        assert_eq!(both!(records, way, |of| of.map(|record| record.value).top_by_key(5, |value| *value).run()), sorted);
    });
}

#[test]
fn groups() {
    check(2, false, |records, way| {
        let wanted: Vec<_> = by_key(records).iter().map(|(key, values)| (*key, all(values))).collect();
        let keyed = both!(records, way, |of| {
            let of = of.key_by(|record| record.key).map(|record| record.value);
            of.integrator((Sum, Count, Min, Max, Mean)).run().into_sorted()
        });
        assert_eq!(keyed, wanted);
        let again = both!(records, way, |of| {
            let of = of.mode(Mode::Update).key_by(|record| record.key).map(|record| record.value);
            of.integrator((Sum, Count, Min, Max, Mean)).run().into_sorted()
        });
        assert_eq!(again, wanted, "the last pane of each key");
    });
}

#[test]
fn the_order_of_the_source() {
    check(3, true, |records, way| {
        assert_eq!(both!(records, way, |of| of.run()), records);
        let odd: Vec<_> = values(records).into_iter().filter(|value| value % 2 != 0).flat_map(|value| [value, -value]).collect();
        assert_eq!(
            both!(records, way, |of| of.map(|r| r.value).filter(|value| value % 2 != 0).flat_map(|value| [value, -value]).run()),
            odd
        );
        assert_eq!(both!(records, way, |of| of.map(|record| record.value).integrator(Collect).run()), values(records));
        let lists: Vec<_> = by_key(records).into_iter().collect();
        let collected =
            both!(records, way, |of| of.key_by(|record| record.key).map(|record| record.value).integrator(Collect).run().into_sorted());
        assert_eq!(collected, lists);
        // Sorting and the greatest keep equal ones in the order of the data.
        let mut sorted: Vec<_> = records.to_vec();
        sorted.sort_by_key(|record| record.value / 40);
        assert_eq!(both!(records, way, |of| of.sort_by_key(|record| record.value / 40).run()), sorted);
        let mut best: Vec<_> = records.to_vec();
        best.sort_by_key(|record| Reverse(record.value / 40));
        best.truncate(7);
        assert_eq!(both!(records, way, |of| of.top_by_key(7, |record| record.value / 40).run()), best);
    });
}

struct Running;

impl KeyedProcessor<u8, i64> for Running {
    type State = i64;
    type Out = (u8, i64);
    fn on_record(&self, key: &u8, state: &mut i64, value: i64, context: &mut Context<(u8, i64)>) {
        *state = *state * 3 % 1000 + value;
        context.emit((*key, *state));
    }
}

#[test]
fn state_by_key() {
    check(4, true, |records, way| {
        let mut states = BTreeMap::<u8, i64>::new();
        let step = |state: &mut i64, value: i64| {
            *state = *state * 3 % 1000 + value;
            *state
        };
        let wanted: Vec<_> = records.iter().map(|record| (record.key, step(states.entry(record.key).or_default(), record.value))).collect();
        let stateful = both!(records, way, |of| of.key_by(|record| record.key).map(|record| record.value).stateful(Running).run());
        assert_eq!(stateful, wanted);
        let scanned = both!(records, way, |of| {
            of.key_by(|record| record.key).scan(|| 0, |state, record: Record| Some((record.key, step(state, record.value)))).run()
        });
        assert_eq!(scanned, wanted);
        let greatest = both!(records, way, |of| {
            let of = of.key_by(|record| record.key).map(|record| record.value).stateful(Running);
            of.map(|(_, state)| state).integrator(Max).run().into_sorted()
        });
        let lists = by_key(records).into_keys();
        let of_key = |key| wanted.iter().filter(|(of, _)| *of == key).map(|(_, state)| *state).max();
        assert_eq!(greatest, lists.map(|key| (key, of_key(key))).collect::<Vec<_>>());
    });
}

/// Windows of each key with their records, by start, then key.
fn cut(records: &[Record], size: i64, slide: i64) -> BTreeMap<((i64, i64), u8), Vec<Record>> {
    let mut windows = BTreeMap::<_, Vec<Record>>::new();
    for record in records {
        let starts = (record.at - size + 1..=record.at).filter(|start| start.rem_euclid(slide) == 0);
        starts.for_each(|start| windows.entry(((start, start + size), record.key)).or_default().push(*record));
    }
    windows
}

fn sessions(records: &[Record], gap: i64) -> BTreeMap<((i64, i64), u8), Vec<Record>> {
    let mut sorted = records.to_vec();
    // By time; those of one time in the order of the source.
    sorted.sort_by_key(|record| record.at);
    let mut open = BTreeMap::<u8, ((i64, i64), Vec<Record>)>::new();
    let mut windows = BTreeMap::new();
    for record in sorted {
        match open.get_mut(&record.key) {
            Some((window, list)) if record.at < window.1 => {
                window.1 = record.at + gap;
                list.push(record);
            }
            _ => {
                let fresh = ((record.at, record.at + gap), vec![record]);
                open.insert(record.key, fresh).into_iter().for_each(|(window, list)| _ = windows.insert((window, record.key), list));
            }
        }
    }
    open.into_iter().for_each(|(key, (window, list))| _ = windows.insert((window, key), list));
    windows
}

/// Panes of a chain as the model has them.
fn panes<V>(panes: Vec<Pane<u8, V>>) -> Vec<(((i64, i64), u8), V)> {
    panes.into_iter().map(|pane| (((pane.window.start.as_micros(), pane.window.end.as_micros()), pane.key), pane.value)).collect()
}

macro_rules! windows {
    ($salt:expr, |$records:ident| $model:expr, $windows:expr) => {
        check($salt, false, |$records, way| {
            let model = $model;
            let wanted: Vec<_> = model.iter().map(|(name, records)| (*name, all(&values(records)))).collect();
            let seen = both!($records, way, |of| {
                let of = of.event_time(time).window($windows).key_by(|record| record.key).map(|record| record.value);
                panes(of.integrator((Sum, Count, Min, Max, Mean)).run())
            });
            assert_eq!(seen, wanted);
            // With states that are kept for late records, none of which come, and results in between.
            let again = both!($records, way, |of| {
                let of = of.event_time(time).window($windows).allowed_lateness(micros(9)).mode(Mode::Update).key_by(|record| record.key);
                panes(of.map(|record| record.value).integrator((Sum, Count, Min, Max, Mean)).run())
            });
            assert_eq!(again, wanted);
            let ranked = both!($records, way, |of| {
                let of = of.event_time(time).window($windows).key_by(|record| record.key).map(|record| record.value);
                panes(of.integrator(Sort).run())
            });
            let sorted = |records: &[Record]| {
                let mut values = values(records);
                values.sort();
                values
            };
            assert_eq!(ranked, model.iter().map(|(name, records)| (*name, sorted(records))).collect::<Vec<_>>());
            // The greatest sum of a window, among its keys, in a second stage.
            let best = both!($records, way, |of| {
                let of = of.event_time(time).window($windows).key_by(|record| record.key).map(|record| record.value).integrator(Sum);
                let of = of.then().same_window().map(|pane| pane.value).integrator((Max, Count));
                of.run()
                    .into_iter()
                    .map(|pane| ((pane.window.start.as_micros(), pane.window.end.as_micros()), pane.value))
                    .collect::<Vec<_>>()
            });
            let mut greatest = BTreeMap::<(i64, i64), (Option<i64>, u64)>::new();
            for ((window, _), all) in &wanted {
                let best = greatest.entry(*window).or_default();
                *best = (best.0.max(Some(all.0)), best.1 + 1);
            }
            assert_eq!(best, greatest.into_iter().collect::<Vec<_>>());
        });
    };
}

#[test]
fn tumbling_windows() {
    windows!(5, |records| cut(records, 10, 10), Tumbling::of(micros(10)));
}

#[test]
fn sliding_windows() {
    windows!(6, |records| cut(records, 25, 10), Sliding::of(micros(25), micros(10)));
}

#[test]
fn sliding_windows_with_gaps() {
    windows!(7, |records| cut(records, 4, 10), Sliding::of(micros(4), micros(10)));
}

#[test]
fn session_windows() {
    windows!(8, |records| sessions(records, 5), Session::gap(micros(5)));
}

/// Values in their order: that of the source in a tumbling window, of time in a session.
#[test]
fn collected_windows() {
    check(9, true, |records, way| {
        let tumbling = both!(records, way, |of| {
            let of = of.event_time(time).window(Tumbling::of(micros(20))).key_by(|record| record.key);
            panes(of.integrator(Collect).run())
        });
        assert_eq!(tumbling, cut(records, 20, 20).into_iter().collect::<Vec<_>>());
        let joined = both!(records, way, |of| {
            let of = of.event_time(time).window(Session::gap(micros(5))).key_by(|record| record.key);
            panes(of.integrator(Collect).run())
        });
        assert_eq!(joined, sessions(records, 5).into_iter().collect::<Vec<_>>());
        // Of all keys together.
        let total = both!(records, way, |of| of.event_time(time).window(Tumbling::of(micros(20))).integrator(Collect).run());
        let mut whole = BTreeMap::<i64, Vec<Record>>::new();
        records.iter().for_each(|record| whole.entry(record.at.div_euclid(20) * 20).or_default().push(*record));
        let total: Vec<_> = total.into_iter().map(|pane| (pane.window.start.as_micros(), pane.value)).collect();
        assert_eq!(total, whole.into_iter().collect::<Vec<_>>());
    });
}

/// A stage of longer windows over the panes of the first.
#[test]
fn windows_of_windows() {
    check(10, false, |records, way| {
        let seen = both!(records, way, |of| {
            let of = of.event_time(time).window(Tumbling::of(micros(10))).key_by(|record| record.key).map(|record| record.value);
            let of = of.integrator(Sum).then().window(Tumbling::of(micros(30))).key_by(|pane| pane.key).map(|pane| pane.value);
            panes(of.integrator((Sum, Count)).run())
        });
        let mut wanted = BTreeMap::<_, (i64, u64)>::new();
        for (((start, _), key), records) in cut(records, 10, 10) {
            let longer = start.div_euclid(30) * 30;
            let all = wanted.entry(((longer, longer + 30), key)).or_default();
            *all = (all.0 + values(&records).iter().sum::<i64>(), all.1 + 1);
        }
        assert_eq!(seen, wanted.into_iter().collect::<Vec<_>>());
    });
}
