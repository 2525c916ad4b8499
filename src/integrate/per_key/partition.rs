//! What passed the table of a memory by, in one of its partitions.

use crate::stage::Integrator;

/// Bytes of the greatest buffer: below the size from which allocators turn to the operating system, which gives fresh memory each time.
const GREATEST: usize = 64 * 1024;
/// Records of the smallest.
const LEAST: usize = 16;

/// Which lane of the run it is, counted from 0.
pub(super) type Lane = u32;

/// Entries in the order they came.
pub(super) enum Run<K, T, S> {
    States(Vec<(K, S)>),
    Values(Vec<(K, T)>),
}

/// One partition of a memory: runs in the order they came in, each of one lane.
pub(super) struct Partition<K, T, S> {
    runs: Vec<(Lane, Run<K, T, S>)>,
}

impl<K, T, S> Partition<K, T, S> {
    pub(super) fn new() -> Self {
        Partition { runs: Vec::new() }
    }

    /// How many entries it holds.
    pub(super) fn len(&self) -> usize {
        let len = |run: &Run<K, T, S>| match run {
            Run::States(states) => states.len(),
            Run::Values(values) => values.len(),
        };
        self.runs.iter().map(|(_, run)| len(run)).sum()
    }

    pub(super) fn into_runs(self) -> Vec<(Lane, Run<K, T, S>)> {
        self.runs
    }

    /// All of another memory's partition, as if it came from this lane.
    pub(super) fn append(&mut self, lane: Lane, other: Self) {
        self.runs.extend(other.runs.into_iter().map(|(_, run)| (lane, run)));
    }

    pub(super) fn take_states(&mut self, states: Vec<(K, S)>, lane: Lane) {
        if !states.is_empty() {
            self.runs.push((lane, Run::States(states)));
        }
    }

    /// Takes a buffer's records, and leaves one of nothing: with more room where it was full, or the same where it was not.
    pub(super) fn take_values<I: Integrator<T, State = S>>(&mut self, values: &mut Vec<(K, T)>, lane: Lane, integrator: &I) {
        let room = (values.capacity() * 2).clamp(LEAST, (GREATEST / size_of::<(K, T)>().max(1)).max(LEAST));
        let is_full = values.len() == values.capacity();
        if !values.is_empty() {
            let run = if size_of::<T>() > 2 * size_of::<S>() && !std::mem::needs_drop::<S>() {
                // Plain states that take much less room.
                Run::States(values.drain(..).map(|(key, value)| (key, first(value, integrator))).collect())
            } else if is_full {
                Run::Values(std::mem::take(values))
            } else {
                let mut some = Vec::with_capacity(values.len());
                some.append(values);
                Run::Values(some)
            };
            self.runs.push((lane, run));
        }
        if is_full {
            values.reserve_exact(room);
        }
    }
}

/// The state of one value.
#[inline]
pub(super) fn first<T, I: Integrator<T>>(value: T, integrator: &I) -> I::State {
    let mut state = integrator.init();
    integrator.fold(&mut state, value);
    state
}
