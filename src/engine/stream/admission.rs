/// What becomes of records that find no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenFull {
    /// The source is not pulled until there is room: the back-pressure reaches it. The default.
    #[default]
    Block,
    /// The records that have waited longest are left out, and counted.
    DropOldest,
    /// Those that have just come are left out, and counted.
    DropNewest,
}

/// How much may wait for a stream's micro-batches at once.
///
/// ```
/// use microbatch::prelude::*;
/// use microbatch::{Admission, WhenFull};
///
/// let admission = Admission::new().bytes(1 << 20).when_full(WhenFull::Block);
/// assert_eq!(Pipeline::stream(0..100_000u64).admission(admission).integrator(Count).run(), 100_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    pub(crate) bytes: usize,
    pub(crate) batches: usize,
    pub(crate) records: usize,
    pub(crate) when_full: WhenFull,
}

impl Admission {
    /// 64 MiB, two micro-batches, and [`WhenFull::Block`].
    pub fn new() -> Self {
        Admission { bytes: 64 << 20, batches: 2, records: usize::MAX, when_full: WhenFull::Block }
    }

    /// How many bytes of records may wait: their own, and what the source says that they own elsewhere. One record may in any case.
    pub fn bytes(self, bytes: usize) -> Self {
        Admission { bytes, ..self }
    }

    /// How many micro-batches there may be at once, the running one included, where the trigger limits their records.
    ///
    /// # Panics
    /// If there are fewer than two: one runs, one forms.
    pub fn batches(self, batches: usize) -> Self {
        assert!(batches >= 2, "{batches} micro-batches leave no room for the next one while one runs: give at least 2");
        Admission { batches, ..self }
    }

    /// How many records may wait. Default: as the bytes allow.
    ///
    /// # Panics
    /// If none may.
    pub fn records(self, records: usize) -> Self {
        assert!(records > 0, "no record would ever be let in: give at least 1");
        Admission { records, ..self }
    }

    /// What becomes of records that find no room.
    pub fn when_full(self, when_full: WhenFull) -> Self {
        Admission { when_full, ..self }
    }
}

impl Default for Admission {
    fn default() -> Self {
        Self::new()
    }
}
