//! The tables as pictures.

use super::chart::{Chart, Panel, Scale};
use super::{Makespan, Response};
use std::fmt::Write;
use std::path::Path;

/// Policies in the picture, whether their jobs are cut into batches of a millisecond, and what they are called there.
const ROWS: [(&str, bool, &str); 9] = [
    ("`Fcfs`", false, "Fcfs"),
    ("`Sjf::new().alpha(10.0)`", false, "Sjf, alpha 10"),
    ("`Sjf::new()`, alpha 1", false, "Sjf, alpha 1"),
    ("`Sjf::new().alpha(0.1)`", false, "Sjf, alpha 0.1"),
    ("`Priority::new()`", false, "Priority::new()"),
    ("`Priority::strict()`", false, "Priority::strict()"),
    ("`Sjf::new().by_remaining()`", true, "Sjf, remaining, cut"),
    ("`Sjf::pure().by_remaining()`", true, "Sjf::pure, remaining, cut"),
    ("`Fair::new()`", true, "Fair, cut"),
];

/// Mean and 99th percentile of the response times, and the longest wait, by policy and load.
pub fn responses(responses: &[Response]) -> String {
    let panel = |utilisation: f64| {
        let row = |(policy, is_cut, label): (&str, bool, &str)| {
            let found = responses.iter().find(|r| r.utilisation == utilisation && r.policy == policy && r.is_cut == is_cut);
            let times = &found.expect("a row of the table").times;
            (label.to_string(), [times.mean, times.p99 as f64, times.wait as f64].map(|nanos| nanos / 1e6))
        };
        Panel { heading: format!("Load {utilisation}"), rows: ROWS.map(row).into() }
    };
    let chart = Chart {
        title: "Response times under each policy",
        summary: "Jobs of 0.1 ms to 1 s, most of them small (Pareto, shape 1.5), at random on two workers. One batch each; cut: batches of 1 ms.",
        axis: "milliseconds, each mark ten times the one before",
        scale: Scale::Powers(-1, 4),
        figures: ["mean response", "99 in 100 respond within", "longest wait"],
        panels: [0.8, 0.95].map(panel).into(),
    };
    chart.svg()
}

/// Makespans over the lower bound of the optimum, with what is promised.
pub fn makespans(makespans: &[Makespan]) -> String {
    let panel = |workers: usize| {
        let found = makespans.iter().filter(|makespan| makespan.workers == workers);
        let rows = found.map(|m| (m.policy.trim_matches('`').to_string(), [m.mean, m.worst, m.promised])).collect();
        Panel { heading: format!("{workers} workers"), rows }
    };
    let chart = Chart {
        title: "Longest first: makespan over a lower bound of the optimum",
        summary: "Sets of twenty jobs of random sizes. Promised: 4/3 - 1/(3m) on m workers by LongestFirst, 2 - 1/m by Fcfs.",
        axis: "makespan over the lower bound, 1.0 is the optimum",
        scale: Scale::FromOne(2.0),
        figures: ["mean", "worst", "promised"],
        panels: [2, 4, 8].map(panel).into(),
    };
    chart.svg()
}

/// Writes each picture, and for pages that cannot refer to files what their references stand for there: the pictures themselves.
pub fn write(folder: &Path, pictures: &[(&str, String)]) -> std::io::Result<()> {
    let mut references = String::new();
    for (name, svg) in pictures {
        std::fs::write(folder.join(format!("{name}.svg")), svg)?;
        let _ = writeln!(references, "[{name}]: data:image/svg+xml,{}", encoded(svg));
    }
    references.push('\n');
    std::fs::write(folder.join("pictures.md"), references)
}

/// In the letters that a link may be made of.
fn encoded(svg: &str) -> String {
    let mut text = String::new();
    for byte in svg.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b',' | b'/' | b':' | b'=' | b';' | b'_' => text.push(byte.into()),
            _ => drop(write!(text, "%{byte:02X}")),
        }
    }
    text
}
