//! The picture: lanes of workers with bars of batches, and below them how many batches of each pipeline wait.

use super::axis::{Axis, LEFT, PLOT, WIDTH};
use super::event::Event;
use super::history::{Groups, History};
use super::palette::{COLOURS, colour};
use super::piece::{Piece, pieces};
use super::text::{millis, short, thousands, xml};
use super::wait;
use std::fmt::Write;

/// From one row to the next, in pixels.
pub(super) const PITCH: f64 = 34.0;
/// The height of a row.
pub(super) const ROW: f64 = 24.0;
/// Rows of waiting pipelines; there may be any number.
const WAITS: usize = 12;
/// Characters of a label.
const LABEL: usize = 20;

const STYLE: &str = "text{font:12px system-ui,'DejaVu Sans',sans-serif;fill:#333}.t{font-size:18px;font-weight:600;fill:#111}\
    .h{font-weight:600;fill:#111}.m{fill:#666;font-size:11px}.l{text-anchor:end}.c{text-anchor:middle}.row{fill:#f2f3f5}.grid{stroke:#d9dbe0}\
    .failed{stroke:#000;stroke-width:2}";

/// What the picture says above all else.
pub(super) struct Caption<'t> {
    pub(super) title: &'t str,
    pub(super) left_out: usize,
    /// Whether colours stand for partitions, not for pipelines.
    pub(super) by_partition: bool,
}

pub(super) struct Drawing<'h> {
    pub(super) history: &'h History,
    pub(super) axis: Axis,
    /// Lies below the grid.
    ground: String,
    /// Lies above it.
    pub(super) body: String,
    /// Where the next thing goes, from the top.
    pub(super) y: f64,
}

/// Draws it all.
pub(super) fn svg(history: &History, caption: &Caption<'_>) -> String {
    let mut drawing = Drawing { history, axis: Axis { span: history.span }, ground: String::new(), body: String::new(), y: 34.0 };
    drawing.title(caption);
    let partitions = caption.by_partition.then(|| Groups::by_partition(&history.events));
    drawing.legend(partitions.as_ref().unwrap_or(&history.pipelines));
    let top = drawing.y;
    drawing.heading("Workers", "busy");
    match &partitions {
        Some(partitions) => drawing.lanes(|event| colour(partitions.group(event.partition))),
        None => drawing.lanes(|event| colour(history.pipelines.group(event.pipeline))),
    }
    drawing.waits(caption.by_partition);
    let (grid, bottom) = (drawing.grid(top), drawing.y);
    let (Drawing { ground, body, .. }, height) = (drawing, bottom + 52.0);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n{}<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{ground}{grid}{body}</svg>\n",
        xml(caption.title),
        wait::patterns(if caption.by_partition { 1 } else { COLOURS.len() }),
    )
}

