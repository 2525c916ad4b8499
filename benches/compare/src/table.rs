//! Markdown.

use crate::rivals::NAMES;
use crate::rounds::Entry;
use std::time::Duration;

pub struct Row {
    pub name: &'static str,
    pub entries: Vec<Entry>,
}

impl Row {
    /// The best of a rival's ways.
    fn best(&self, rival: &str) -> Option<&Entry> {
        self.entries.iter().filter(|entry| entry.rival == rival).min_by_key(|entry| entry.median())
    }

    /// How many times as long as the best of microbatch.
    fn factor(&self, entry: &Entry) -> f64 {
        let ours = self.best(NAMES[0]).map_or(f64::NAN, |ours| ours.median().as_secs_f64());
        entry.median().as_secs_f64() / ours
    }
}

/// A column a rival: the median of the best of its ways, and how many times as long as microbatch it takes.
pub fn by_rival(rows: &[Row]) -> String {
    let names: Vec<&str> = NAMES.into_iter().filter(|name| rows.iter().any(|row| row.best(name).is_some())).collect();
    let mut lines = vec![line(std::iter::once("work".into()).chain(names.iter().map(|name| (*name).into())))];
    lines.push(line((0..=names.len()).map(|_| "---".into())));
    for row in rows {
        let cell = |name: &&str| match row.best(name) {
            Some(ours) if *name == NAMES[0] => time(ours.median()),
            Some(entry) => format!("{} ({:.2})", time(entry.median()), row.factor(entry)),
            None => "not offered".into(),
        };
        lines.push(line(std::iter::once(row.name.into()).chain(names.iter().map(cell))));
    }
    lines.concat()
}

/// A line a way.
pub fn in_full(rows: &[Row]) -> String {
    let mut lines =
        vec!["| work | who | median | least | most | rounds | times as long as microbatch |\n|---|---|---|---|---|---|---|\n".into()];
    for (row, entry) in rows.iter().flat_map(|row| row.entries.iter().map(move |entry| (row, entry))) {
        let who = if entry.form.is_empty() { entry.rival.into() } else { format!("{}, {}", entry.rival, entry.form) };
        let cells = [row.name.into(), who, time(entry.median()), time(entry.least()), time(entry.most()), entry.rounds().to_string()];
        lines.push(line(cells.into_iter().chain([format!("{:.2}", row.factor(entry))])));
    }
    lines.concat()
}

fn line(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

/// With three digits.
fn time(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    match ms {
        1000.0.. => format!("{:.2} s", ms / 1e3),
        100.0.. => format!("{ms:.0} ms"),
        10.0.. => format!("{ms:.1} ms"),
        _ => format!("{ms:.2} ms"),
    }
}
