//! Workers, pipelines and a clock, all simulated: what a policy does is seen by its ranks alone.

use microbatch::{Scheduler, Task};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

/// A task to be run, in nanoseconds from the start of the simulation.
#[derive(Clone, Debug, Default)]
pub struct Job {
    pub arrival: u64,
    /// Tasks of one pipeline run in the order in which they are listed.
    pub pipeline: u32,
    pub partition: u32,
    pub priority: u8,
    pub estimate: u64,
    pub cost: u64,
    pub deadline: Option<u64>,
}

/// What became of one.
#[derive(Clone, Copy, Debug)]
pub struct Ran {
    /// Its place among the jobs.
    pub job: usize,
    pub began: u64,
    pub ended: u64,
}

/// A pipeline with tasks that have come and not begun.
#[derive(Default)]
struct Run {
    waiting: VecDeque<usize>,
    /// What those are expected to take.
    left: u64,
    served: u64,
    /// The same without what is under way.
    settled: u64,
    virtual_start: u64,
    /// Tasks that have begun and not ended.
    running: usize,
}

struct World<'w> {
    policy: &'w dyn Scheduler,
    jobs: &'w [Job],
    zero: Instant,
    runs: BTreeMap<u32, Run>,
    loads: BTreeMap<u32, u64>,
    reached: u64,
}

/// Runs all jobs on so many workers; they come back in the order in which they began. A free worker takes the task of least rank among the
/// first ones of all pipelines, ties by pipeline; a task is charged at its estimate when it begins and by its cost when it ends.
pub fn simulate(policy: &dyn Scheduler, workers: usize, jobs: &[Job]) -> Vec<Ran> {
    let mut arrivals: Vec<usize> = (0..jobs.len()).collect();
    arrivals.sort_by_key(|job| jobs[*job].arrival);
    let mut arrivals = VecDeque::from(arrivals);
    let mut world = World { policy, jobs, zero: Instant::now(), runs: BTreeMap::new(), loads: BTreeMap::new(), reached: 0 };
    let mut working = BinaryHeap::new();
    let mut ran = Vec::with_capacity(jobs.len());
    let mut now = 0;
    while ran.len() < jobs.len() {
        while arrivals.front().is_some_and(|job| jobs[*job].arrival <= now)
            && let Some(job) = arrivals.pop_front()
        {
            world.arrive(job);
        }
        while working.peek().is_some_and(|Reverse((ended, _))| *ended <= now)
            && let Some(Reverse((_, job))) = working.pop()
        {
            world.end(job);
        }
        while working.len() < workers
            && let Some(job) = world.begin()
        {
            let ended = now + jobs[job].cost;
            working.push(Reverse((ended, job)));
            ran.push(Ran { job, began: now, ended });
        }
        let next = working.peek().map(|Reverse((ended, _))| *ended).into_iter().chain(arrivals.front().map(|job| jobs[*job].arrival));
        now = next.min().unwrap_or(now).max(now);
    }
    ran
}

impl World<'_> {
    fn arrive(&mut self, job: usize) {
        let reached = self.reached;
        let begins = || Run { virtual_start: reached, ..Run::default() };
        let run = self.runs.entry(self.jobs[job].pipeline).or_insert_with(begins);
        run.waiting.push_back(job);
        run.left += self.jobs[job].estimate;
    }

    /// The task that a free worker takes.
    fn begin(&mut self) -> Option<usize> {
        let heads = self.runs.iter().filter_map(|(run, state)| Some((*run, *state.waiting.front()?)));
        let (_, run, job) = heads.map(|(run, job)| (self.policy.rank(&self.task(run, job)), run, job)).min()?;
        let mut settled = self.task(run, job);
        settled.served = Duration::from_nanos(self.runs[&run].settled);
        let Job { partition, estimate, .. } = self.jobs[job];
        self.reached = self.reached.max(self.policy.rank(&settled));
        *self.loads.entry(partition).or_default() += estimate;
        let state = self.runs.get_mut(&run)?;
        state.waiting.pop_front();
        state.left -= estimate;
        state.served += estimate;
        state.running += 1;
        Some(job)
    }

    fn end(&mut self, job: usize) {
        let Job { pipeline, partition, estimate, cost, .. } = self.jobs[job];
        *self.loads.entry(partition).or_default() -= estimate;
        let Some(state) = self.runs.get_mut(&pipeline) else { return };
        state.served = state.served + cost - estimate;
        state.settled += cost;
        state.running -= 1;
        // A pipeline whose work is done comes again as another run.
        if state.running == 0 && state.waiting.is_empty() {
            self.runs.remove(&pipeline);
        }
    }

    fn task(&self, run: u32, job: usize) -> Task {
        let (state, job) = (&self.runs[&run], &self.jobs[job]);
        let mut task = Task::default();
        (task.pipeline, task.partition, task.priority, task.arrival) = (run, job.partition, job.priority, job.arrival);
        (task.cost, task.served) = (Duration::from_nanos(job.estimate), Duration::from_nanos(state.served));
        task.remaining = Duration::from_nanos(state.left);
        task.outstanding = Duration::from_nanos(self.loads.get(&job.partition).copied().unwrap_or(0));
        task.virtual_start = state.virtual_start;
        task.deadline = job.deadline.map(|deadline| self.zero + Duration::from_nanos(deadline));
        task
    }
}
