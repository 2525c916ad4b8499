//! What a subscriber of tracing hears, against what was run.

use microbatch::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Mutex, OnceLock};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// A span or an event, with its fields as text.
#[derive(Clone, Debug, Default)]
struct Noted {
    name: &'static str,
    level: String,
    parent: Option<u64>,
    fields: BTreeMap<&'static str, String>,
    entered: usize,
    is_open: bool,
}

impl Visit for Noted {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.insert(field.name(), format!("{value:?}").trim_matches('"').to_string());
    }
}

/// Notes down every span and event; the number of a span is its place, from 1.
#[derive(Default)]
struct Notes {
    spans: Mutex<Vec<Noted>>,
    events: Mutex<Vec<Noted>>,
}

thread_local! {
    static INSIDE: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

impl Notes {
    fn new_note(metadata: &Metadata<'_>, parent: Option<&Id>, contextual: bool) -> Noted {
        let current = || INSIDE.with_borrow(|inside| inside.last().copied());
        let parent = parent.map(Id::into_u64).or_else(|| if contextual { current() } else { None });
        Noted { name: metadata.name(), level: metadata.level().to_string(), parent, is_open: true, ..Noted::default() }
    }

    fn change(&self, span: &Id, change: impl FnOnce(&mut Noted)) {
        change(&mut self.spans.lock().unwrap()[span.into_u64() as usize - 1]);
    }
}

/// The subscriber of this process: threads of an engine have no other.
struct Global(&'static Notes);

impl Subscriber for Global {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut note = Notes::new_note(span.metadata(), span.parent(), span.is_contextual());
        span.record(&mut note);
        let mut spans = self.0.spans.lock().unwrap();
        spans.push(note);
        Id::from_u64(spans.len() as u64)
    }
    fn record(&self, span: &Id, values: &Record<'_>) {
        self.0.change(span, |note| values.record(note));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut note = Notes::new_note(event.metadata(), event.parent(), event.is_contextual());
        event.record(&mut note);
        self.0.events.lock().unwrap().push(note);
    }
    fn enter(&self, span: &Id) {
        self.0.change(span, |note| note.entered += 1);
        INSIDE.with_borrow_mut(|inside| inside.push(span.into_u64()));
    }
    fn exit(&self, span: &Id) {
        // Two observers of one run are told in the same order of its end as of its start.
        INSIDE.with_borrow_mut(|inside| inside.iter().rposition(|id| *id == span.into_u64()).map(|place| inside.remove(place)));
    }
    fn try_close(&self, span: Id) -> bool {
        self.0.change(&span, |note| note.is_open = false);
        true
    }
}

fn notes() -> &'static Notes {
    static NOTES: OnceLock<&'static Notes> = OnceLock::new();
    NOTES.get_or_init(|| {
        let notes: &'static Notes = Box::leak(Box::default());
        tracing::subscriber::set_global_default(Global(notes)).unwrap();
        notes
    })
}

/// The spans of runs of a pipeline, each with those of its batches.
fn runs(name: &str) -> Vec<(Noted, Vec<Noted>)> {
    let spans = notes().spans.lock().unwrap().clone();
    let of_run = |id: u64| spans.iter().filter(move |span| span.name == "batch" && span.parent == Some(id)).cloned().collect();
    let runs = spans.iter().zip(1..).filter(|(span, _)| span.name == "run" && span.fields["name"] == name);
    runs.map(|(span, id)| (span.clone(), of_run(id))).collect()
}

/// Events that carry this field.
fn events(field: &str) -> Vec<Noted> {
    notes().events.lock().unwrap().iter().filter(|event| event.fields.contains_key(field)).cloned().collect()
}

fn engine(threads: usize) -> Engine {
    Engine::builder().threads(threads).build().unwrap()
}

