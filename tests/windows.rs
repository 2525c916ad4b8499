//! Windows of streams against a naive program: watermark, lateness, tumbling, sliding and session windows, panes that come again.
//!
//! The same cases on every run. `PROPTEST_RNG_SEED=7 cargo test --test windows` tries others, `MICROBATCH_TIMES=5` five times as many.

mod props;
mod watchdog;

use microbatch::prelude::*;
use microbatch::{Admission, Overlapping, Pending, Timed};
use props::holds;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy};
use proptest::prop_oneof;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::time::Duration;
use watchdog::within;

const LIMIT: Duration = Duration::from_secs(300);
const END: i64 = i64::MAX;

#[derive(Clone, Copy, Debug)]
struct Record {
    key: u8,
    at: i64,
    value: i64,
    /// Of the source.
    partition: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Cut {
    /// Length, slide, origin.
    Sliding(i64, i64, i64),
    /// Length, origin.
    Tumbling(i64, i64),
    Session(i64),
}

#[derive(Clone, Copy, Debug)]
struct Case {
    cut: Cut,
    delay: i64,
    lateness: i64,
    mode: Mode,
}

/// Key, window, timing, index, whether it is the last, and the values in their order.
type Seen = (u8, (i64, i64), Timing, u32, bool, Vec<i64>);
/// Panes in the order in which they leave; late records; those of them that were dropped.
type Outcome = (Vec<Seen>, u64, u64);

/// A window of a key.
#[derive(Clone, Debug, Default)]
struct Content {
    values: Vec<i64>,
    is_touched: bool,
}

/// What leaves, by the text of the semantics: one record after another, all windows of each, nothing shared.
struct Model {
    case: Case,
    open: BTreeMap<((i64, i64), u8), Content>,
    /// How many panes, and late ones, have left of a window and key.
    counts: BTreeMap<((i64, i64), u8), (u32, u32)>,
    reached: BTreeMap<u32, i64>,
    outcome: Outcome,
}

impl Model {
    fn run(case: Case, micro_batches: &[Vec<Record>]) -> Outcome {
        let (open, counts, reached) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut model = Model { case, open, counts, reached, outcome: (Vec::new(), 0, 0) };
        let mut before = i64::MIN;
        for records in micro_batches.iter().filter(|records| !records.is_empty()) {
            match case.cut {
                Cut::Session(gap) => model.sessions(gap, before, records),
                _ => records.iter().for_each(|record| model.put(before, record)),
            }
            for record in records {
                let latest = model.reached.entry(record.partition).or_insert(record.at);
                *latest = record.at.max(*latest);
            }
            let watermark = model.reached.values().map(|latest| latest - case.delay).min();
            let after = before.max(watermark.unwrap_or(before));
            model.close(before, after);
            before = after;
        }
        model.close(before, END);
        model.outcome
    }

    /// A record goes into each of its windows that is within reach.
    fn put(&mut self, before: i64, record: &Record) {
        let (size, slide, origin) = match self.case.cut {
            Cut::Sliding(size, slide, origin) => (size, slide, origin),
            Cut::Tumbling(size, origin) => (size, size, origin),
            Cut::Session(_) => unreachable!(),
        };
        let starts = (record.at - size + 1..=record.at).filter(|start| (start - origin).rem_euclid(slide) == 0);
        let windows: Vec<_> = starts.map(|start| (start, start + size)).collect();
        let in_reach = |end: i64| end + self.case.lateness > before;
        self.outcome.1 += u64::from(windows.iter().any(|window| window.1 <= before));
        self.outcome.2 += u64::from(!windows.is_empty() && !windows.iter().any(|window| in_reach(window.1)));
        for window in windows.into_iter().filter(|window| in_reach(window.1)) {
            let content = self.open.entry((window, record.key)).or_default();
            content.values.push(record.value);
            content.is_touched = true;
        }
    }

