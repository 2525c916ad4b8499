//! A picture of some figures of each policy: a dot plot, as dots can stand on a scale that has no zero.

use std::fmt::Write;

const WIDTH: f64 = 960.0;
/// Where the plot begins and ends.
const LEFT: f64 = 210.0;
const RIGHT: f64 = WIDTH - 40.0;
/// From one row to the next, in pixels.
const PITCH: f64 = 30.0;

const STYLE: &str = "text{font:13px system-ui,'DejaVu Sans',sans-serif;fill:#333}.t{font-size:18px;font-weight:600;fill:#111}\
    .h{font-weight:600;fill:#111}.m{fill:#666;font-size:12px}.l{text-anchor:end}.c{text-anchor:middle}.row{fill:#f2f3f5}\
    .grid{stroke:#d9dbe0}.span{stroke:#9aa0aa;stroke-width:2}";
/// Those of M. Okabe and K. Ito, "Color Universal Design" (2008).
const COLOURS: [&str; 3] = ["#0072b2", "#e69f00", "#d55e00"];

/// What is shown, with a unit.
pub struct Chart<'c> {
    pub title: &'c str,
    pub summary: &'c str,
    /// What the figures are, with their unit.
    pub axis: &'c str,
    pub scale: Scale,
    /// What the three figures of a row are.
    pub figures: [&'c str; 3],
    pub panels: Vec<Panel>,
}

/// Rows below a heading.
pub struct Panel {
    pub heading: String,
    pub rows: Vec<(String, [f64; 3])>,
}

/// From a figure to its place.
#[derive(Clone, Copy)]
pub enum Scale {
    /// From one power of ten to another.
    Powers(i32, i32),
    /// From 1 to this, a mark every tenth.
    FromOne(f64),
}

impl Scale {
    fn x(self, figure: f64) -> f64 {
        let part = match self {
            Scale::Powers(first, last) => (figure.log10() - f64::from(first)) / f64::from(last - first),
            Scale::FromOne(end) => (figure - 1.0) / (end - 1.0),
        };
        assert!((0.0..=1.0).contains(&part), "{figure} is off the scale");
        LEFT + part * (RIGHT - LEFT)
    }

    fn marks(self) -> Vec<(f64, String)> {
        match self {
            Scale::Powers(first, last) => (first..=last).map(|power| 10f64.powi(power)).map(|mark| (mark, mark.to_string())).collect(),
            Scale::FromOne(end) => (0..)
                .map(|tenth| 1.0 + f64::from(tenth) / 10.0)
                .take_while(|mark| *mark <= end)
                .map(|mark| (mark, format!("{mark:.1}")))
                .collect(),
        }
    }
}

impl Chart<'_> {
    pub fn svg(&self) -> String {
        let (mut body, mut y) = (String::new(), 34.0);
        text(&mut body, "t", 24.0, y, self.title);
        text(&mut body, "m", 24.0, y + 22.0, self.summary);
        y += 52.0;
        let mut x = 24.0;
        for (figure, label) in self.figures.iter().enumerate() {
            body += &dot(figure, x + 6.0, y - 4.0, label);
            text(&mut body, "", x + 20.0, y, label);
            x += 50.0 + 7.5 * label.chars().count() as f64;
        }
        y += 14.0;
        for panel in &self.panels {
            y = self.panel(panel, &mut body, y + 22.0);
        }
        text(&mut body, "c", (LEFT + RIGHT) / 2.0, y + 18.0, self.axis);
        let height = y + 38.0;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
             <title>{}</title>\n<style>{STYLE}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{body}</svg>\n",
            self.title
        )
    }

    /// Draws a panel from `y` on; where it ends.
    fn panel(&self, panel: &Panel, body: &mut String, y: f64) -> f64 {
        text(body, "h", 24.0, y, &panel.heading);
        let top = y + 10.0;
        let bottom = top + PITCH * panel.rows.len() as f64;
        for row in 0..panel.rows.len() {
            let y = top + PITCH * row as f64 + 3.0;
            // Writing to a string does not fail, here and below.
            let _ = writeln!(
                body,
                "<rect class=\"row\" x=\"{LEFT}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
                RIGHT - LEFT,
                PITCH - 6.0
            );
        }
        for (mark, label) in self.scale.marks() {
            let x = self.scale.x(mark);
            let _ = writeln!(body, "<path class=\"grid\" d=\"M{x:.1} {top:.1}V{bottom:.1}\"/>");
            text(body, "m c", x, bottom + 15.0, &label);
        }
        for (row, (label, figures)) in panel.rows.iter().enumerate() {
            let y = top + PITCH * (row as f64 + 0.5);
            text(body, "l", LEFT - 12.0, y + 4.5, label);
            let [least, .., most] = {
                let mut sorted = figures.map(|figure| self.scale.x(figure));
                sorted.sort_by(f64::total_cmp);
                sorted
            };
            let _ = writeln!(body, "<path class=\"span\" d=\"M{least:.1} {y:.1}H{most:.1}\"/>");
            for (number, figure) in figures.iter().enumerate() {
                *body += &dot(number, self.scale.x(*figure), y, &format!("{label}, {}: {figure:.3}", self.figures[number]));
            }
        }
        bottom + 22.0
    }
}

/// A dot of its own shape for each figure, for who sees no colours.
fn dot(figure: usize, x: f64, y: f64, hint: &str) -> String {
    let path = match figure {
        0 => format!("M{:.1} {y:.1}a6 6 0 1 0 12 0a6 6 0 1 0 -12 0z", x - 6.0),
        1 => format!("M{:.1} {:.1}h11v11h-11z", x - 5.5, y - 5.5),
        _ => format!("M{x:.1} {:.1}l7 12h-14z", y - 7.0),
    };
    format!("<path d=\"{path}\" fill=\"{}\"><title>{hint}</title></path>\n", COLOURS[figure % 3])
}

fn text(body: &mut String, class: &str, x: f64, y: f64, text: &str) {
    let _ = writeln!(body, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>");
}
