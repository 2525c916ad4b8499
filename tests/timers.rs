//! Timers of keyed processors: in the order of event time for every cutting, on bounded data as on streams.

mod props;
mod watchdog;

use microbatch::prelude::*;
use props::holds;
use proptest::collection::vec;
use std::collections::BTreeSet;
use std::time::Duration;
use watchdog::within;

const LIMIT: Duration = Duration::from_secs(120);

/// A key, a time, and how much later its timer is to fire.
type Record = (u8, i64, i64);

/// Tells when its timers fire, and what they were set after.
#[derive(Clone, Copy)]
struct Alarm {
    /// A timer at a multiple of it sets one so much later.
    again: i64,
    step: i64,
}

impl KeyedProcessor<u8, Record> for Alarm {
    type State = ();
    type Out = (i64, u8);

    fn on_record(&self, _: &u8, _: &mut (), (_, at, wait): Record, context: &mut Context<(i64, u8)>) {
        context.timer(Timestamp::from_micros(at.saturating_add(wait)));
    }

    fn on_timer(&self, key: &u8, _: &mut (), at: Timestamp, context: &mut Context<(i64, u8)>) {
        context.emit((at.as_micros(), *key));
        if at.as_micros() % self.again == 0 {
            context.timer(Timestamp::from_micros(at.as_micros() + self.step));
        }
    }
}

/// One timer after another, the earliest first. Those after all records are the last: what they set never fires.
fn model(alarm: Alarm, records: &[Record]) -> Vec<(i64, u8)> {
    let mut timers: BTreeSet<(i64, u8)> = records.iter().map(|(key, at, wait)| (at + wait, *key)).collect();
    let latest = records.iter().map(|record| record.1).max().unwrap_or(i64::MIN);
    let mut fired = Vec::new();
    while let Some((at, key)) = timers.pop_first() {
        fired.push((at, key));
        if at % alarm.again == 0 && at <= latest {
            timers.insert((at + alarm.step, key));
        }
    }
    fired
}

fn cut(alarm: Alarm, records: &[Record], of: usize) -> Vec<(i64, u8)> {
    let stream = Pipeline::stream(records.iter().copied()).trigger(Records::of(of));
    stream.event_time(|record| Timestamp::from_micros(record.1)).key_by(|record| record.0).stateful(alarm).run()
}

fn bounded(alarm: Alarm, records: &[Record]) -> Vec<(i64, u8)> {
    let over = Pipeline::over(records.to_vec());
    over.event_time(|record| Timestamp::from_micros(record.1)).key_by(|record| record.0).stateful(alarm).run()
}

/// Timers that set timers used to fire behind those that were due together with them: the coarser the cut, the more out of order. And of bounded
/// data the time of the last record was forgotten, so that timers set by timers never fired.
#[test]
fn timers_fire_by_time_then_key_however_the_stream_is_cut() {
    within(LIMIT, || {
        let records = vec((0u8..3, 0i64..6, 0i64..20), 0..30);
        holds(1, 500, &(records, 1i64..5, 1i64..9, 1usize..31), |(steps, again, step, of)| {
            let mut now = -20;
            let later = |(key, ahead, wait)| {
                now += ahead;
                (key, now, wait + 1)
            };
            let records: Vec<Record> = steps.into_iter().map(later).collect();
            let alarm = Alarm { again, step };
            let wanted = model(alarm, &records);
            assert_eq!(cut(alarm, &records, of), wanted, "a stream cut each {of}");
            assert_eq!(bounded(alarm, &records), wanted, "bounded data");
        });
    });
}

#[test]
fn the_end_of_the_source_fires_what_is_left_and_timers_that_set_timers_end() {
    within(LIMIT, || {
        let forever = Alarm { again: 1, step: 10 };
        for of in [1, 2, 3] {
            // Up to the last record, at 35, every timer sets the next; then what is left fires once.
            assert_eq!(cut(forever, &[(1, 0, 10), (1, 35, 1000)], of), [(10, 1), (20, 1), (30, 1), (40, 1), (1035, 1)]);
        }
        let never = Alarm { again: i64::MAX - 1, step: 1 };
        let ends = [(1, i64::MIN, 0), (2, i64::MAX, 0), (3, i64::MAX, 5), (4, 0, i64::MAX)];
        for of in [1, 4] {
            let fired = cut(never, &ends, of);
            assert_eq!(fired, [(i64::MIN, 1), (i64::MAX, 2), (i64::MAX, 3), (i64::MAX, 4)], "cut each {of}");
        }
    });
}

#[test]
fn a_time_that_has_passed_fires_with_its_micro_batch() {
    within(LIMIT, || {
        let back = Alarm { again: i64::MAX, step: 1 };
        assert_eq!(cut(back, &[(1, 100, -50), (1, 101, -70), (2, 102, 0)], 1), [(50, 1), (31, 1), (102, 2)]);
        assert_eq!(cut(back, &[(1, 100, -50), (1, 101, -70), (2, 102, 0)], 3), [(31, 1), (50, 1), (102, 2)]);
    });
}