    /// All that is known of a key and all that has come, joined where it touches; what comes of it is in reach, or its records are dropped.
    fn sessions(&mut self, gap: i64, before: i64, records: &[Record]) {
        for key in records.iter().map(|record| record.key).collect::<BTreeSet<_>>() {
            let known = self.open.keys().filter(|(window, of)| *of == key && window.1 + self.case.lateness > before);
            let known: Vec<_> = known.copied().collect();
            let mut all: Vec<_> = known.iter().map(|name| (name.0, self.open.remove(name).unwrap(), 0)).collect();
            for record in records.iter().filter(|record| record.key == key) {
                all.push(((record.at, record.at + gap), Content { values: vec![record.value], is_touched: true }, 1));
            }
            all.sort_by_key(|(window, ..)| *window);
            let mut joined: Vec<((i64, i64), Content, u64)> = Vec::new();
            for (window, content, fresh) in all {
                match joined.last_mut() {
                    Some((last, into, count)) if window.0 < last.1 => {
                        last.1 = last.1.max(window.1);
                        into.values.extend(content.values);
                        into.is_touched |= content.is_touched;
                        *count += fresh;
                    }
                    _ => joined.push((window, content, fresh)),
                }
            }
            for (window, content, fresh) in joined {
                self.outcome.1 += if window.1 <= before { fresh } else { 0 };
                if window.1 + self.case.lateness > before {
                    self.open.insert((window, key), content);
                } else {
                    self.outcome.2 += fresh;
                }
            }
        }
    }

    fn close(&mut self, before: i64, after: i64) {
        let Case { lateness, mode, .. } = self.case;
        for ((window, key), content) in &mut self.open {
            let is_touched = std::mem::take(&mut content.is_touched);
            let timing = match window.1 {
                end if end <= before && is_touched => Timing::Late(0),
                end if end <= before => continue,
                end if end <= after => Timing::OnTime,
                _ if mode == Mode::Complete || mode == Mode::Update && is_touched => Timing::Early,
                _ => continue,
            };
            let (index, late) = self.counts.entry((*window, *key)).or_default();
            *late += u32::from(timing == Timing::Late(0));
            let timing = if timing == Timing::Late(0) { Timing::Late(*late) } else { timing };
            content.values.sort();
            let is_last = timing != Timing::Early && (after == END || window.1 + lateness <= after);
            self.outcome.0.push((*key, *window, timing, *index, is_last, content.values.clone()));
            *index += 1;
        }
        self.open.retain(|(window, _), _| after < END && window.1 + lateness > after);
    }
}

/// Micro-batches of exactly these sizes.
struct Cuts {
    sizes: Vec<usize>,
    next: usize,
}

impl Trigger for Cuts {
    fn fire(&mut self, pending: &Pending) -> bool {
        let fires = self.sizes.get(self.next).is_some_and(|size| pending.records >= *size);
        self.next += usize::from(fires);
        fires
    }

    fn most(&self, pending: &Pending) -> usize {
        if self.next == 0 { pending.records } else { self.sizes[self.next - 1] }
    }
}

/// Gives records with their source partitions.
struct Given(std::vec::IntoIter<Record>);

impl Source for Given {
    type Item = Record;
    type Error = Infallible;

