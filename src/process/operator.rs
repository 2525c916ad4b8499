use crate::data::{TimeState, Timestamp};
use crate::keyed::KeyState;

/// A record on its way. Its time and its key are of size zero until `.event_time(..)` and `.key_by(..)`.
#[derive(Clone, Copy, Debug)]
pub struct Rec<At, Ky, V> {
    /// The event time.
    pub at: At,
    /// The key.
    pub key: Ky,
    /// The value.
    pub value: V,
}

/// How far the clock has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// No further than it was.
    Still,
    /// To this time since the Unix epoch.
    At(Timestamp),
    /// To its end, as the source has.
    Ended,
}

/// How much state steps keep by key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateSize {
    /// Keys that have state.
    pub keys: usize,
    /// Bytes of the keys, their state and timers, without what they own elsewhere.
    pub bytes: usize,
}

impl StateSize {
    /// So many keys of so many bytes each, besides.
    pub(crate) fn and(self, keys: usize, bytes: usize) -> Self {
        StateSize { keys: self.keys + keys, bytes: self.bytes + bytes }
    }
}

/// Who watches over a batch that is run: hears of failures, and says when to stop.
pub trait Watch<E> {
    /// Whether [`stopped`](Self::stopped) is to be asked at all. A constant, so that a run that cannot be stopped pays nothing:
    /// its loops have one exit, which is what lets the compiler vectorise them.
    const STOPPABLE: bool;

    /// Whether [`seen`](Self::seen) must be told where a step panics as well, if no step sees more than a record.
    const FOLLOWED: bool;

    /// Whether [`at`](Self::at) must be told. A constant for the same reason. Default: no.
    const LOCATED: bool = false;

    /// Whether the run is to end here. Asked every 1,024 records.
    fn stopped(&mut self) -> bool;

    /// The record at `position` failed, with `records` of the batch lost; `Ok` goes on with the next.
    ///
    /// # Errors
    /// The error, where the batch is to end.
    fn failed(&mut self, position: usize, records: usize, error: E) -> Result<(), E>;

    /// The number of the batch.
    fn batch(&self) -> u64;

    /// How many records of the run come before the batch, as its partitioner said.
    fn first(&self) -> u64;

    /// How many records the batch holds, as its partitioner said.
    fn expected(&self) -> usize;

    /// `records` were read.
    fn seen(&mut self, records: usize);

    /// The greatest event time of the batch.
    fn reached(&mut self, latest: Timestamp);

    /// What comes now is made of the record at `position`.
    #[inline]
    fn at(&mut self, _position: usize) {}

    /// How many threads may work at once on what a step holds back: one where a failure may leave out a record and go on, as what follows it
    /// is not to be touched before. Default: one.
    fn threads(&self) -> usize {
        1
    }

    /// Works on all of these: where threads are free several at once, in any order. The work asks, from time to time, whether it is to be left.
    fn share<L: Send>(&self, lanes: Vec<L>, work: impl Fn(L, &dyn Fn() -> bool) + Sync) {
        lanes.into_iter().for_each(|lane| work(lane, &|| false));
    }

    /// How far the clock has come, for what waits for it. Default: nowhere, as records pass.
    fn clock(&self) -> Clock {
        Clock::Still
    }

    /// So many records came after a window of theirs was complete; so many of them after all of them were gone, and were left out.
    fn late(&mut self, late: u64, dropped: u64);
}

/// A chain of steps over batches of type `B`, which may fail with `E`. Not to be implemented outside the crate.
#[diagnostic::on_unimplemented(
    message = "this chain does not take batches of type `{B}`",
    note = "`.process(..)` fixes the batch type: choose the `.partitioner(..)` before it"
)]
pub trait Operator<B, E> {
    /// The event time of what comes out.
    type At: TimeState;
    /// The key of what comes out.
    type Key: KeyState;
    /// The value of what comes out.
    type Value;
    /// What steps keep from batch to batch, on one thread. Fresh ones give the same results, unless
    /// [`ORDERED`](Self::ORDERED).
    type Local: Default;

    /// Whether all batches must run one after another, in the order of the data, with one `Local`.
    const ORDERED: bool;

    /// Whether neighbouring batches can as well be run as one: no step sees more than a record at a time.
    const IN_PIECES: bool;

    /// Whether exactly one value comes out for each record, and no step can fail.
    const ONE_EACH: bool = false;

    /// Whether something can come out when time passes.
    const TIMED: bool = false;

    /// Runs one batch; `emit` gets what comes out.
    ///
    /// # Errors
    /// The error of a step, where `watch` said to stop.
    fn drive<W: Watch<E>>(
        &self,
        local: &mut Self::Local,
        batch: B,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<Self::At, Self::Key, Self::Value>) -> Result<(), E>,
    ) -> Result<(), E>;

    /// Lets time pass up to the watermark, after the records of a micro-batch: `emit` gets what timers make.
    ///
    /// # Errors
    /// As [`drive`](Self::drive).
    fn pass<W: Watch<E>>(
        &self,
        local: &mut Self::Local,
        watermark: Timestamp,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<Self::At, Self::Key, Self::Value>) -> Result<(), E>,
    ) -> Result<(), E>;

    /// How much state is kept by key from batch to batch.
    fn size(local: &Self::Local) -> StateSize;
}
