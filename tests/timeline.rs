//! Pictures and traces of runs, read back.

use microbatch::prelude::*;
use roxmltree::{Document, Node};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

fn engine(threads: usize) -> Engine {
    Engine::builder().threads(threads).build().unwrap()
}

/// A run of so many batches that take at least a millisecond each.
fn slow(batches: u64, name: &'static str, engine: &Engine, timeline: &Timeline) {
    let pause = |n| (thread::sleep(Duration::from_millis(1)), n).1;
    let over = Pipeline::over(0..batches).partitioner(Chunks::of(1)).on(engine).name(name).observe(timeline);
    over.map(pause).integrator(Count).run();
}

/// A run of so many batches of a hundred cheap records.
fn cheap(batches: u64, engine: &Engine, timeline: &Timeline) {
    Pipeline::over(0..batches * 100).partitioner(Chunks::of(100)).on(engine).observe(timeline).integrator(Sum).run();
}

/// The bars of a picture that must be well-formed: shapes with a hint, by their hints.
fn bars(svg: &str) -> Vec<String> {
    let document = Document::parse(svg).unwrap_or_else(|e| panic!("{e} in {svg}"));
    let hint = |node: Node<'_, '_>| node.first_element_child().filter(|child| child.has_tag_name("title"))?.text().map(str::to_string);
    document.descendants().filter(|node| node.tag_name().name() == "rect").filter_map(hint).collect()
}

/// All text of a picture.
fn words(svg: &str) -> String {
    let document = Document::parse(svg).unwrap();
    document.descendants().filter(|node| node.has_tag_name("text")).filter_map(|node| node.text()).collect::<Vec<_>>().join("\n")
}

/// The events of a trace of one phase.
fn events(trace: &str, phase: &str) -> Vec<Value> {
    let trace: Value = serde_json::from_str(trace).unwrap_or_else(|e| panic!("{e} in {trace}"));
    trace["traceEvents"].as_array().unwrap().iter().filter(|event| event["ph"] == phase).cloned().collect()
}

#[test]
fn every_batch_is_a_bar_and_an_event() {
    for threads in [1, 2, 4] {
        let timeline = Timeline::new();
        slow(20, "slow", &engine(threads), &timeline);
        let bars = bars(&timeline.svg());
        let shown =
            (0..20).filter(|seq| bars.iter().any(|hint| hint.starts_with(&format!("slow, batch {seq}, partition {seq}: 1 records"))));
        assert_eq!((bars.len(), shown.count()), (20, 20), "{bars:?}");
        let events = events(&timeline.trace(), "X");
        let batches: BTreeSet<u64> = events.iter().map(|event| event["args"]["batch"].as_u64().unwrap()).collect();
        assert_eq!((events.len(), batches), (20, (0..20).collect()));
        assert!(events.iter().all(|event| event["dur"].as_f64() >= Some(1000.0) && event["args"]["records"] == 1), "{events:?}");
    }
}

#[test]
fn on_one_lane_no_batch_begins_before_the_one_before_has_ended() {
    let timeline = Timeline::new();
    cheap(500, &engine(3), &timeline);
    let mut events: Vec<(u64, f64, f64)> = events(&timeline.trace(), "X")
        .iter()
        .map(|e| (e["tid"].as_u64().unwrap(), e["ts"].as_f64().unwrap(), e["dur"].as_f64().unwrap()))
        .collect();
    events.sort_by(|a, b| (a.0, a.1).partial_cmp(&(b.0, b.1)).unwrap());
    assert_eq!(events.len(), 500);
    for pair in events.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        assert!(pair[0].1 + pair[0].2 <= pair[1].1 + 0.001, "{pair:?}");
    }
}

#[test]
fn a_batch_waits_from_its_arrival_to_its_start() {
    let timeline = Timeline::new();
    slow(4, "slow", &engine(1), &timeline);
    let waits: Vec<f64> = events(&timeline.trace(), "X").iter().map(|event| event["args"]["wait_us"].as_f64().unwrap()).collect();
    assert!(waits.windows(2).all(|pair| pair[1] >= pair[0] + 1000.0), "{waits:?}");
    let counters: Vec<u64> =
        events(&timeline.trace(), "C").iter().map(|event| event["args"]["batches"].as_u64().unwrap()).skip_while(|n| *n > 3).collect();
    assert_eq!(counters, [3, 2, 1, 0]);
}

