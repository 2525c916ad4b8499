//! How many batches of a pipeline wait, over time: a hatched area.

use super::axis::Axis;
use super::event::Event;
use super::history::waiting;
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
pub(super) fn row(drawing: &mut Drawing<'_>, label: &str, events: &[&Event], colour: usize) {
    let total: u128 = events.iter().map(|event| u128::from(event.wait())).sum();
    let mean = total.checked_div(events.len() as u128).unwrap_or(0) as u64;
    let longest = events.iter().map(|event| event.wait()).max().unwrap_or(0);
    drawing.row(label, &format!("{} / {}", millis(mean).trim_end_matches(" ms"), millis(longest)));
    let steps = waiting(events);
    let most = steps.iter().map(|(_, count)| *count).max().unwrap_or(0);
    if most > 0 {
        let outline = outline(drawing.axis, &steps, most, drawing.y);
        let hint = format!("{}: at most {} batches waiting", xml(label), thousands(most as u64));
        let _ = writeln!(drawing.body, "<path d=\"{outline}\" fill=\"url(#w{colour})\"><title>{hint}</title></path>");
    }
}

/// The steps as a closed path that stands on the bottom of the row; of those within a pixel the highest, and nothing only from the next one on.
fn outline(axis: Axis, steps: &[(u64, usize)], most: usize, top: f64) -> String {
    let mut columns: Vec<(f64, usize)> = Vec::new();
    for (time, count) in steps {
        let x = axis.x(*time).round();
        match columns.last_mut() {
            Some((last, _)) if *last == x && *count == 0 => columns.push((x + 1.0, 0)),
            Some((last, highest)) if *last >= x => *highest = (*highest).max(*count),
            _ => columns.push((x, *count)),
        }
    }
    let bottom = top + ROW;
    let mut path = columns.first().map_or_else(String::new, |(x, _)| format!("M{x} {bottom}"));
    for (x, count) in columns {
        let _ = write!(path, "H{x}V{:.1}", bottom - ROW * count as f64 / most as f64);
    }
    path.push('Z');
    path
}

#[cfg(test)]
mod tests {
    use super::outline;
    use crate::observe::timeline::axis::{Axis, PLOT};

    fn check(steps: &[(u64, usize)], expected: &str) {
        // A nanosecond to a pixel, from 150 on.
        assert_eq!(outline(Axis { span: PLOT as u64 }, steps, 4, 0.0), expected);
    }

    #[test]
    fn steps_are_as_high_as_they_are_many() {
        check(&[], "Z");
        check(&[(0, 4), (10, 2), (20, 0)], "M150 24H150V0.0H160V12.0H170V24.0Z");
        check(&[(0, 1), (5, 0), (7, 4), (9, 0)], "M150 24H150V18.0H155V24.0H157V0.0H159V24.0Z");
    }

    #[test]
    fn what_lasts_less_than_a_pixel_is_seen() {
        check(&[(3, 2), (3, 4), (3, 0)], "M153 24H153V0.0H154V24.0Z");
        check(&[(3, 2), (3, 0), (3, 1), (4, 0)], "M153 24H153V12.0H154V18.0H155V24.0Z");
    }
}
