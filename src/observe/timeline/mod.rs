//! Which worker ran which batch when.

mod axis;
mod event;
mod history;
mod palette;
mod piece;
mod recording;
mod svg;
mod text;
mod trace;
mod wait;

use crate::data::Task;
use crate::stage::Observer;
use history::History;
use recording::Recording;
use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;
use svg::Caption;

/// Batches that are held at most, unless `limit` says otherwise: about 72 MB.
const LIMIT: usize = 1_000_000;

/// Records which worker ran which batch when, and draws it: as a picture for people, and as a trace for Perfetto. Feature `plot`.
///
/// One timeline may be shared, by reference or [`Arc`](std::sync::Arc), by any number of pipelines on one engine; those of one
/// [`name`](crate::Pipeline::name) are shown as one. It can be drawn at any time, and again. A batch costs it some
/// forty nanoseconds and 72 bytes, besides what it costs to measure one.
///
/// ```
/// use microbatch::prelude::*;
///
/// let timeline = Timeline::new();
/// let sum = Pipeline::over(0..1_000u64).partitioner(Chunks::of(100)).name("sum").observe(&timeline).integrator(Sum).run();
/// assert_eq!((sum, timeline.len()), (499_500, 10));
/// assert!(timeline.svg().contains("sum, batch 9"));
/// assert!(timeline.trace().starts_with("{\"traceEvents\":["));
/// ```
pub struct Timeline {
    recording: Recording,
    title: String,
    by_partition: bool,
}

impl Timeline {
    /// An empty one.
    pub fn new() -> Self {
        Timeline { recording: Recording::new(LIMIT), title: "Batches over workers".to_string(), by_partition: false }
    }

    /// What stands above the picture. Default: `Batches over workers`.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// assert!(Timeline::new().title("Flights & delays").svg().contains("Flights &amp; delays"));
    /// ```
    pub fn title(self, title: impl Into<String>) -> Self {
        Timeline { title: title.into(), ..self }
    }

    /// How many batches it holds at most; those that come later are only counted. Where many threads share a large limit, the last few places
    /// may stay empty. Default: 1,000,000.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let timeline = Timeline::new().limit(4);
    /// Pipeline::over(0..10u64).partitioner(Chunks::of(1)).observe(&timeline).integrator(Sum).run();
    /// assert_eq!((timeline.len(), timeline.left_out()), (4, 6));
    /// ```
    pub fn limit(self, batches: usize) -> Self {
        Timeline { recording: Recording::new(batches), ..self }
    }

    /// Colours the bars by partition. Default: by pipeline.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let timeline = Timeline::new().by_partition();
    /// Pipeline::over(0..10u64).partitioner(Chunks::of(5)).observe(&timeline).integrator(Sum).run();
    /// assert!(timeline.svg().contains("partition 1"));
    /// ```
    pub fn by_partition(self) -> Self {
        Timeline { by_partition: true, ..self }
    }

    /// How many batches it holds.
    pub fn len(&self) -> usize {
        self.recording.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many batches found no room.
    pub fn left_out(&self) -> usize {
        self.recording.left_out()
    }

    /// The picture, as SVG: a lane a thread with its batches as bars, and below a row a pipeline with how many of its batches wait. Neighbours
    /// narrower than a pixel make one bar, so that its size does not grow with the number of batches. Of pipelines that wait, 12 are shown.
    pub fn svg(&self) -> String {
        let caption = Caption { title: &self.title, left_out: self.left_out(), by_partition: self.by_partition };
        svg::svg(&History::of(&self.recording), &caption)
    }

    /// The trace, in the Trace Event Format (JSON) that [Perfetto](https://ui.perfetto.dev) and `chrome://tracing` open.
    pub fn trace(&self) -> String {
        trace::trace(&History::of(&self.recording), self.left_out())
    }

    /// Writes the picture to a file.
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// let path = std::env::temp_dir().join("microbatch-example.svg");
    /// Timeline::new().write_svg(&path)?;
    /// assert!(std::fs::read_to_string(path)?.starts_with("<svg"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write_svg(&self, path: impl AsRef<Path>) -> io::Result<()> {
        std::fs::write(path, self.svg())
    }

    /// Writes the trace to a file.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write_trace(&self, path: impl AsRef<Path>) -> io::Result<()> {
        std::fs::write(path, self.trace())
    }
}

impl Default for Timeline {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeline").field("len", &self.len()).field("left_out", &self.left_out()).finish_non_exhaustive()
    }
}

impl Observer for Timeline {
    fn batch_finished(&self, task: &Task, elapsed: Duration) {
        self.recording.add(task, elapsed, false);
    }

    fn batch_failed(&self, task: &Task, elapsed: Duration) {
        self.recording.add(task, elapsed, true);
    }
}
