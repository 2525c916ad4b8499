//! When windows are complete: at the end of a micro-batch, at the end of the source or not, again after they have grown; and what becomes of records
//! that come after that.

mod props;

use microbatch::prelude::*;
use microbatch::{Counted, PerBatch};
use props::holds;
use proptest::prelude::*;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_window_a_micro_batch_holds_what_came_in_it() {
    for size in [1usize, 2, 7, 1000] {
        let mut seen = Vec::new();
        Pipeline::stream(0..100u64)
            .trigger(Records::of(size))
            .window(PerBatch)
            .key_by(|n| n % 3)
            .integrator(Sum)
            .for_each(|pane| seen.push((pane.key, pane.value)))
            .unwrap();
        let records: Vec<u64> = (0..100).collect();
        let sums = records.chunks(size).flat_map(|chunk| {
            (0..3).filter_map(move |key| {
                let of_key = chunk.iter().filter(|n| **n % 3 == key);
                (of_key.clone().count() > 0).then(|| (key, of_key.sum::<u64>()))
            })
        });
        assert_eq!(seen, sums.collect::<Vec<_>>(), "micro-batches of {size}");
    }
}

/// Of all panes, which have one window, the result used to hold the last of each key.
#[test]
fn the_result_holds_the_windows_of_all_micro_batches() {
    let sums = |threads| {
        let engine = Engine::builder().threads(threads).build().unwrap();
        let stream = Pipeline::stream(1..=6u64).trigger(Records::of(4)).on(&engine).window(PerBatch).key_by(|n| n % 2).integrator(Sum);
        stream.run().into_iter().map(|pane| (pane.key, pane.value)).collect::<Vec<_>>()
    };
    assert_eq!(sums(1), [(0, 6), (1, 4), (0, 6), (1, 5)]);
    assert_eq!(sums(2), sums(1));
}

/// Hours that make days, each of which is in one day: states are moved, not copied.
struct Days;

impl Windows<Timestamp> for Days {
    type Overlap = microbatch::Disjoint;

    fn slice(&self, at: Timestamp) -> Option<Window> {
        let hour = at.as_micros().div_euclid(100) * 100;
        Some(Window::new(Timestamp::from_micros(hour), Timestamp::from_micros(hour + 100)))
    }

    fn windows(&self, slice: Window, put: &mut dyn FnMut(Window)) {
        let day = slice.start.as_micros().div_euclid(2400) * 2400;
        put(Window::new(Timestamp::from_micros(day), Timestamp::from_micros(day + 2400)));
    }
}

/// Windows of many slices used to merge copies, of which there are none.
#[test]
fn windows_of_many_slices_that_are_in_no_other_hold_all_records() {
    let times: Vec<i64> = (0..7200).collect();
    let counts = |panes: Vec<Pane<(), u64>>| panes.iter().map(|pane| pane.value).collect::<Vec<_>>();
    let bounded = Pipeline::over(&times).event_time(|t| Timestamp::from_micros(**t)).window(Days).integrator(Count).run();
    assert_eq!(counts(bounded), [2400, 2400, 2400]);
    let stream = Pipeline::stream(times.clone().into_iter()).event_time(|t| Timestamp::from_micros(*t)).trigger(Records::of(100));
    assert_eq!(counts(stream.window(Days).integrator(Count).run()), [2400, 2400, 2400]);
}

#[test]
fn bounded_data_are_one_micro_batch() {
    let panes = Pipeline::over(0..10u64).window(PerBatch).integrator(Sum).run();
    assert_eq!(panes.iter().map(|pane| pane.value).collect::<Vec<_>>(), [45]);
}

#[test]
fn a_window_a_micro_batch_can_be_integrated_in_a_further_stage() {
    let mut most = Vec::new();
    Pipeline::stream([3, 1, 3, 2, 2, 1].into_iter())
        .trigger(Records::of(3))
        .window(PerBatch)
        .key_by(|n| *n)
        .integrator(Count)
        .then()
        .window(PerBatch)
        .map(|pane| pane.value)
        .integrator(Max)
        .for_each(|pane| most.extend(pane.value))
        .unwrap();
    assert_eq!(most, [2, 2]);
}

#[test]
fn the_end_of_the_source_is_the_end_of_time_unless_told_otherwise() {
    let stream = || {
        let stream = Pipeline::stream([0, 3, 11, 14, 25].into_iter()).event_time(|t| Timestamp::from_secs(*t));
        stream.window(Tumbling::of(10 * SECOND)).trigger(Records::of(2)).integrator(Count)
    };
    let mut closed = Vec::new();
    let report = stream().for_each(|pane| closed.push(pane.value)).unwrap();
    assert_eq!((closed, report.open), (vec![2, 2, 1], 0));
    let mut kept = Vec::new();
    let report = stream().keep_windows_open().for_each(|pane| kept.push(pane.value)).unwrap();
    assert_eq!((kept, report.open), (vec![2, 2], 1));
}

#[test]
fn timers_that_are_not_due_are_kept_too() {
    let lots = || Pipeline::stream(0..5u64).key_by(|_| ()).stateful(Counted::of(2, Sum));
    assert_eq!(lots().run(), [1, 5, 4]);
    assert_eq!(lots().keep_windows_open().run(), [1, 5]);
}