#[test]
fn a_run_is_a_span_and_so_is_each_batch_inside_it() {
    notes();
    for (threads, name) in [(1, "one thread"), (3, "three threads")] {
        let over = Pipeline::over(0..95u64).partitioner(Chunks::of(10)).on(&engine(threads)).name(name).observe(Spans::new());
        assert_eq!(over.integrator(Count).run(), 95);
        let runs = runs(name);
        let [(run, batches)] = &runs[..] else { panic!("{runs:?}") };
        assert_eq!((run.level.as_str(), run.fields["batches"].as_str(), run.fields["records"].as_str()), ("INFO", "10", "95"));
        let mut seqs: Vec<u32> = batches.iter().map(|batch| batch.fields["seq"].parse().unwrap()).collect();
        seqs.sort();
        assert_eq!(seqs, (0..10).collect::<Vec<_>>());
        assert!(batches.iter().all(|batch| batch.level == "DEBUG" && batch.entered == 1 && !batch.fields.contains_key("failed")));
        assert!(!run.is_open && batches.iter().all(|batch| !batch.is_open), "{runs:?}");
    }
}

#[test]
fn what_closures_say_lies_in_the_span_of_their_batch() {
    notes();
    let say = |n: u64| (tracing::info!(said = n), n).1;
    let over = Pipeline::over(0..6u64).partitioner(Chunks::of(2)).on(&engine(2)).name("talkative").observe(Spans::new());
    over.map(say).integrator(Sum).run();
    let spans = notes().spans.lock().unwrap().clone();
    let said = events("said");
    assert_eq!(said.len(), 6);
    for event in said {
        let batch = &spans[event.parent.unwrap() as usize - 1];
        assert_eq!(event.fields["said"].parse::<u32>().unwrap() / 2, batch.fields["seq"].parse::<u32>().unwrap());
    }
}

#[test]
fn a_run_lies_in_the_span_that_calls_it_and_says_what_it_did() {
    notes();
    let caller = tracing::info_span!("caller", of = "nested runs");
    let spans = Spans::new();
    let engine = engine(2);
    let inner = |n: u64| n + Pipeline::over(0..n).on(&engine).name("inner").observe(&spans).integrator(Count).run();
    caller.in_scope(|| {
        Pipeline::over(0..4u64).partitioner(Chunks::of(1)).on(&engine).name("outer").observe(&spans).map(inner).integrator(Sum).run()
    });
    let (outer, inner) = (runs("outer"), runs("inner"));
    assert_eq!((outer.len(), outer[0].0.parent, inner.len()), (1, caller.id().map(|id| id.into_u64()), 4));
    let all = notes().spans.lock().unwrap().clone();
    assert!(inner.iter().all(|(run, _)| all[run.parent.unwrap() as usize - 1].name == "batch"), "{inner:?}");
    assert!(outer.iter().chain(&inner).all(|(run, batches)| !run.is_open && batches.iter().all(|batch| !batch.is_open)), "each is left");
    let said = events("elapsed_us");
    let of_outer =
        said.iter().filter(|event| event.parent.is_some_and(|id| all[id as usize - 1].fields.get("name").is_some_and(|n| n == "outer")));
    assert_eq!(of_outer.map(|event| event.fields["records"].as_str()).collect::<Vec<_>>(), ["4"]);
}

#[test]
fn a_batch_that_fails_says_so_and_is_left() {
    notes();
    let over =
        Pipeline::over(0..20u64).partitioner(Chunks::of(5)).on(&engine(1)).name("failing").observe(Spans::new()).observe(Spans::new());
    over.try_map(|n| if n == 7 { Err(n) } else { Ok(n) }).integrator(Sum).try_run().unwrap_err();
    let runs = runs("failing");
    let failed =
        |batches: &[Noted]| batches.iter().filter(|batch| batch.fields.get("failed").is_some_and(|failed| failed == "true")).count();
    assert_eq!(runs.iter().map(|(_, batches)| (batches.len(), failed(batches))).collect::<Vec<_>>(), [(2, 1), (2, 1)]);
    let warned = events("seq").into_iter().filter(|event| event.level == "WARN" && event.fields["name"] == "failing").count();
    assert_eq!((warned, INSIDE.with_borrow(Vec::len)), (2, 0));
}
