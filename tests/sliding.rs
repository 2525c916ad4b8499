//! Sliding windows of many slices: they go on from each other, or states of several slices are kept merged.

use microbatch::prelude::*;
use std::time::Duration;

/// All numbers, whether the engine knows that they can be merged in other groups or not.
struct Numbers {
    exact: bool,
}

const EXACT: Numbers = Numbers { exact: true };
const PLAIN: Numbers = Numbers { exact: false };

impl Integrator<u64> for Numbers {
    type State = Vec<u64>;
    type Output = Vec<u64>;

    fn arrival(&self) -> Arrival {
        Arrival::InOrder
    }

    fn exact(&self) -> bool {
        self.exact
    }

    fn init(&self) -> Vec<u64> {
        Vec::new()
    }

    fn fold(&self, state: &mut Vec<u64>, value: u64) {
        state.push(value);
    }

    fn merge(&self, state: &mut Vec<u64>, mut other: Vec<u64>) {
        state.append(&mut other);
    }

    fn finish(&self, state: Vec<u64>) -> Vec<u64> {
        state
    }
}

/// What is left of a number after one multiplication and addition a value: plain, not to be undone, and each order of the values has its own result.
struct Chained {
    exact: bool,
}

const CHAINED: Chained = Chained { exact: true };
const CHAINED_ANEW: Chained = Chained { exact: false };

impl Integrator<u64> for Chained {
    /// The factor, and what is added.
    type State = (u64, u64);
    type Output = u64;

    fn arrival(&self) -> Arrival {
        Arrival::InOrder
    }

    fn exact(&self) -> bool {
        self.exact
    }

    fn init(&self) -> (u64, u64) {
        (1, 0)
    }

    fn fold(&self, state: &mut (u64, u64), value: u64) {
        self.merge(state, (2 * value + 1, value));
    }

    fn merge(&self, state: &mut (u64, u64), other: (u64, u64)) {
        *state = (state.0.wrapping_mul(other.0), state.1.wrapping_mul(other.0).wrapping_add(other.1));
    }

    fn finish(&self, state: (u64, u64)) -> u64 {
        state.0 ^ state.1
    }
}

/// A number, its second, its key.
type Record = (u64, i64, u8);

/// So many records, of which each comes up to `disorder` seconds too late; now and then half a minute has none.
fn records(count: u64, disorder: u64) -> Vec<Record> {
    let random = |n: u64| (n.wrapping_add(7).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33) as i64;
    let second = |n: u64| (n / 3 + n / 150 * 30) as i64 - random(n) % (disorder as i64 + 1);
    (0..count).map(|n| (n, second(n), (random(n + count) % 4) as u8)).collect()
}

/// Key, window, what it holds; and the number of the pane.
type Row<V = Vec<u64>> = (u8, Window, V, u32);

macro_rules! rows {
    ($records:expr, $size:expr, $window:expr, $integrator:expr, $delay:expr $(, $setting:ident($value:expr))*) => {{
        let mut rows: Vec<Row<_>> = Vec::new();
        Pipeline::stream($records.iter().copied())
            .event_time(|record| Timestamp::from_secs(record.1))
            .watermark(BoundedDisorder::of(Duration::from_secs($delay)))
            .window($window)
            $(.$setting($value))*
            .key_by(|record| record.2)
            .map(|record| record.0)
            .integrator($integrator)
            .trigger(Records::of($size))
            .for_each(|pane| rows.push((pane.key, pane.window, pane.value, pane.index)))
            .unwrap();
        rows
    }};
}

fn window(size: u64, slide: u64) -> Sliding {
    Sliding::of(Duration::from_secs(size), Duration::from_secs(slide))
}

/// All windows, the slow way.
fn naive(records: &[Record], size: u64, slide: u64) -> Vec<Row> {
    let (size, slide) = (size as i64, slide as i64);
    let mut rows = Vec::new();
    let end = records.iter().map(|record| record.1).max().unwrap();
    let mut start = (-4 * size).div_euclid(slide) * slide;
    while start <= end {
        for key in 0..4 {
            let is_in = |record: &&Record| record.2 == key && (start..start + size).contains(&record.1);
            let mut held: Vec<u64> = records.iter().filter(is_in).map(|record| record.0).collect();
            held.sort();
            let window = Window::new(Timestamp::from_secs(start), Timestamp::from_secs(start + size));
            rows.extend((!held.is_empty()).then_some((key, window, held, 0)));
        }
        start += slide;
    }
    rows.sort();
    rows
}

/// By window, with what a window holds in order.
fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.iter_mut().for_each(|row| row.2.sort());
    rows.sort();
    rows
}

/// A sum, a number and a mean: what is too old is taken out of them.
type Totals = (u64, u64, f64);

fn totals(rows: &[Row]) -> Vec<Row<Totals>> {
    let total = |held: &[u64]| (held.iter().sum(), held.len() as u64, held.iter().sum::<u64>() as f64 / held.len() as f64);
    rows.iter().map(|(key, window, held, index)| (*key, *window, total(held), *index)).collect()
}

/// By window, then key.
fn in_order<V>(mut rows: Vec<Row<V>>) -> Vec<Row<V>> {
    rows.sort_by_key(|row| (row.1, row.0, row.3));
    rows
}

