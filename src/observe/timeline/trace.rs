//! The Trace Event Format, as Perfetto and `chrome://tracing` read it.

use super::event::Event;
use super::history::{History, waiting};
use super::text::json;
use std::fmt::Write;

/// Batches are complete events, lanes are threads, and how many batches of a pipeline wait is a counter.
pub(super) fn trace(history: &History, left_out: usize) -> String {
    let mut trace = Trace { text: String::from("{\"traceEvents\":[") };
    trace.name("process_name", 0, "microbatch");
    for (lane, tid) in history.lanes.iter().zip(1..) {
        trace.name("thread_name", tid, &lane.label(tid));
        trace.event(format_args!("\"ph\":\"M\",\"name\":\"thread_sort_index\",\"pid\":1,\"tid\":{tid},\"args\":{{\"sort_index\":{tid}}}"));
    }
    batches(&mut trace, history);
    for (label, events) in history.pipelines.labels.iter().zip(history.by_pipeline()) {
        waits(&mut trace, label, &events);
    }
    let _ = write!(trace.text, "\n],\"displayTimeUnit\":\"ms\",\"otherData\":{{\"batches left out\":\"{left_out}\"}}}}");
    trace.text
}

fn batches(trace: &mut Trace, history: &History) {
    for event in &history.events {
        trace.event(format_args!(
            "\"ph\":\"X\",\"cat\":\"{}\",\"name\":{},\"pid\":1,\"tid\":{},\"ts\":{},\"dur\":{},\"args\":{{\"pipeline\":{},\"batch\":{},\
             \"partition\":{},\"records\":{},\"wait_us\":{}}}",
            if event.failed { "failed" } else { "batch" },
            json(&history.title(event)),
            event.lane + 1,
            Micros(event.started),
            Micros(event.busy()),
            event.pipeline,
            event.seq,
            event.partition,
            event.records,
            Micros(event.wait())
        ));
    }
}

fn waits(trace: &mut Trace, label: &str, events: &[&Event]) {
    let name = json(&format!("{label}, batches waiting"));
    for (time, count) in waiting(events) {
        trace.event(format_args!("\"ph\":\"C\",\"name\":{name},\"pid\":1,\"ts\":{},\"args\":{{\"batches\":{count}}}", Micros(time)));
    }
}

struct Trace {
    text: String,
}

impl Trace {
    /// One event, on a line of its own.
    fn event(&mut self, fields: std::fmt::Arguments<'_>) {
        let comma = if self.text.ends_with('[') { "" } else { "," };
        // Writing to a string does not fail.
        let _ = write!(self.text, "{comma}\n{{{fields}}}");
    }

    fn name(&mut self, what: &str, tid: usize, name: &str) {
        let name = json(name);
        self.event(format_args!("\"ph\":\"M\",\"name\":\"{what}\",\"pid\":1,\"tid\":{tid},\"args\":{{\"name\":{name}}}"));
    }
}

/// Nanoseconds, shown as microseconds.
struct Micros(u64);

impl std::fmt::Display for Micros {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}