#[test]
fn many_batches_make_a_small_picture() {
    let timeline = Timeline::new();
    cheap(50_000, &engine(2), &timeline);
    let svg = timeline.svg();
    let bars = bars(&svg);
    // A lane has 840 pixels; there are at most three threads.
    assert!(bars.len() <= 3 * 2 * 840 && svg.len() < 1_000_000, "{} bars, {} bytes", bars.len(), svg.len());
    let batches =
        |hint: &String| hint.split(" batches").next().filter(|_| hint.contains(" batches from ")).map_or(1, |n| n.parse().unwrap());
    assert_eq!(bars.iter().map(batches).sum::<u64>(), 50_000);
    assert!(words(&svg).contains("50,000 batches, 5,000,000 records"), "{}", words(&svg));
}

#[test]
fn pipelines_share_a_timeline_and_are_told_apart_by_name() {
    let (engine, timeline) = (engine(2), Arc::new(Timeline::new().title("One & <two>")));
    thread::scope(|scope| {
        scope.spawn(|| slow(5, "first & <last>", &engine, &timeline));
        scope.spawn(|| slow(5, "\"second\"\u{1}", &engine, &timeline));
    });
    cheap(3, &engine, &timeline);
    let shown = Pipeline::over(0..2u8).observe(timeline.clone()).on(&engine).name("shared").integrator(Count).run();
    let words = words(&timeline.svg());
    for label in ["One & <two>", "first & <last>", "\"second\"\u{fffd}", "pipeline 2", "shared", "batches waiting", "in ms"] {
        assert!(words.contains(label), "no {label:?} in {words}");
    }
    let names: BTreeSet<String> = events(&timeline.trace(), "X").iter().map(|event| event["name"].as_str().unwrap().to_string()).collect();
    assert!(names.contains("\"second\"\u{1}, batch 4") && names.contains("pipeline 2, batch 0"), "{names:?}");
    assert_eq!((shown, names.len(), timeline.len()), (2, 14, 14));
}

#[test]
fn lanes_are_named_after_their_threads() {
    let timeline = Timeline::new();
    let call = || slow(30, "slow", &engine(2), &timeline);
    thread::scope(|scope| thread::Builder::new().name("main <1>".into()).spawn_scoped(scope, call).unwrap().join().unwrap());
    let lanes: Vec<String> = events(&timeline.trace(), "M").iter().map(|event| event["args"]["name"].to_string()).collect();
    assert!(lanes.contains(&"\"caller, main <1>\"".to_string()) && lanes.iter().any(|lane| lane.starts_with("\"worker ")), "{lanes:?}");
    assert!(words(&timeline.svg()).contains("caller, main <1>"));
}

#[test]
fn callers_one_after_the_other_share_a_lane() {
    let (engine, timeline) = (engine(1), Timeline::new());
    for _ in 0..50 {
        thread::scope(|scope| scope.spawn(|| cheap(2, &engine, &timeline)).join().unwrap());
    }
    let lanes: BTreeSet<u64> = events(&timeline.trace(), "X").iter().map(|event| event["tid"].as_u64().unwrap()).collect();
    let words = words(&timeline.svg());
    assert!(
        lanes.len() == 1 && words.contains("callers") && words.contains("100 batches, 10,000 records, 50 threads"),
        "{lanes:?} {words}"
    );
}

#[test]
fn colours_are_those_of_partitions_where_asked() {
    let timeline = Timeline::new().by_partition();
    slow(3, "slow", &engine(1), &timeline);
    let svg = timeline.svg();
    let document = Document::parse(&svg).unwrap();
    let bars = document.descendants().filter(|node| node.has_tag_name("rect") && node.has_children());
    let fills: BTreeSet<&str> = bars.filter_map(|bar| bar.attribute("fill")).collect();
    assert_eq!(fills.len(), 3);
    assert!(words(&svg).contains("partition 2"));
}

