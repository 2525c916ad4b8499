//! What the jobs of a simulation had to bear.

use super::simulator::{Job, Ran};

/// Of some jobs, in nanoseconds.
pub struct Times {
    pub mean: f64,
    pub p99: u64,
    /// The longest that one was not served between its arrival and its end.
    pub wait: u64,
}

/// Of jobs that may have been cut into batches; of those that are `counted`.
pub fn times(ran: &[Ran], jobs: &[Job], counted: impl Fn(&Job) -> bool) -> Times {
    let pipelines = jobs.iter().map(|job| job.pipeline as usize + 1).max().unwrap_or(0);
    // Response and cost of each pipeline.
    let mut all = vec![(0, 0); pipelines];
    for ran in ran.iter().filter(|ran| counted(&jobs[ran.job])) {
        let job = &jobs[ran.job];
        assert!(ran.began >= job.arrival && ran.ended >= ran.began + job.cost, "{ran:?} of {job:?}");
        let (response, cost) = &mut all[job.pipeline as usize];
        *response = ran.ended.saturating_sub(job.arrival).max(*response);
        *cost += job.cost;
    }
    all.retain(|(response, _)| *response > 0);
    let wait = all.iter().map(|(response, cost)| response.saturating_sub(*cost)).max().unwrap_or(0);
    let mut responses: Vec<u64> = all.into_iter().map(|(response, _)| response).collect();
    responses.sort_unstable();
    let mean = responses.iter().sum::<u64>() as f64 / responses.len().max(1) as f64;
    Times { mean, p99: responses.get(responses.len() * 99 / 100).copied().unwrap_or(0), wait }
}
