//! Sliding windows of many slices, whose states are kept merged.

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

/// A number, its second, its key.
type Record = (u64, i64, u8);

/// So many records, of which each comes up to `disorder` seconds too late; now and then half a minute has none.
fn records(count: u64, disorder: u64) -> Vec<Record> {
    let random = |n: u64| (n.wrapping_add(7).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33) as i64;
    let second = |n: u64| (n / 3 + n / 150 * 30) as i64 - random(n) % (disorder as i64 + 1);
    (0..count).map(|n| (n, second(n), (random(n + count) % 4) as u8)).collect()
}

/// Key, window, what it holds; and the number of the pane.
type Row = (u8, Window, Vec<u64>, u32);

macro_rules! rows {
    ($records:expr, $size:expr, $window:expr, $integrator:expr, $delay:expr $(, $setting:ident($value:expr))*) => {{
        let mut rows: Vec<Row> = Vec::new();
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
