//! Time to pixels, and the marks on the axis.

/// Pixels left of the plot, for labels.
pub(super) const LEFT: f64 = 150.0;
/// Pixels of the plot.
pub(super) const PLOT: f64 = 840.0;
/// Pixels of the picture; what is left on the right is for figures.
pub(super) const WIDTH: f64 = 1120.0;

/// The most marks on an axis.
const MARKS: f64 = 10.0;

#[derive(Clone, Copy)]
pub(super) struct Axis {
    /// Nanoseconds from the left end to the right; not 0.
    pub(super) span: u64,
}

impl Axis {
    pub(super) fn x(self, nanos: u64) -> f64 {
        LEFT + self.width(nanos)
    }

    pub(super) fn width(self, nanos: u64) -> f64 {
        nanos as f64 / self.span as f64 * PLOT
    }

    /// Nanoseconds to a pixel.
    pub(super) fn pixel(self) -> u64 {
        (self.span as f64 / PLOT).ceil() as u64
    }

    /// Round times in nanoseconds, with their labels in milliseconds.
    pub(super) fn marks(self) -> Vec<(u64, String)> {
        let step = self.step();
        let decimals = 6usize.saturating_sub(step.ilog10() as usize);
        let label = |time: u64| format!("{:.decimals$}", time as f64 / 1e6);
        (0..=self.span / step).map(|mark| (mark * step, label(mark * step))).collect()
    }

    /// The least of 1, 2, 5, 10, 20, 50 .. nanoseconds that gives few enough marks.
    fn step(self) -> u64 {
        let least = (self.span as f64 / MARKS).max(1.0);
        let power = 10f64.powf(least.log10().floor());
        let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= least).unwrap_or(10.0);
        (factor * power).round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::{Axis, LEFT, PLOT};

    fn check(span: u64, count: usize, last: (u64, &str)) {
        let marks = Axis { span }.marks();
        let found = marks.last().map(|(time, label)| (*time, label.as_str()));
        assert_eq!((marks.len(), found), (count, Some(last)), "{marks:?}");
    }

    #[test]
    fn marks_are_round_and_few() {
        check(1, 2, (1, "0.000001"));
        check(7_300, 8, (7_000, "0.007"));
        check(950_000, 10, (900_000, "0.9"));
        check(1_000_000, 11, (1_000_000, "1.0"));
        check(1_200_000, 7, (1_200_000, "1.2"));
        check(48_000_000, 10, (45_000_000, "45"));
        check(10_000_000_000, 11, (10_000_000_000, "10000"));
    }

    #[test]
    fn the_ends_of_time_are_those_of_the_plot() {
        let axis = Axis { span: 5_000 };
        assert_eq!((axis.x(0), axis.x(5_000), axis.pixel()), (LEFT, LEFT + PLOT, 6));
    }
}