/// Keys come, go, and come again; now and then there is none.
#[test]
fn what_is_too_old_is_taken_out() {
    let check = |size, slide, disorder, one_of| {
        let records: Vec<Record> = records(900, disorder).into_iter().filter(|record| record.0 % one_of == 0).collect();
        let right = in_order(totals(&naive(&records, size, slide)));
        for micro_batch in [1, 7, 64, 10_000] {
            let found = rows!(&records, micro_batch, window(size, slide), (Sum, Count, Mean), disorder);
            assert_eq!(found, right, "{size} s by {slide} s, {disorder} s late, micro-batches of {micro_batch}, one of {one_of}");
        }
    };
    check(20, 1, 0, 1);
    check(20, 1, 5, 1);
    check(60, 2, 11, 1);
    check(7, 1, 2, 1);
    check(3, 1, 0, 1);
    check(24, 7, 4, 1);
    // Windows of fewer slices, between windows of more.
    check(7, 1, 0, 7);
    check(20, 1, 5, 17);
}

/// Records of slices that have been taken in: of which one or another has to be made anew, or there is one more in between.
#[test]
fn what_comes_late_is_in_the_windows_that_are_left() {
    let records = records(900, 25);
    for micro_batch in [1, 7, 64] {
        macro_rules! check {
            ($what:literal $(, $setting:ident($value:expr))*) => {
                let held = rows!(&records, micro_batch, window(20, 1), PLAIN, 2 $(, $setting($value))*);
                let found = rows!(&records, micro_batch, window(20, 1), (Sum, Count, Mean), 2 $(, $setting($value))*);
                assert_eq!(found, totals(&held), "{}, micro-batches of {micro_batch}", $what);
                let [found, right] =
                    [CHAINED, CHAINED_ANEW].map(|chained| rows!(&records, micro_batch, window(20, 1), chained, 2 $(, $setting($value))*));
                assert_eq!(found, right, "{}, in order, micro-batches of {micro_batch}", $what);
            };
        }
        let late = Duration::from_secs(9);
        check!("late records are in windows that are open");
        check!("late records give panes", allowed_lateness(late));
        check!("every change gives a pane", allowed_lateness(late), mode(Mode::Update));
    }
}

/// Of two lengths, some of which end together: those do not all follow each other.
struct TwoLengths;

impl Windows<Timestamp> for TwoLengths {
    type Overlap = microbatch::Overlapping;

    fn slice(&self, at: Timestamp) -> Option<Window> {
        Windows::slice(&window(1, 1), at)
    }

    fn windows(&self, slice: Window, put: &mut dyn FnMut(Window)) {
        [window(20, 1), window(5, 2)].iter().for_each(|windows| Windows::<Timestamp>::windows(windows, slice, put));
    }
}

#[test]
fn windows_that_do_not_follow_each_other_hold_what_they_hold() {
    for disorder in [0, 5] {
        let records = records(900, disorder);
        let both = [naive(&records, 20, 1), naive(&records, 5, 2)].concat();
        let right = in_order(totals(&both));
        for micro_batch in [1, 7, 64, 10_000] {
            let found = rows!(&records, micro_batch, TwoLengths, (Sum, Count, Mean), disorder);
            assert_eq!(in_order(found), right, "{disorder} s late, micro-batches of {micro_batch}");
            let [found, right] = [CHAINED, CHAINED_ANEW].map(|chained| rows!(&records, micro_batch, TwoLengths, chained, disorder));
            assert_eq!(found, right, "in order, {disorder} s late, micro-batches of {micro_batch}");
        }
    }
}

/// A thousand keys a second, none of which comes again: what is kept of them goes, and windows come by key.
#[test]
fn keys_that_are_gone_are_forgotten() {
    let mut rows = 0;
    let mut last = None;
    Pipeline::stream(0..40_000u64)
        .event_time(|n| Timestamp::from_millis(*n as i64))
        .window(window(5, 1))
        .key_by(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15))
        .integrator(Count)
        .trigger(Records::of(1000))
        .for_each(|pane| {
            assert_eq!(pane.value, 1);
            assert!(last.replace((pane.window, pane.key)) < Some((pane.window, pane.key)));
            rows += 1;
        })
        .unwrap();
    assert_eq!(rows, 5 * 40_000);
}

#[test]
fn windows_hold_what_they_hold() {
    let check = |size, slide, disorder| {
        let records = records(900, disorder);
        let right = naive(&records, size, slide);
        for micro_batch in [1, 7, 64, 10_000] {
            let found = rows!(&records, micro_batch, window(size, slide), EXACT, disorder);
            assert_eq!(sorted(found), right, "{size} s by {slide} s, {disorder} s late, micro-batches of {micro_batch}");
        }
    };
    check(20, 1, 0);
    check(20, 1, 5);
    check(60, 2, 11);
    check(64, 1, 3);
    check(7, 1, 2);
    check(24, 7, 4);
}

/// Late records change slices of which merged states are kept, and make slices among them.
#[test]
fn late_records_are_merged_anew() {
    let records = records(900, 25);
    for micro_batch in [1, 7, 64] {
        macro_rules! check {
            ($what:literal $(, $setting:ident($value:expr))*) => {
                let [found, right] =
                    [EXACT, PLAIN].map(|numbers| rows!(&records, micro_batch, window(20, 1), numbers, 2 $(, $setting($value))*));
                assert!(!right.is_empty());
                assert_eq!(found, right, "{}, micro-batches of {micro_batch}", $what);
            };
        }
        let late = Duration::from_secs(9);
        check!("late records are in windows that are open");
        check!("late records give panes", allowed_lateness(late));
        check!("every change gives a pane", allowed_lateness(late), mode(Mode::Update));
    }
}