    fn pull(&mut self, max: usize, inbox: &mut Inbox<Record>) -> Result<Pull, Infallible> {
        let before = inbox.len();
        self.0.by_ref().take(max).for_each(|record| inbox.push_from(record.partition, record));
        Ok(if inbox.len() - before < max { Pull::End } else { Pull::Ready })
    }
}

fn micros(micros: i64) -> Duration {
    Duration::from_micros(micros as u64)
}

/// What the engine makes of it; where results leave only once, by the chain that needs no copies as well.
fn engine(case: Case, micro_batches: &[Vec<Record>], on: &Engine, chunk: usize) -> Outcome {
    let sizes: Vec<usize> = micro_batches.iter().map(Vec::len).filter(|len| *len > 0).collect();
    let records: Vec<Record> = micro_batches.concat();
    macro_rules! run {
        ($windows:expr $(, $more:ident($with:expr))*) => {{
            let mut seen = Vec::new();
            let report = Pipeline::stream(Given(records.clone().into_iter()))
                .trigger(Cuts { sizes: sizes.clone(), next: 0 })
                .admission(Admission::new().records(1 << 20))
                .partitioner(Chunks::of(chunk))
                .on(on)
                .event_time(|record| Timestamp::from_micros(record.at))
                .watermark(BoundedDisorder::of(micros(case.delay)))
                .window($windows)
                $(.$more($with))*
                .key_by(|record| record.key)
                .map(|record| record.value)
                .integrator(Sort)
                .for_each(|pane| {
                    let window = (pane.window.start.as_micros(), pane.window.end.as_micros());
                    seen.push((pane.key, window, pane.timing, pane.index, pane.is_last, pane.value))
                })
                .unwrap();
            assert_eq!((report.records_in, report.micro_batches), (records.len() as u64, sizes.len() as u64));
            assert_eq!((report.records_out, report.open), (seen.len() as u64, 0));
            (seen, report.late, report.dropped)
        }};
        (all $windows:expr) => {{
            let again = run!($windows, allowed_lateness(micros(case.lateness)), mode(case.mode));
            if case.lateness == 0 && case.mode == Mode::Append {
                assert_eq!(run!($windows), again, "without copies");
            }
            again
        }};
    }
    match case.cut {
        Cut::Sliding(size, slide, origin) => run!(all Sliding::of(micros(size), micros(slide)).origin(Timestamp::from_micros(origin))),
        Cut::Tumbling(size, origin) => run!(all Tumbling::of(micros(size)).origin(Timestamp::from_micros(origin))),
        Cut::Session(gap) => run!(all Session::gap(micros(gap))),
    }
}

/// Micro-batches whose times go up by about 4 each, with disorder, and now and then a record far from the others.
fn inputs(partitions: u32) -> impl Strategy<Value = Vec<Vec<Record>>> {
    let jitter = prop_oneof![6 => -12i64..12, 1 => -60i64..0, 1 => 0i64..60];
    let record = (0u8..3, jitter, -9i64..9, 0..partitions);
    vec(vec(record, 0..7), 0..12).prop_map(|batches| {
        let placed = |(nth, batch): (usize, Vec<(u8, i64, i64, u32)>)| {
            let record = |(key, jitter, value, partition)| Record { key, at: nth as i64 * 4 - 15 + jitter, value, partition };
            batch.into_iter().map(record).collect()
        };
        batches.into_iter().enumerate().map(placed).collect()
    })
}

fn cases(cut: impl Strategy<Value = Cut>) -> impl Strategy<Value = Case> {
    let delay = prop_oneof![Just(0i64), 1i64..20];
    let lateness = prop_oneof![Just(0i64), 1i64..40];
    let mode = prop_oneof![Just(Mode::Append), Just(Mode::Update), Just(Mode::Complete)];
    (cut, delay, lateness, mode).prop_map(|(cut, delay, lateness, mode)| Case { cut, delay, lateness, mode })
}

fn check(salt: u64, cut: impl Strategy<Value = Cut> + Send + 'static, partitions: u32) {
    within(LIMIT, move || {
        let engines = [1, 2, 3].map(|threads| Engine::builder().threads(threads).build().unwrap());
        holds(salt, 500, &(cases(cut), inputs(partitions), 0usize..3, 1usize..9), |(case, micro_batches, threads, chunk)| {
            assert_eq!(engine(case, &micro_batches, &engines[threads], chunk), Model::run(case, &micro_batches));
        });
    });
}

#[test]
fn tumbling_windows_are_those_of_the_model() {
    check(1, (1i64..25, -7i64..30).prop_map(|(size, origin)| Cut::Tumbling(size, origin)), 1);
}

#[test]
fn sliding_windows_are_those_of_the_model() {
    check(2, (1i64..25, 1i64..25, -7i64..30).prop_map(|(size, slide, origin)| Cut::Sliding(size, slide, origin)), 1);
}

#[test]
fn sessions_are_those_of_the_model() {
    check(3, (1i64..15).prop_map(Cut::Session), 1);
}

#[test]
fn the_watermark_is_the_least_of_the_source_partitions() {
    check(4, (1i64..25, 1i64..25).prop_map(|(size, slide)| Cut::Sliding(size, slide, 0)), 3);
}

/// Each ten microseconds, and the hundred so far.
struct SoFar;

impl<A: Timed> Windows<A> for SoFar {
    type Overlap = Overlapping;

