//! A load as services see it: many small jobs, a few of a thousand times their size, coming at random.

use super::numbers::numbers;
use super::simulator::Job;

/// The shape of the tail: the variance of a bounded Pareto distribution of this shape is dominated by its largest jobs.
const SHAPE: f64 = 1.5;
/// The largest job, in smallest ones.
const RANGE: f64 = 10_000.0;
/// Batches of jobs that are cut take so long, in nanoseconds: a millisecond.
const BATCH: u64 = 1_000_000;
/// Of so many jobs, one is urgent.
pub const URGENT: usize = 10;

/// Jobs of `least` nanoseconds at least that keep `workers` busy for this part of the time; each a pipeline of one batch.
pub fn jobs(count: usize, least: f64, workers: usize, utilisation: f64) -> Vec<Job> {
    let mut uniform = numbers(3 * count).map(|n| (n >> 11) as f64 / (1u64 << 53) as f64);
    let mut next = || uniform.next().unwrap_or(0.5);
    let costs: Vec<f64> = (0..count).map(|_| least * pareto(next())).collect();
    let gap = costs.iter().sum::<f64>() / count as f64 / workers as f64 / utilisation;
    let mut now = 0.0;
    let job = |(pipeline, cost): (usize, f64)| {
        // Exponential gaps: arrivals that know nothing of each other.
        now -= gap * (1.0 - next()).ln();
        let priority = if (next() * URGENT as f64) < 1.0 { 9 } else { 0 };
        Job { arrival: now as u64, pipeline: pipeline as u32, priority, cost: cost as u64, estimate: cost as u64, ..Job::default() }
    };
    costs.into_iter().enumerate().map(job).collect()
}

/// From an even distribution to a bounded Pareto one of at least 1.
fn pareto(uniform: f64) -> f64 {
    let tail = RANGE.powf(-SHAPE);
    (1.0 - uniform * (1.0 - tail)).powf(-1.0 / SHAPE)
}

/// The same jobs, each in batches of a millisecond at most.
pub fn cut(jobs: &[Job]) -> Vec<Job> {
    let batches = |job: &Job| {
        let (job, count) = (job.clone(), job.cost.div_ceil(BATCH).max(1));
        let cost = move |at| if at + 1 < count { BATCH } else { job.cost - (count - 1) * BATCH };
        (0..count).map(move |at| Job { cost: cost(at), estimate: cost(at), ..job.clone() })
    };
    jobs.iter().flat_map(batches).collect()
}
