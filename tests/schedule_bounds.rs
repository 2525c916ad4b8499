//! What each policy promises, on a simulated clock, for any arrivals.

mod props;
mod simulator;

use microbatch::prelude::*;
use props::holds;
use proptest::collection::vec;
use proptest::strategy::Strategy;
use simulator::{Job, Ran, simulate};

const MILLISECOND: u64 = 1_000_000;

/// Jobs of different pipelines: arrival, cost and class each, and how many workers.
fn crowds() -> impl Strategy<Value = (usize, Vec<Job>)> {
    let job = (0..20 * MILLISECOND, 1..5 * MILLISECOND, 0..6u8).prop_map(|(arrival, cost, priority)| Job {
        arrival,
        cost,
        estimate: cost,
        priority,
        ..Job::default()
    });
    let numbered = |mut jobs: Vec<Job>| {
        jobs.sort_by_key(|job| job.arrival);
        (0..).zip(&mut jobs).for_each(|(pipeline, job)| job.pipeline = pipeline);
        jobs
    };
    (1..4usize, vec(job, 1..40).prop_map(numbered))
}

/// Checks each pair of which one began before another that had come earlier: by how much it came later at most.
fn overtaken(ran: &[Ran], jobs: &[Job], within: impl Fn(&Job, &Job) -> u64) {
    for (at, later) in ran.iter().enumerate() {
        for earlier in &ran[..at] {
            let (waits, goes) = (&jobs[later.job], &jobs[earlier.job]);
            let ahead = goes.arrival.saturating_sub(waits.arrival);
            assert!(ahead <= within(waits, goes), "{goes:?} overtakes {waits:?}");
        }
    }
}

#[test]
fn fcfs_lets_nobody_overtake() {
    holds(1, 500, &crowds(), |(workers, jobs)| overtaken(&simulate(&Fcfs, workers, &jobs), &jobs, |_, _| 0));
}

#[test]
fn sjf_lets_only_what_comes_soon_overtake() {
    for (salt, alpha) in [(2, 0.25), (3, 1.0), (4, 8.0)] {
        holds(salt, 300, &crowds(), |(workers, jobs)| {
            let least = jobs.iter().map(|job| job.cost).min().unwrap_or(0);
            // Ranks are whole nanoseconds.
            let within = |waits: &Job, _: &Job| ((waits.cost - least) as f64 / alpha) as u64 + 1;
            overtaken(&simulate(&Sjf::new().alpha(alpha), workers, &jobs), &jobs, within);
        });
    }
}

#[test]
fn pure_sjf_takes_the_least_of_those_that_wait() {
    holds(5, 300, &crowds(), |(workers, jobs)| {
        let ran = simulate(&Sjf::pure(), workers, &jobs);
        first_of_those_that_wait(&ran, &jobs, |job| job.cost);
    });
}

/// Checks that nothing began while something of a lesser key waited.
fn first_of_those_that_wait(ran: &[Ran], jobs: &[Job], key: impl Fn(&Job) -> u64) {
    for (at, begun) in ran.iter().enumerate() {
        let waited = ran[at..].iter().map(|ran| &jobs[ran.job]).filter(|job| job.arrival <= begun.began);
        assert_eq!(waited.map(&key).min(), Some(key(&jobs[begun.job])));
    }
}

#[test]
fn a_lower_class_is_overtaken_only_within_its_offset() {
    holds(6, 500, &crowds(), |(workers, jobs)| {
        let within = |waits: &Job, goes: &Job| u64::from(goes.priority.saturating_sub(waits.priority)) * MILLISECOND;
        overtaken(&simulate(&Priority::new(), workers, &jobs), &jobs, within);
    });
}

#[test]
fn strict_priority_takes_the_highest_class_of_those_that_wait() {
    holds(7, 300, &crowds(), |(workers, jobs)| {
        let ran = simulate(&Priority::strict(), workers, &jobs);
        first_of_those_that_wait(&ran, &jobs, |job| 255 - u64::from(job.priority));
    });
}

#[test]
fn the_earliest_deadline_goes_first() {
    holds(8, 300, &crowds(), |(workers, mut jobs)| {
        jobs.iter_mut().for_each(|job| job.deadline = (job.priority > 0).then_some(job.arrival + job.cost * u64::from(job.priority)));
        let ran = simulate(&Deadline::new(), workers, &jobs);
        first_of_those_that_wait(&ran, &jobs, |job| job.deadline.unwrap_or(u64::MAX));
    });
}

