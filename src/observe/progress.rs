use crate::data::{RunStats, Task};
use crate::stage::{Observer, RunPlan};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Progress bars on the terminal, with the rate and the time left; nothing where standard error is not a terminal. Feature `progress`.
///
/// Shared by several pipelines, by reference or [`Arc`](std::sync::Arc), it shows a bar for each that runs, with its
/// [`name`](crate::Pipeline::name). A bar counts records; batches, where the partitioner does not know how many records there are. Each stage of a
/// pipeline has the bar anew, and so has a pipeline that begins when another of its name is done.
///
/// ```
/// use microbatch::prelude::*;
///
/// let progress = Progress::new();
/// let over = || Pipeline::over(0..1_000_000u64).observe(&progress).integrator(Sum);
/// std::thread::scope(|threads| {
///     threads.spawn(|| assert_eq!(over().name("first").run(), 499_999_500_000));
///     threads.spawn(|| assert_eq!(over().name("second").run(), 499_999_500_000));
/// });
/// assert_eq!(progress.position(), 2_000_000);
/// ```
#[derive(Debug)]
pub struct Progress {
    bars: MultiProgress,
    runs: Mutex<Vec<Run>>,
}

/// A bar, and the run that it shows or showed.
#[derive(Debug)]
struct Run {
    pipeline: u32,
    name: &'static str,
    bar: ProgressBar,
    by_batch: bool,
}

impl Progress {
    /// On standard error.
    pub fn new() -> Self {
        Self::on(ProgressDrawTarget::stderr())
    }

    pub(crate) fn on(target: ProgressDrawTarget) -> Self {
        Progress { bars: MultiProgress::with_draw_target(target), runs: Mutex::default() }
    }

    /// How many records, or batches, are done, of all bars together.
    pub fn position(&self) -> u64 {
        self.runs().iter().map(|run| run.bar.position()).sum()
    }

    /// Whether nothing is shown, as standard error is not a terminal.
    pub fn is_hidden(&self) -> bool {
        self.bars.is_hidden()
    }

    fn runs(&self) -> MutexGuard<'_, Vec<Run>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A bar that is done and had the same name, or a new one below the others.
    fn bar(&self, runs: &mut Vec<Run>, name: &'static str) -> ProgressBar {
        let done = runs.iter().position(|run| run.bar.is_finished() && run.name == name);
        done.map_or_else(|| self.bars.add(ProgressBar::no_length()), |place| runs.remove(place).bar)
    }

    fn step(&self, task: &Task) {
        if let Some(run) = self.runs().iter().find(|run| run.pipeline == task.pipeline) {
            run.bar.inc(if run.by_batch { 1 } else { task.records as u64 });
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Observer for Progress {
    fn started(&self, plan: &RunPlan) {
        let RunPlan { pipeline, name, .. } = *plan;
        let by_batch = plan.records == 0 && plan.batches > 0;
        let (unit, length) = if by_batch { ("batches", plan.batches) } else { ("records", plan.records) };
        let bar = {
            let mut runs = self.runs();
            let bar = self.bar(&mut runs, name);
            runs.push(Run { pipeline, name, bar: bar.clone(), by_batch });
            bar
        };
        let label = if name.is_empty() { "" } else { "{prefix} " };
        let template = format!("{label}{{elapsed_precise}} {{wide_bar}} {{human_pos}}/{{human_len}} {unit}, {{per_sec}}, {{eta}} left");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        bar.set_prefix(name);
        bar.reset();
        bar.set_length(length as u64);
    }

    fn batch_finished(&self, task: &Task, _: Duration) {
        self.step(task);
    }

    fn batch_failed(&self, task: &Task, _: Duration) {
        self.step(task);
    }

    fn finished(&self, stats: &RunStats) {
        if let Some(run) = self.runs().iter().find(|run| run.pipeline == stats.pipeline) {
            run.bar.finish();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;
    use crate::prelude::*;
    use indicatif::{InMemoryTerm, ProgressDrawTarget};

    fn shown(rows: u16, run: impl FnOnce(&Progress)) -> (String, Progress) {
        let terminal = InMemoryTerm::new(rows, 100);
        let progress = Progress::on(ProgressDrawTarget::term_like(Box::new(terminal.clone())));
        run(&progress);
        assert!(!progress.is_hidden());
        (terminal.contents(), progress)
    }

    #[test]
    fn the_bar_shows_records_and_rate_on_a_terminal() {
        let (shown, progress) = shown(10, |progress| {
            Pipeline::over(0..20_000u32).integrator(Count).observe(progress).run();
        });
        assert_eq!(progress.position(), 20_000);
        assert!(shown.contains("20,000/20,000 records") && shown.contains("/s") && shown.contains("left"), "{shown}");
    }

    #[test]
    fn pipelines_at_once_have_a_bar_each() {
        let engine = Engine::builder().threads(2).build().unwrap();
        let meet = std::sync::Barrier::new(2);
        let run = |progress: &Progress, name, records: u32| {
            let once = |n| if n == 0 { (meet.wait(), n).1 } else { n };
            Pipeline::over(0..records).on(&engine).name(name).observe(progress).map(once).integrator(Count).run();
        };
        let (shown, progress) = shown(10, |progress| {
            std::thread::scope(|threads| {
                threads.spawn(|| run(progress, "first", 10_000));
                threads.spawn(|| run(progress, "second", 20_000));
            });
        });
        assert_eq!(progress.position(), 30_000);
        assert!(shown.contains("10,000/10,000 records") && shown.contains("20,000/20,000 records"), "{shown}");
        assert!(shown.contains("first ") && shown.contains("second ") && shown.lines().count() == 2, "{shown}");
    }

    #[test]
    fn pipelines_in_turn_and_stages_share_a_bar() {
        let (shown, progress) = shown(10, |progress| {
            let run = || {
                Pipeline::over(0..20_000u32)
                    .observe(progress)
                    .name("turns")
                    .key_by(|n| n % 7)
                    .integrator(Count)
                    .then()
                    .integrator(Count)
                    .run()
            };
            assert_eq!((run(), run()), (7, 7));
        });
        assert_eq!(progress.position(), 7);
        assert_eq!(shown.lines().count(), 1, "{shown}");
    }

    #[test]
    fn nothing_is_shown_elsewhere() {
        let progress = Progress::on(ProgressDrawTarget::hidden());
        Pipeline::over(0..20_000u32).integrator(Count).observe(&progress).run();
        assert!(progress.is_hidden());
        assert_eq!(progress.position(), 20_000);
    }
}
