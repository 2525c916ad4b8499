//! The policy of an engine, and what it has to know to decide between runs.

use super::desk::{Desk, Served};
use super::sync::{AtomicU64, Instant, Ordering};
use crate::data::{Task, nanos};
use crate::stage::Scheduler;
use std::fmt;
use std::time::Duration;

/// Decides between runs by a policy whose ranks may change with what a run was served and with the load of places.
///
/// Nothing is counted while a run is alone: only tasks that are claimed where runs compete are.
pub(super) struct Arbiter {
    pub(super) policy: Box<dyn Scheduler>,
    /// The greatest rank that was claimed, by the clock alone: the virtual time of fair queueing.
    reached: AtomicU64,
    /// Nanoseconds that claimed tasks are expected to take, by their place.
    loads: [AtomicU64; Task::PLACES as usize],
}

/// What the policy says of the next task of a run.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) now: u64,
    /// What the rank would be if nothing of the run were under way: no estimate is in it.
    pub(super) settled: u64,
    /// What the rank will be when a worker has taken the task.
    pub(super) next: u64,
    pub(super) task: Task,
}

impl Arbiter {
    pub(super) fn new(policy: Box<dyn Scheduler>) -> Self {
        Arbiter { policy, reached: AtomicU64::new(0), loads: [const { AtomicU64::new(0) }; Task::PLACES as usize] }
    }

    /// Asks the policy, about a task of a run that was served so.
    pub(super) fn head(&self, task: Task, served: Served) -> Head {
        let outstanding = Duration::from_nanos(self.load(&task).load(Ordering::Relaxed));
        let task = Task { served: served.settled + served.charged, outstanding, ..task };
        let taken = Task {
            served: task.served.saturating_add(task.cost),
            outstanding: outstanding.saturating_add(task.cost),
            remaining: task.remaining.saturating_sub(task.cost),
            ..task.clone()
        };
        let now = self.policy.rank(&task);
        let settled = match served.charged {
            Duration::ZERO => now,
            _ => self.policy.rank(&Task { served: served.settled, ..task.clone() }),
        };
        Head { now, settled, next: self.policy.rank(&taken), task }
    }

    /// A worker takes a task.
    pub(super) fn claim<'e>(&'e self, desk: &'e Desk, head: &Head) -> Claim<'e> {
        self.reached.fetch_max(head.settled, Ordering::Relaxed);
        Claim::begin(self.load(&head.task), desk, nanos(head.task.cost))
    }

    pub(super) fn virtual_time(&self) -> u64 {
        self.reached.load(Ordering::Relaxed)
    }

    fn load(&self, task: &Task) -> &AtomicU64 {
        &self.loads[task.place() as usize]
    }
}

impl fmt::Debug for Arbiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arbiter").field("reached", &self.reached).finish_non_exhaustive()
    }
}

/// A task in the hands of a worker, charged to its run at its estimate; when this is dropped, by the clock.
pub(super) struct Claim<'e> {
    began: Instant,
    cost: u64,
    load: &'e AtomicU64,
    desk: &'e Desk,
}

impl<'e> Claim<'e> {
    fn begin(load: &'e AtomicU64, desk: &'e Desk, cost: u64) -> Self {
        // Sums of many estimates without end must not wrap.
        let cost = cost.min(LONGEST);
        load.fetch_add(cost, Ordering::Relaxed);
        desk.charge(cost);
        Claim { began: Instant::now(), cost, load, desk }
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.load.fetch_sub(self.cost, Ordering::Relaxed);
        self.desk.settle(self.began.elapsed().as_nanos() as u64, self.cost);
    }
}

/// What a task is charged at most before it is done: an hour.
const LONGEST: u64 = 3_600_000_000_000;