impl Drawing<'_> {
    pub(super) fn text(&mut self, class: &str, x: f64, y: f64, text: &str) {
        // Writing to a string does not fail, here and below.
        let _ = writeln!(self.body, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", xml(text));
    }

    fn title(&mut self, caption: &Caption<'_>) {
        let events = &self.history.events;
        let records = events.iter().map(|event| event.records).sum();
        let threads: usize = self.history.lanes.iter().map(|lane| lane.threads).sum();
        let mut summary = format!("{} batches, {} records, {} threads", thousands(events.len() as u64), thousands(records), threads);
        let _ = write!(summary, ", {} from the first arrival to the last end", millis(self.history.span));
        if caption.left_out > 0 {
            let _ = write!(summary, "; {} batches more are left out", thousands(caption.left_out as u64));
        }
        self.text("t", 24.0, self.y, caption.title);
        self.text("m", 24.0, self.y + 20.0, &summary);
        self.y += 46.0;
    }

    /// One entry a colour; the groups beyond share them.
    fn legend(&mut self, groups: &Groups) {
        let mut x = 24.0;
        let mut entries: Vec<(String, String)> = Vec::new();
        for (label, fill) in groups.labels.iter().zip(COLOURS) {
            let more = if groups.labels.len() > COLOURS.len() { ", .." } else { "" };
            entries.push((format!("{}{more}", short(label, 32)), format!("fill=\"{fill}\"")));
        }
        entries.push(("batches waiting".to_string(), "fill=\"url(#w0)\"".to_string()));
        if self.history.events.iter().any(|event| event.failed) {
            entries.push(("failed".to_string(), "class=\"failed\" fill=\"#fff\"".to_string()));
        }
        for (label, fill) in entries {
            let width = 34.0 + 6.8 * label.chars().count() as f64;
            if x + width > WIDTH - 24.0 {
                (x, self.y) = (24.0, self.y + 20.0);
            }
            let _ = writeln!(self.body, "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"12\" height=\"12\" {fill}/>", self.y - 10.0);
            self.text("", x + 18.0, self.y, &label);
            x += width;
        }
        self.y += 30.0;
    }

    fn heading(&mut self, left: &str, right: &str) {
        self.text("h", 24.0, self.y, left);
        self.text("m", LEFT + PLOT + 10.0, self.y, right);
        self.y += 10.0;
    }

    /// A row: its label, its ground, and a figure on the right.
    pub(super) fn row(&mut self, label: &str, figure: &str) {
        let y = self.y;
        let _ = writeln!(self.ground, "<rect class=\"row\" x=\"{LEFT}\" y=\"{y:.1}\" width=\"{PLOT}\" height=\"{ROW}\"/>");
        self.text("l", LEFT - 10.0, y + 16.0, &short(label, LABEL));
        self.text("m", LEFT + PLOT + 10.0, y + 16.0, figure);
    }

    fn lanes(&mut self, colour: impl Fn(&Event) -> usize) {
        let history = self.history;
        for (number, lane) in history.lanes.iter().enumerate() {
            let depths = nested(history.events.iter().filter(|event| event.lane as usize == number));
            let busy: u64 = depths.first().map_or(0, |outer| outer.iter().map(|event| event.busy()).sum());
            self.row(&lane.label(number + 1), &format!("{:.0} %", busy as f64 / history.span as f64 * 100.0));
            for (depth, events) in depths.into_iter().enumerate() {
                for piece in pieces(events, self.axis.pixel(), &colour) {
                    self.bar(&piece, 4.0 * depth.min(2) as f64);
                }
            }
            self.y += PITCH;
        }
        self.y += 20.0;
    }

    /// A bar, lower by `inset` where it lies inside another: its batch was run inside that one.
    fn bar(&mut self, piece: &Piece, inset: f64) {
        let (x, y, height) = (self.axis.x(piece.first.started), self.y + inset, ROW - 2.0 * inset);
        let width = self.axis.width(piece.length());
        // A hair of white between neighbours that are wide enough to be told apart.
        let width = if width >= 3.0 { width - 0.6 } else { width.max(0.7) };
        let class = if piece.failed { " class=\"failed\"" } else { "" };
        let fill = COLOURS[piece.colour()];
        let _ = write!(self.body, "<rect{class} x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height}\" fill=\"{fill}\"");
        if piece.batches > 1 {
            // A bar of many batches is the paler the more of it is none; never so pale that it is not seen.
            let _ = write!(self.body, " fill-opacity=\"{:.2}\"", piece.share().clamp(0.3, 1.0));
        }
        let _ = writeln!(self.body, "><title>{}</title></rect>", xml(&self.hint(piece)));
    }

    fn hint(&self, piece: &Piece) -> String {
        let Piece { first, batches, records, .. } = piece;
        let (records, length, start) = (thousands(*records), millis(piece.length()), millis(first.started));
        let outcome = if piece.failed { ", failed" } else { "" };
        if *batches > 1 {
            let label = self.history.title(first);
            return format!("{batches} batches from {label}, on: {records} records in {length} from {start}{outcome}");
        }
        let (wait, partition) = (millis(first.wait()), first.partition);
        format!(
            "{}, partition {partition}: {records} records in {length} from {start}, after {wait} of waiting{outcome}",
            self.history.title(first)
        )
    }

    fn waits(&mut self, plain: bool) {
        self.heading("Waiting", "mean / longest");
        let labels = &self.history.pipelines.labels;
        for (group, events) in self.history.by_pipeline().iter().enumerate().take(WAITS) {
            wait::row(self, &labels[group], events, if plain { 0 } else { colour(group) });
            self.y += PITCH;
        }
        if labels.len() > WAITS {
            self.text("m", LEFT, self.y + 8.0, &format!("and {} pipelines more", labels.len() - WAITS));
            self.y += 20.0;
        }
    }

    /// Lines at round times from `top` on, and the axis below.
    fn grid(&self, top: f64) -> String {
        let mut grid = String::new();
        for (time, label) in self.axis.marks() {
            let (x, bottom) = (self.axis.x(time), self.y + 4.0);
            let _ = writeln!(grid, "<path class=\"grid\" d=\"M{x:.1} {top:.1}V{bottom:.1}\"/>");
            let _ = writeln!(grid, "<text class=\"m c\" x=\"{x:.1}\" y=\"{:.1}\">{label}</text>", bottom + 14.0);
        }
        let middle = LEFT + PLOT / 2.0;
        let _ = writeln!(grid, "<text class=\"c\" x=\"{middle}\" y=\"{:.1}\">time since the first arrival, in ms</text>", self.y + 38.0);
        grid
    }
}

/// The events of a lane by how many others they lie inside of.
fn nested<'e>(events: impl Iterator<Item = &'e Event>) -> Vec<Vec<&'e Event>> {
    let mut depths: Vec<Vec<&Event>> = Vec::new();
    let mut ends: Vec<u64> = Vec::new();
    for event in events {
        while ends.last().is_some_and(|end| *end <= event.started) {
            ends.pop();
        }
        if depths.len() == ends.len() {
            depths.push(Vec::new());
        }
        depths[ends.len()].push(event);
        ends.push(event.ended);
    }
    depths
}