/// All orders of so many.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(count - 1);
    let put = |order: &Vec<usize>, at: usize| [&order[..at], &[count - 1], &order[at..]].concat();
    shorter.iter().flat_map(|order| (0..count).map(move |at| put(order, at))).collect()
}

#[test]
fn deadlines_that_any_order_keeps_are_kept() {
    holds(9, 300, &vec((1..10u64, 1..40u64), 1..7), |jobs| {
        let job = |(pipeline, (cost, deadline)): (u32, &(u64, u64))| Job {
            pipeline,
            cost: *cost,
            estimate: *cost,
            deadline: Some(*deadline),
            ..Job::default()
        };
        let jobs: Vec<Job> = (0..).zip(&jobs).map(job).collect();
        let is_kept = |order: &Vec<usize>| {
            let mut now = 0;
            order.iter().all(|job| {
                now += jobs[*job].cost;
                jobs[*job].deadline >= Some(now)
            })
        };
        let ran = simulate(&Deadline::new(), 1, &jobs);
        let kept = ran.iter().all(|ran| jobs[ran.job].deadline >= Some(ran.ended));
        assert_eq!(kept, orders(jobs.len()).iter().any(is_kept));
    });
}

/// The least makespan of any assignment to workers.
fn optimum(costs: &[u64], ends: &mut [u64]) -> u64 {
    let Some((cost, rest)) = costs.split_first() else { return ends.iter().copied().max().unwrap_or(0) };
    let with = |worker: usize, ends: &mut [u64]| {
        ends[worker] += cost;
        let makespan = optimum(rest, ends);
        ends[worker] -= cost;
        makespan
    };
    (0..ends.len()).map(|worker| with(worker, ends)).min().unwrap_or(0)
}

#[test]
fn the_longest_first_end_within_a_third_of_the_optimum() {
    holds(10, 300, &(1..4usize, vec(1..100u64, 1..9)), |(workers, costs)| {
        let job = |(pipeline, cost): (u32, &u64)| Job { pipeline, cost: *cost, estimate: *cost, ..Job::default() };
        let jobs: Vec<Job> = (0..).zip(&costs).map(job).collect();
        let makespan = simulate(&LongestFirst, workers, &jobs).iter().map(|ran| ran.ended).max().unwrap_or(0);
        let (best, m) = (optimum(&costs, &mut vec![0; workers]), workers as u64);
        // At most 4/3 - 1/(3m) of the optimum.
        assert!(makespan * 3 * m <= best * (4 * m - 1), "{makespan} where {best} is possible");
    });
}

/// Pipelines that each have tasks from their arrival on: arrival, weight less one, and the costs.
fn pipelines() -> impl Strategy<Value = Vec<(u64, u8, Vec<u64>)>> {
    let pipeline = (0..30_000u64, 0..4u8, vec(1..3_000u64, 5..40));
    vec(pipeline, 2..5)
}

fn tasks_of(pipelines: &[(u64, u8, Vec<u64>)], estimate: impl Fn(u64) -> u64) -> Vec<Job> {
    let tasks = |(pipeline, (arrival, priority, costs)): (u32, &(u64, u8, Vec<u64>))| {
        let (arrival, priority, estimate) = (*arrival, *priority, &estimate);
        let task = |cost: &u64| Job { arrival, pipeline, priority, cost: *cost, estimate: estimate(*cost), ..Job::default() };
        costs.iter().map(task).collect::<Vec<_>>()
    };
    (0..).zip(pipelines).flat_map(tasks).collect()
}