    fn slice(&self, at: A) -> Option<Window> {
        let start = at.moment().as_micros().div_euclid(10) * 10;
        Some(Window::new(Timestamp::from_micros(start), Timestamp::from_micros(start + 10)))
    }

    fn windows(&self, slice: Window, put: &mut dyn FnMut(Window)) {
        let start = Timestamp::from_micros(slice.start.as_micros().div_euclid(100) * 100);
        put(slice);
        let ends = (slice.end.as_micros()..=start.as_micros() + 100).step_by(10);
        // The first ten are both.
        ends.map(|end| Window::new(start, Timestamp::from_micros(end))).filter(|window| *window != slice).for_each(put);
    }
}

/// Of windows that end together the first used to take the states of all they share, and the others were left without.
#[test]
fn windows_of_ones_own_may_end_together() {
    within(LIMIT, || {
        let mut wanted: Vec<_> = (0..300i64).step_by(10).map(|start| (start, start + 10, 10)).collect();
        wanted.extend((0..300i64).step_by(100).flat_map(|start| (2..11).map(move |tens| (start, start + tens * 10, tens as usize * 10))));
        wanted.sort();
        for of in [1, 7, 64, 1000] {
            let stream = Pipeline::stream(0..300i64).trigger(Records::of(of)).event_time(|n| Timestamp::from_micros(*n));
            let panes = stream.window(SoFar).integrator(Collect).run();
            let seen: Vec<_> =
                panes.iter().map(|pane| (pane.window.start.as_micros(), pane.window.end.as_micros(), pane.value.len())).collect();
            assert_eq!(seen, wanted, "cut each {of}");
        }
    });
}

/// Late records of one time are told apart, and came in the order in which threads happened to meet them, each compared with all before.
#[test]
fn late_records_of_one_time_keep_their_order() {
    within(LIMIT, || {
        let engine = Engine::builder().threads(8).build().unwrap();
        let begun = std::time::Instant::now();
        for len in [4_000, 4_000, 4_000, 100_000] {
            let records: Vec<(i64, i64)> = std::iter::once((5_000, -1)).chain((0..len).map(|n| (100 + 4 * n / len, n))).collect();
            let stream = Pipeline::stream(records.into_iter()).trigger(Cuts { sizes: vec![1, len as usize], next: 0 });
            let stream = stream.admission(Admission::new().batches(1 << 20)).partitioner(Chunks::of(50)).on(&engine);
            let stream = stream.event_time(|record| Timestamp::from_micros(record.0)).window(Session::gap(micros(10)));
            let sessions = stream.allowed_lateness(micros(1 << 20)).map(|record| record.1).integrator(Collect).run();
            assert_eq!(sessions[0].value, (0..len).collect::<Vec<_>>());
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    });
}

/// A key with many sessions used to move all of them for each that left.
#[test]
fn many_sessions_of_one_key_take_no_quadratic_time() {
    within(Duration::from_secs(10), || {
        let sessions = Pipeline::over(0..200_000i64).event_time(|n| Timestamp::from_micros(n * 100)).window(Session::gap(micros(10)));
        assert_eq!(sessions.integrator(Count).run().len(), 200_000);
    });
}