/// Counts records until a negative one, which clears; tells at each timer how many there were.
struct Cleared;

impl KeyedProcessor<u8, i64> for Cleared {
    type State = u32;
    type Out = (i64, u32);

    fn on_record(&self, _: &u8, state: &mut u32, value: i64, context: &mut Context<(i64, u32)>) {
        *state += 1;
        context.timer(Timestamp::from_micros(value.abs() + 100));
        context.timer(Timestamp::from_micros(value.abs() + 100));
        if value < 0 {
            context.clear();
        }
    }

    fn on_timer(&self, _: &u8, state: &mut u32, at: Timestamp, context: &mut Context<(i64, u32)>) {
        context.emit((at.as_micros(), *state));
    }
}

#[test]
fn what_is_cleared_forgets_its_timers() {
    within(LIMIT, || {
        for of in 1..6 {
            let stream = Pipeline::stream([1i64, 2, -3, 4, 5].into_iter()).trigger(Records::of(of));
            let seen = stream.event_time(|value| Timestamp::from_micros(value.abs())).key_by(|_| 0u8).stateful(Cleared).run();
            // The first two are forgotten with the state; a timer set twice is one.
            assert_eq!(seen, [(104, 2), (105, 2)], "cut each {of}");
        }
    });
}

/// What timers emit has the timer's time: it falls into that window, on time.
#[test]
fn what_timers_emit_is_integrated_by_their_time() {
    within(LIMIT, || {
        let records: Vec<Record> = (0..40).map(|n| (0u8, n * 5, 30)).collect();
        for of in [1, 3, 7, 100] {
            let panes = Pipeline::stream(records.clone().into_iter())
                .trigger(Records::of(of))
                .event_time(|record| Timestamp::from_micros(record.1))
                .key_by(|record| record.0)
                .stateful(Alarm { again: i64::MAX, step: 1 })
                .window(Tumbling::of(Duration::from_micros(50)))
                .integrator(Count)
                .run();
            let counts: Vec<_> = panes.iter().map(|pane| (pane.window.start.as_micros(), pane.value)).collect();
            assert_eq!(counts, [(0, 4), (50, 10), (100, 10), (150, 10), (200, 6)], "cut each {of}");
        }
    });
}

/// What timers made in the micro-batch of one that failed used to be lost.
#[test]
fn what_timers_made_before_a_failure_is_delivered() {
    within(LIMIT, || {
        let records: Vec<Record> = (0..20).map(|n| (0, n, 5)).collect();
        for of in [1, 3, 20] {
            let mut seen = Vec::new();
            let stream = Pipeline::stream(records.clone().into_iter())
                .trigger(Records::of(of))
                .event_time(|record| Timestamp::from_micros(record.1));
            let stream = stream.key_by(|record| record.0).stateful(Alarm { again: i64::MAX, step: 1 });
            let run = stream.try_map(|(at, _)| if at == 15 { Err("fifteen") } else { Ok(at) }).for_each(|at| seen.push(at));
            assert_eq!(run.unwrap_err().into_error(), Some("fifteen"));
            assert_eq!(seen, (5..15).collect::<Vec<_>>(), "cut each {of}");
        }
    });
}

/// Three values for each key at its time.
struct Three;

impl KeyedProcessor<u64, u64> for Three {
    type State = ();
    type Out = (u64, u64);

    fn on_record(&self, _: &u64, _: &mut (), n: u64, context: &mut Context<(u64, u64)>) {
        context.timer(Timestamp::from_secs(100 + n as i64));
    }

    fn on_timer(&self, key: &u64, _: &mut (), _: Timestamp, context: &mut Context<(u64, u64)>) {
        (0..3).for_each(|nth| context.emit((*key, nth)));
    }
}

/// What came after one that failed used to leave by the next timer, with its key and time.
#[test]
fn a_value_of_a_timer_that_is_skipped_takes_no_other_with_it() {
    let stream = Pipeline::stream(0..4u64).event_time(|n| Timestamp::from_secs(*n as i64)).key_by(|n| *n).stateful(Three);
    let values =
        stream.try_map(|(key, nth)| if key == 1 && nth == 0 { Err("refused") } else { Ok((key, nth)) }).on_failure(microbatch::Skip);
    let sums = values.integrator(Collect).try_run().unwrap().into_sorted();
    let by_key: Vec<(u64, Vec<(u64, u64)>)> = sums.into_iter().collect();
    let wrong: Vec<_> = by_key.iter().flat_map(|(key, values)| values.iter().filter(move |(of, _)| of != key)).collect();
    assert!(wrong.is_empty(), "{wrong:?} left by the timers of others");
    assert_eq!(by_key.iter().map(|(_, values)| values.len()).sum::<usize>(), 9, "{by_key:?}");
}
