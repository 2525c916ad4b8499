/// A batch that was run. Times are nanoseconds since the timeline was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) pipeline: u32,
    /// Of the pipeline; empty where it has none.
    pub(super) name: &'static str,
    pub(super) seq: u32,
    /// How many records of the batch come before, where this is a piece of one.
    pub(super) offset: usize,
    pub(super) partition: u32,
    /// The number of the thread, in the order in which threads were first seen.
    pub(super) lane: u32,
    pub(super) records: u64,
    pub(super) arrived: u64,
    pub(super) started: u64,
    pub(super) ended: u64,
    pub(super) failed: bool,
}

impl Event {
    pub(super) fn busy(&self) -> u64 {
        self.ended - self.started
    }

    pub(super) fn wait(&self) -> u64 {
        self.started - self.arrived
    }
}

/// A thread that ran batches, or callers that did so one after the other.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub(super) name: String,
    /// Its number on its engine; 0 for one that called a terminal verb.
    pub(super) worker: u32,
    pub(super) threads: usize,
}

impl Lane {
    /// `number` is for threads without a name.
    pub(super) fn label(&self, number: usize) -> String {
        match (self.worker, self.name.as_str()) {
            (0, _) if self.threads > 1 => "callers".to_string(),
            (0, "") => format!("caller {number}"),
            (0, name) => format!("caller, {name}"),
            (worker, _) => format!("worker {worker}"),
        }
    }
}