/// Checks, for each pair and any time in which both have work waiting, that what they were served by their weights differs by no more than
/// so many tasks of each.
fn is_fair(ran: &[Ran], jobs: &[Job], pipelines: &[(u64, u8, Vec<u64>)], tasks: usize) {
    for one in 0..pipelines.len() {
        for other in 0..one {
            let greatest = |pipeline: usize| pipelines[pipeline].2.iter().copied().max().unwrap_or(0) as f64;
            let weight = |pipeline: usize| f64::from(pipelines[pipeline].1) + 1.0;
            let begins = pipelines[one].0.max(pipelines[other].0);
            let last = |pipeline: usize| ran.iter().filter(|ran| jobs[ran.job].pipeline as usize == pipeline).map(|ran| ran.began).max();
            let ends = last(one).min(last(other)).unwrap_or(0);
            // By how much the one is ahead, after each task that begins while both wait.
            let mut ahead = vec![0.0];
            for begun in ran.iter().filter(|ran| ran.began >= begins && ran.began < ends) {
                let job = &jobs[begun.job];
                let so_far = ahead[ahead.len() - 1];
                match job.pipeline as usize {
                    pipeline if pipeline == one => ahead.push(so_far + job.cost as f64 / weight(one)),
                    pipeline if pipeline == other => ahead.push(so_far - job.cost as f64 / weight(other)),
                    _ => {}
                }
            }
            let spread = ahead.iter().copied().fold(f64::MIN, f64::max) - ahead.iter().copied().fold(f64::MAX, f64::min);
            // Ranks are whole nanoseconds, rounded once a pipeline.
            let bound = tasks as f64 * (greatest(one) / weight(one) + greatest(other) / weight(other)) + 2.0;
            assert!(spread <= bound, "{spread} apart, at most {bound}: {:?} and {:?}", pipelines[one], pipelines[other]);
        }
    }
}

#[test]
fn fair_shares_differ_by_a_task_of_each_on_any_number_of_workers() {
    holds(11, 500, &(1..4usize, pipelines()), |(workers, mut pipelines)| {
        pipelines.iter_mut().for_each(|pipeline| pipeline.0 = 0);
        let jobs = tasks_of(&pipelines, |cost| cost);
        is_fair(&simulate(&Fair::new(), workers, &jobs), &jobs, &pipelines, 1);
    });
}

/// The virtual time leaves out what is under way: a task a worker at most.
#[test]
fn who_comes_late_is_a_task_of_each_worker_ahead_at_most() {
    holds(16, 1_000, &(1..4usize, pipelines()), |(workers, pipelines)| {
        let jobs = tasks_of(&pipelines, |cost| cost);
        is_fair(&simulate(&Fair::new(), workers, &jobs), &jobs, &pipelines, workers);
    });
}

#[test]
fn on_one_worker_fair_shares_need_no_estimates() {
    for (salt, estimate) in [(12, 0), (13, 700), (14, 1 << 40)] {
        holds(salt, 300, &pipelines(), |pipelines| {
            let jobs = tasks_of(&pipelines, |_| estimate);
            is_fair(&simulate(&Fair::new(), 1, &jobs), &jobs, &pipelines, 1);
        });
    }
}

/// A run that comes late shares from then on: it neither gets what it missed, nor waits until others are where it begins.
#[test]
fn who_comes_late_gets_no_credit_and_pays_none() {
    let late = |arrival: u64| (arrival, 0, vec![1_000; 30]);
    let pipelines = [(0, 0, vec![1_000; 100]), (0, 0, vec![1_000; 100]), late(50_000)];
    let jobs = tasks_of(&pipelines, |cost| cost);
    let ran = simulate(&Fair::new(), 1, &jobs);
    let after: Vec<u32> = ran.iter().filter(|ran| ran.began >= 50_000).take(30).map(|ran| jobs[ran.job].pipeline).collect();
    for pipeline in 0..3 {
        let share = after.iter().filter(|of| **of == pipeline).count();
        assert!((9..=11).contains(&share), "{after:?}");
    }
}

#[test]
fn the_least_loaded_place_is_served_first() {
    holds(15, 300, &(2..4usize, vec((0..3u32, 1..100u64), 2..30)), |(workers, tasks)| {
        let job = |(pipeline, (partition, cost)): (u32, &(u32, u64))| Job {
            pipeline,
            partition: *partition,
            cost: *cost,
            estimate: *cost,
            ..Job::default()
        };
        let jobs: Vec<Job> = (0..).zip(&tasks).map(job).collect();
        let ran = simulate(&LeastLoaded, workers, &jobs);
        for (at, begun) in ran.iter().enumerate() {
            let load = |partition: u32| {
                let under_way = ran[..at].iter().filter(|ran| ran.ended > begun.began && jobs[ran.job].partition == partition);
                under_way.map(|ran| jobs[ran.job].cost).sum::<u64>()
            };
            let least = ran[at..].iter().map(|ran| load(jobs[ran.job].partition)).min();
            assert_eq!(least, Some(load(jobs[begun.job].partition)));
        }
    });
}
