//! How many batches of a pipeline wait, over time: a hatched area.

use super::axis::Axis;
use super::history::History;
use super::palette::COLOURS;
use super::svg::{Drawing, ROW};
use super::text::{millis, thousands, xml};
use std::fmt::Write;

/// The hatchings of so many colours, named `w0`, `w1` ..
pub(super) fn patterns(count: usize) -> String {
    let mut patterns = String::from("<defs>");
    for (number, colour) in COLOURS.iter().enumerate().take(count) {
        // Writing to a string does not fail.
        let _ = write!(
            patterns,
            "<pattern id=\"w{number}\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\"><rect width=\"5\" height=\"5\" \
             fill=\"{colour}\" fill-opacity=\".15\"/><path d=\"M-1 1L1 -1M0 5L5 0M4 6L6 4\" stroke=\"{colour}\" stroke-opacity=\".6\"/></pattern>"
        );
    }
    patterns.push_str("</defs>\n");
    patterns
}

/// Draws the row of a pipeline; its greatest number of waiting batches is as high as the row.
pub(super) fn row(drawing: &mut Drawing<'_>, group: usize, colour: usize) {
    let history = drawing.history;
    let waits = Waits::of(history, group);
    let label = &history.pipelines.labels[group];
    drawing.row(label, &format!("{} / {}", millis(waits.mean).trim_end_matches(" ms"), millis(waits.longest)));
    let steps = history.waiting(group);
    let most = steps.iter().map(|(_, waiting)| *waiting).max().unwrap_or(0);
    if most > 0 {
        let outline = outline(drawing.axis, &steps, most, drawing.y);
        let hint = format!("{}: at most {} batches waiting", xml(label), thousands(most as u64));
        let _ = writeln!(drawing.body, "<path d=\"{outline}\" fill=\"url(#w{colour})\"><title>{hint}</title></path>");
    }
}

/// Nanoseconds.
struct Waits {
    mean: u64,
    longest: u64,
}

impl Waits {
    fn of(history: &History, group: usize) -> Self {
        let (mut count, mut total, mut longest) = (0, 0u128, 0);
        for event in history.of_group(group) {
            count += 1;
            total += u128::from(event.wait());
            longest = event.wait().max(longest);
        }
        Waits { mean: total.checked_div(count).unwrap_or(0) as u64, longest }
    }
}

/// The steps as a closed path that stands on the bottom of the row; of those within a pixel the highest.
fn outline(axis: Axis, steps: &[(u64, usize)], most: usize, top: f64) -> String {
    let mut columns: Vec<(f64, usize)> = Vec::new();
    for (time, waiting) in steps {
        let x = axis.x(*time).round();
        match columns.last_mut() {
            Some((last, highest)) if *last == x => *highest = if *waiting == 0 { 0 } else { (*highest).max(*waiting) },
            _ => columns.push((x, *waiting)),
        }
    }
    let bottom = top + ROW;
    let mut path = columns.first().map_or_else(String::new, |(x, _)| format!("M{x} {bottom}"));
    for (x, waiting) in columns {
        let _ = write!(path, "H{x}V{:.1}", bottom - ROW * waiting as f64 / most as f64);
    }
    path.push('Z');
    path
}