#[test]
fn a_failed_batch_is_marked() {
    let timeline = Timeline::new();
    let over = Pipeline::over(0..10u64).partitioner(Chunks::of(2)).on(&engine(1)).observe(&timeline);
    over.try_map(|n| if n == 5 { Err(n) } else { Ok(n) }).integrator(Sum).try_run().unwrap_err();
    let svg = timeline.svg();
    let marked = bars(&svg).into_iter().filter(|hint| hint.ends_with(", failed")).count();
    assert_eq!((marked, svg.matches("rect class=\"failed\"").count()), (1, 1));
    assert!(words(&svg).contains("failed"));
    let failed: Vec<_> = events(&timeline.trace(), "X").into_iter().filter(|event| event["cat"] == "failed").collect();
    assert_eq!((failed.len(), failed[0]["args"]["batch"].as_u64()), (1, Some(2)));
}

#[test]
fn a_limit_is_kept_and_said() {
    for (threads, least) in [(1, 1_000), (2, 950)] {
        let timeline = Timeline::new().limit(1_000);
        cheap(1_700, &engine(threads), &timeline);
        let (len, left_out) = (timeline.len(), timeline.left_out());
        assert!((least..=1_000).contains(&len) && len + left_out == 1_700, "{timeline:?}");
        assert!(words(&timeline.svg()).contains(&format!("{left_out} batches more are left out")));
        assert_eq!(events(&timeline.trace(), "X").len(), len);
        assert!(timeline.trace().contains(&format!("\"batches left out\":\"{left_out}\"")));
    }
    let nothing = Timeline::new().limit(0);
    cheap(3, &engine(1), &nothing);
    assert_eq!((nothing.is_empty(), nothing.left_out(), bars(&nothing.svg()).len()), (true, 3, 0));
}

#[test]
fn an_empty_timeline_is_a_picture_too() {
    let timeline = Timeline::default();
    Pipeline::over(0..0u64).observe(&timeline).integrator(Sum).run();
    assert!(timeline.is_empty() && bars(&timeline.svg()).is_empty() && events(&timeline.trace(), "X").is_empty());
}

#[test]
fn runs_inside_runs_are_shown_inside_them() {
    let (engine, timeline) = (engine(2), Timeline::new());
    let inner = |n: u64| (slow(2, "inner", &engine, &timeline), n).1;
    Pipeline::over(0..4u64).partitioner(Chunks::of(1)).on(&engine).name("outer").observe(&timeline).map(inner).integrator(Sum).run();
    let bars = bars(&timeline.svg());
    let of = |name: &str| bars.iter().filter(|hint| hint.starts_with(name)).count();
    assert_eq!((of("outer, batch"), of("inner, batch"), timeline.len()), (4, 8, 12), "{bars:?}");
}

#[test]
fn an_observer_that_panics_harms_no_timeline() {
    struct Grumpy;
    impl Observer for Grumpy {
        fn batch_finished(&self, _: &Task, _: Duration) {
            std::panic::resume_unwind(Box::new("no"))
        }
    }
    let timeline = Timeline::new();
    let over = Pipeline::over(0..40u64).partitioner(Chunks::of(4)).observe(Grumpy).observe(&timeline).observe(Grumpy);
    assert_eq!(over.integrator(Sum).run(), 780);
    assert_eq!((timeline.len(), events(&timeline.trace(), "X").len()), (10, 10));
}

#[test]
fn files_are_written_or_the_failure_is_told() {
    let folder = std::env::temp_dir().join(format!("microbatch-timeline-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let timeline = Timeline::new();
    cheap(3, &engine(1), &timeline);
    timeline.write_svg(folder.join("t.svg")).unwrap();
    timeline.write_trace(folder.join("t.json")).unwrap();
    assert_eq!(bars(&std::fs::read_to_string(folder.join("t.svg")).unwrap()).len(), bars(&timeline.svg()).len());
    assert_eq!(events(&std::fs::read_to_string(folder.join("t.json")).unwrap(), "X").len(), 3);
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(timeline.write_svg(folder.join("t.svg")).is_err() && timeline.write_trace(folder.join("t.json")).is_err());
}