#[test]
fn a_record_that_is_too_late_can_end_the_stream() {
    let times = [1, 2, 12, 25, 3, 26];
    let stream = || Pipeline::stream(times.into_iter()).event_time(|t| Timestamp::from_secs(*t)).trigger(Records::of(1));
    let mut seen = Vec::new();
    let stopped = stream().window(Tumbling::of(10 * SECOND)).refuse_late_records().integrator(Count).for_each(|pane| seen.push(pane.value));
    let error = stopped.unwrap_err();
    assert!(matches!(error, RunError::TooLate { batch: 4, records: 1 }), "{error}");
    assert!(error.to_string().contains("allowed_lateness"), "{error}");
    assert_eq!((error.batch(), seen), (Some(4), vec![2, 1]), "what was complete before has left");
    // Late, but not too late.
    let allowed =
        stream().window(Tumbling::of(10 * SECOND)).allowed_lateness(60 * SECOND).refuse_late_records().integrator(Count).try_run();
    assert_eq!(allowed.unwrap().iter().map(|pane| pane.value).collect::<Vec<_>>(), [3, 1, 2]);
    // That a record joins no session shows when it is folded already.
    let sessions = stream().window(Session::gap(4 * SECOND)).refuse_late_records().integrator(Count).try_run();
    assert!(matches!(sessions, Err(RunError::TooLate { batch: 4, records: 1 })));
}

/// At each timer sets one for a time that is over, which fires with the next micro-batch.
struct Back;

impl KeyedProcessor<(), i64> for Back {
    type State = ();
    type Out = i64;

    fn on_record(&self, _: &(), _: &mut (), second: i64, context: &mut Context<i64>) {
        context.timer(Timestamp::from_secs(second));
    }

    fn on_timer(&self, _: &(), _: &mut (), at: Timestamp, context: &mut Context<i64>) {
        context.emit(at.as_micros());
        if at == Timestamp::from_secs(12) {
            context.timer(Timestamp::from_secs(3));
        }
    }
}

/// What timers made too late was counted as dropped, and the stream went on.
#[test]
fn what_a_timer_makes_too_late_can_end_the_stream() {
    let stream = |times: &'static [i64]| {
        let stream = Pipeline::stream(times.iter().copied()).event_time(|t| Timestamp::from_secs(*t)).trigger(Records::of(1));
        stream.key_by(|_| ()).stateful(Back).window(Tumbling::of(10 * SECOND))
    };
    let counted = stream(&[1, 12, 25, 26]).integrator(Count).for_each(drop).unwrap();
    assert_eq!((counted.late, counted.dropped), (1, 1));
    let mut seen = Vec::new();
    let error = stream(&[1, 12, 25, 26]).refuse_late_records().integrator(Count).for_each(|pane| seen.push(pane.value)).unwrap_err();
    assert!(matches!(error, RunError::TooLate { batch: 2, records: 1 }), "{error}");
    assert_eq!(seen, [1, 1], "what was complete has left");
    assert!(stream(&[1, 2, 25, 26]).refuse_late_records().integrator(Count).try_run().is_ok());
}

/// Panes of one key were counted over all micro-batches, though each of them is a window of its own.
#[test]
fn a_window_a_micro_batch_has_nothing_to_do_with_the_one_before() {
    for lateness in [Duration::ZERO, 5 * SECOND] {
        let mut seen = Vec::new();
        let stream = Pipeline::stream(0..6u64).trigger(Records::of(2)).event_time(|n| Timestamp::from_secs(*n as i64));
        let windows = stream.window(PerBatch).allowed_lateness(lateness).key_by(|n| n % 2);
        windows.integrator(Sum).for_each(|pane| seen.push((pane.key, pane.value, pane.index, pane.timing, pane.is_last))).unwrap();
        let each = [(0, 0), (1, 1), (0, 2), (1, 3), (0, 4), (1, 5)];
        assert_eq!(seen, each.map(|(key, sum)| (key, sum, 0, Timing::OnTime, true)));
    }
}

/// A session that had left, and grew by a late record, was in the result twice: as it was, and as it had become.
#[test]
fn a_session_that_has_grown_is_in_the_result_as_it_is_at_the_end() {
    let sessions = Pipeline::stream([0, 20, 4].into_iter())
        .event_time(|t| Timestamp::from_secs(*t))
        .window(Session::gap(5 * SECOND))
        .allowed_lateness(60 * SECOND)
        .trigger(Records::of(1))
        .integrator(Count)
        .run();
    assert_eq!(
        sessions.iter().map(|pane| (pane.window.start, pane.value)).collect::<Vec<_>>(),
        [(Timestamp::from_secs(0), 2), (Timestamp::from_secs(20), 1)]
    );
}

/// However late records come, as long as nothing is too late the result is that of the bounded run.
#[test]
fn late_records_make_the_sessions_of_the_bounded_run() {
    let modes = prop_oneof![Just(Mode::Append), Just(Mode::Update), Just(Mode::Complete)];
    let inputs = (prop::collection::vec((0i64..200, 0u8..3), 0..60), 1usize..9, modes);
    holds(1, 300, &inputs, |(records, cut, mode)| {
        let bounded = Pipeline::over(&records)
            .event_time(|record| Timestamp::from_secs(record.0))
            .window(Session::gap(7 * SECOND))
            .key_by(|record| record.1)
            .map(|record| record.0)
            .integrator((Sum, Count))
            .run();
        let streamed = Pipeline::stream(records.clone().into_iter())
            .event_time(|record| Timestamp::from_secs(record.0))
            .window(Session::gap(7 * SECOND))
            .allowed_lateness(1000 * SECOND)
            .mode(mode)
            .trigger(Records::of(cut))
            .key_by(|record| record.1)
            .map(|record| record.0)
            .integrator((Sum, Count))
            .run();
        assert_eq!(bounded, streamed);
    });
}
