use crate::data::{RunStats, Task};
use crate::stage::{Observer, RunPlan};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A progress bar on the terminal, with the rate and the time left; nothing where standard error is not a terminal. Feature `progress`.
///
/// It counts records; batches, where the partitioner does not know how many records there are. Each stage of a pipeline has the bar anew.
///
/// ```
/// use microbatch::prelude::*;
///
/// let sum = Pipeline::over(0..1_000_000u64).integrator(Sum).observe(Progress::new()).run();
/// assert_eq!(sum, 499_999_500_000);
/// ```
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    by_batch: AtomicBool,
}

impl Progress {
    /// On standard error.
    pub fn new() -> Self {
        Self::on(ProgressDrawTarget::stderr())
    }

    /// On a target of indicatif's, as the one of a `MultiProgress`.
    pub(crate) fn on(target: ProgressDrawTarget) -> Self {
        Progress { bar: ProgressBar::with_draw_target(None, target), by_batch: AtomicBool::new(false) }
    }

    /// How many records, or batches, are done.
    pub fn position(&self) -> u64 {
        self.bar.position()
    }

    /// Whether nothing is shown, as standard error is not a terminal.
    pub fn is_hidden(&self) -> bool {
        self.bar.is_hidden()
    }

    fn step(&self, task: &Task) {
        self.bar.inc(if self.by_batch.load(Ordering::Relaxed) { 1 } else { task.records as u64 });
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Observer for Progress {
    fn started(&self, plan: &RunPlan) {
        let by_batch = plan.records == 0 && plan.batches > 0;
        self.by_batch.store(by_batch, Ordering::Relaxed);
        let unit = if by_batch { "batches" } else { "records" };
        let template = format!("{{elapsed_precise}} {{wide_bar}} {{human_pos}}/{{human_len}} {unit}, {{per_sec}}, {{eta}} left");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            self.bar.set_style(style);
        }
        self.bar.reset();
        self.bar.set_length(if by_batch { plan.batches } else { plan.records } as u64);
    }

    fn batch_finished(&self, task: &Task, _: Duration) {
        self.step(task);
    }

    fn batch_failed(&self, task: &Task, _: Duration) {
        self.step(task);
    }

    fn finished(&self, _: &RunStats) {
        self.bar.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;
    use crate::prelude::*;
    use indicatif::{InMemoryTerm, ProgressDrawTarget};

    #[test]
    fn the_bar_shows_records_and_rate_on_a_terminal() {
        let terminal = InMemoryTerm::new(10, 100);
        let progress = Progress::on(ProgressDrawTarget::term_like(Box::new(terminal.clone())));
        Pipeline::over(0..20_000u32).integrator(Count).observe(&progress).run();
        assert_eq!(progress.position(), 20_000);
        assert!(!progress.is_hidden());
        let shown = terminal.contents();
        assert!(shown.contains("20,000/20,000 records") && shown.contains("/s") && shown.contains("left"), "{shown}");
    }

    #[test]
    fn nothing_is_shown_elsewhere() {
        let progress = Progress::on(ProgressDrawTarget::hidden());
        Pipeline::over(0..20_000u32).integrator(Count).observe(&progress).run();
        assert!(progress.is_hidden());
        assert_eq!(progress.position(), 20_000);
    }
}
