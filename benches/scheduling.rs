//! What each policy does to response times, as a table: on a simulated clock, and one row of it on threads.
//!
//! `cargo bench --bench scheduling`; with `-- --test` a small load, to see that it works; with `-- --pictures docs` the pictures as well, written
//! into that folder.

#[path = "workloads/numbers.rs"]
mod numbers;
#[path = "../tests/simulator/mod.rs"]
mod simulator;

#[path = "scheduling/chart.rs"]
mod chart;
#[path = "scheduling/load.rs"]
mod load;
#[path = "scheduling/pictures.rs"]
mod pictures;
#[path = "scheduling/threads.rs"]
mod threads;
#[path = "scheduling/times.rs"]
mod times;

use microbatch::prelude::*;
use simulator::{Job, simulate};
use times::{Times, times};

const WORKERS: usize = 2;
/// The smallest job, in nanoseconds.
const LEAST: f64 = 100_000.0;

fn main() -> std::io::Result<()> {
    let is_test = std::env::args().any(|argument| argument == "--test");
    let responses = responses(if is_test { 2_000 } else { 100_000 });
    let makespans = makespans(if is_test { 100 } else { 10_000 });
    let pictures = [("responses", pictures::responses(&responses)), ("makespans", pictures::makespans(&makespans))];
    if let Some(folder) = std::env::args().skip_while(|argument| argument != "--pictures").nth(1).filter(|_| !is_test) {
        pictures::write(std::path::Path::new(&folder), &pictures)?;
    }
    on_threads(if is_test { 50 } else { 500 });
    Ok(())
}

/// What a policy did to the response times of all jobs.
struct Response {
    utilisation: f64,
    policy: &'static str,
    /// Whether jobs were cut into batches of a millisecond.
    is_cut: bool,
    times: Times,
}

/// What a policy did to makespans, over what no order can go below.
struct Makespan {
    workers: usize,
    policy: &'static str,
    mean: f64,
    worst: f64,
    promised: f64,
}

fn policies() -> Vec<(&'static str, Box<dyn Scheduler>)> {
    vec![
        ("`Fcfs`", Box::new(Fcfs)),
        ("`Sjf::new().alpha(10.0)`", Box::new(Sjf::new().alpha(10.0))),
        ("`Sjf::new()`, alpha 1", Box::new(Sjf::new())),
        ("`Sjf::new().alpha(0.1)`", Box::new(Sjf::new().alpha(0.1))),
        ("`Sjf::pure()`", Box::new(Sjf::pure())),
        ("`Sjf::new().by_remaining()`", Box::new(Sjf::new().by_remaining())),
        ("`Sjf::pure().by_remaining()`", Box::new(Sjf::pure().by_remaining())),
        ("`Priority::new()`", Box::new(Priority::new())),
        ("`Priority::strict()`", Box::new(Priority::strict())),
        ("`Fair::new()`", Box::new(Fair::new())),
    ]
}

fn responses(count: usize) -> Vec<Response> {
    let mut responses = Vec::new();
    println!("{count} jobs of 0.1 ms to 1 s, Pareto with shape 1.5, one in {} urgent, on {WORKERS} workers.\n", load::URGENT);
    println!(
        "| load | policy | jobs are | mean response | 99 in 100 | longest wait | urgent: mean | 99 in 100 |\n|---|---|---|---|---|---|---|---|"
    );
    for utilisation in [0.8, 0.95] {
        let whole = load::jobs(count, LEAST, WORKERS, utilisation);
        let cut = load::cut(&whole);
        for (name, policy) in policies() {
            for (kind, is_cut, jobs) in [("one batch", false, &whole), ("batches of 1 ms", true, &cut)] {
                let ran = simulate(&*policy, WORKERS, jobs);
                let (all, urgent) = (times(&ran, jobs, |_| true), times(&ran, jobs, |job| job.priority > 0));
                println!("| {utilisation} | {name} | {kind} | {} | {} | {} |", line(&all), ms(urgent.mean), ms(urgent.p99 as f64));
                responses.push(Response { utilisation, policy: name, is_cut, times: all });
            }
        }
    }
    responses
}

fn line(times: &Times) -> String {
    [times.mean, times.p99 as f64, times.wait as f64].map(ms).join(" | ")
}

fn ms(nanos: f64) -> String {
    format!("{:.1} ms", nanos / 1e6)
}

/// Makespans of sets of 20 jobs, beside what no order can go below.
fn makespans(sets: usize) -> Vec<Makespan> {
    println!("\n| workers | policy | makespan over the lower bound, mean | worst | promised |\n|---|---|---|---|---|");
    let mut makespans = Vec::new();
    for workers in [2, 4, 8] {
        let policies: [(&str, &dyn Scheduler, f64); 2] =
            [("`Fcfs`", &Fcfs, 2.0 - 1.0 / workers as f64), ("`LongestFirst`", &LongestFirst, 4.0 / 3.0 - 1.0 / (3 * workers) as f64)];
        for (name, policy, promised) in policies {
            let mut costs = numbers::numbers(20 * sets).map(|n| (n >> 54) + 1);
            let ratios: Vec<f64> = (0..sets).map(|_| ratio(policy, workers, costs.by_ref().take(20).collect())).collect();
            let (mean, worst) = (ratios.iter().sum::<f64>() / sets as f64, ratios.iter().copied().fold(0.0, f64::max));
            println!("| {workers} | {name} | {mean:.3} | {worst:.3} | {promised:.3} |");
            makespans.push(Makespan { workers, policy: name, mean, worst, promised });
        }
    }
    makespans
}

fn ratio(policy: &dyn Scheduler, workers: usize, mut costs: Vec<u64>) -> f64 {
    let job = |(pipeline, cost): (u32, &u64)| Job { pipeline, cost: *cost, estimate: *cost, ..Job::default() };
    let jobs: Vec<Job> = (0..).zip(&costs).map(job).collect();
    let makespan = simulate(policy, workers, &jobs).iter().map(|ran| ran.ended).max().unwrap_or(0);
    // Two of the first that are one more than the workers share one.
    costs.sort_unstable_by_key(|cost| std::cmp::Reverse(*cost));
    let two = costs[workers - 1] + costs[workers];
    let even = costs.iter().sum::<u64>() as f64 / workers as f64;
    makespan as f64 / even.max(costs[0].max(two) as f64)
}

/// One row on threads: the same jobs, ten times as large, as a thread cannot sleep for a tenth of a millisecond.
fn on_threads(count: usize) {
    let mut jobs = load::jobs(count, 10.0 * LEAST, WORKERS, 0.8);
    // A job of ten seconds would be all that is seen.
    jobs.iter_mut().for_each(|job| job.cost = job.cost.min(50_000_000));
    jobs.iter_mut().for_each(|job| job.estimate = job.cost);
    println!("\n{count} jobs of 1 to 50 ms.\n\n| policy | where | mean response | 99 in 100 | longest wait |\n|---|---|---|---|---|");
    for (name, policy) in policies().into_iter().filter(|(name, _)| name.contains("Fcfs") || name.contains("alpha 1")) {
        let simulated = times(&simulate(&*policy, WORKERS, &jobs), &jobs, |_| true);
        let real = times(&threads::run(policy, WORKERS, &jobs), &jobs, |_| true);
        println!("| {name} | simulated | {} |\n| {name} | on threads | {} |", line(&simulated), line(&real));
        let off = real.mean / simulated.mean;
        assert!((0.5..3.0).contains(&off), "the simulation is not what threads do: {off}");
    }
}
