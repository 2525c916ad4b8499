use std::time::{Duration, Instant};

/// Measures time where somebody wants to know: a look at the clock costs as much as a hundred records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Option<Instant>);

impl Stopwatch {
    /// Starts, or stands still.
    pub(crate) fn start(wanted: bool) -> Self {
        Stopwatch(wanted.then(Instant::now))
    }

    /// Since the start; zero where it stands still.
    pub(crate) fn elapsed(&self) -> Duration {
        self.0.map_or(Duration::ZERO, |start| start.elapsed())
    }
}
