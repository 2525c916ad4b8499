use crate::error::BoxError;

/// What a source has after a pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pull {
    /// It can be pulled again at once.
    Ready,
    /// It has nothing now: it is pulled again after a short pause.
    Idle,
    /// It has ended, and is not pulled again.
    End,
}

/// Where a source puts what it was pulled for.
#[derive(Debug)]
pub struct Inbox<T> {
    pub(crate) records: Vec<T>,
    /// The partitions of the records, where any was told: from the record of this number on it is this one.
    pub(crate) partitions: Vec<(usize, u32)>,
    /// What the records own elsewhere.
    pub(crate) owned: usize,
}

impl<T> Inbox<T> {
    pub(crate) fn new() -> Self {
        Inbox { records: Vec::new(), partitions: Vec::new(), owned: 0 }
    }

    /// Takes a record, of source partition 0.
    pub fn push(&mut self, record: T) {
        if !self.partitions.is_empty() {
            self.mark(0);
        }
        self.records.push(record);
    }

    /// Takes a record of a source partition. Records of one partition share a watermark, and stay in their order; those of two partitions may
    /// change places. The least watermark of all partitions is that of the stream.
    pub fn push_from(&mut self, partition: u32, record: T) {
        if partition > 0 || !self.partitions.is_empty() {
            self.mark(partition);
        }
        self.records.push(record);
    }

    /// Takes many records, of source partition 0.
    pub fn append(&mut self, mut records: Vec<T>) {
        if !self.partitions.is_empty() {
            self.mark(0);
        }
        if self.records.is_empty() {
            self.records = records;
        } else {
            self.records.append(&mut records);
        }
    }

    /// Says that the records pushed own so many bytes elsewhere, as the text of a `String`: they count for what may wait at once.
    pub fn owns(&mut self, bytes: usize) {
        self.owned += bytes;
    }

    /// How many records are in it.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Takes all records out, with their partitions.
    pub(crate) fn drain(&mut self, mut take: impl FnMut(u32, T)) {
        let mut marks = self.partitions.drain(..).peekable();
        let mut partition = 0;
        for (number, record) in self.records.drain(..).enumerate() {
            while let Some((_, next)) = marks.next_if(|(start, _)| *start <= number) {
                partition = next;
            }
            take(partition, record);
        }
    }

    fn mark(&mut self, partition: u32) {
        let last = self.partitions.last().map_or(0, |(_, last)| *last);
        if last != partition {
            self.partitions.push((self.records.len(), partition));
        }
    }
}

/// Where the records of a stream come from.
///
/// Iterators are sources (that end when they do), and so are the receiving half of a [`channel`](crate::channel) and boxed sources.
///
/// # Laws
/// * Records are those of the source in its order; a pull puts at most `max` of them into the inbox.
/// * It is pulled by one thread, which it may block, but not for ever if the stream is to be stopped.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
/// use microbatch::{Inbox, Pull};
/// use std::convert::Infallible;
///
/// struct Countdown(u32);
///
/// impl Source for Countdown {
///     type Item = u32;
///     type Error = Infallible;
///     fn pull(&mut self, max: usize, inbox: &mut Inbox<u32>) -> Result<Pull, Infallible> {
///         for _ in 0..max {
///             if self.0 == 0 {
///                 return Ok(Pull::End);
///             }
///             inbox.push(self.0);
///             self.0 -= 1;
///         }
///         Ok(Pull::Ready)
///     }
/// }
///
/// assert_eq!(Pipeline::stream(Countdown(4)).integrator(Sum).run(), 10);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a source of records",
    label = "not a `Source`",
    note = "a source is an iterator (`data.into_iter()`), the receiving half of `channel(capacity)`, or your own `Source`; for data in memory use `Pipeline::over(&data)`"
)]
pub trait Source: Send {
    /// One record.
    type Item: Send;
    /// What reading fails with; `std::convert::Infallible` where it cannot.
    type Error: Into<BoxError>;

    /// Puts up to `max` records into the inbox.
    ///
    /// # Errors
    /// Whatever keeps it from reading on: what is in the inbox is processed, then the stream ends with
    /// [`RunError::Source`](crate::RunError::Source).
    fn pull(&mut self, max: usize, inbox: &mut Inbox<Self::Item>) -> Result<Pull, Self::Error>;

    /// The same without waiting: [`Pull::Idle`] where there is none now. Default: [`pull`](Self::pull).
    ///
    /// # Errors
    /// As [`pull`](Self::pull).
    fn poll(&mut self, max: usize, inbox: &mut Inbox<Self::Item>) -> Result<Pull, Self::Error> {
        self.pull(max, inbox)
    }

    /// How many records others have handed over to it, as into a channel: a stream that is drained asks once, and takes them still. What is handed over
    /// later is lost, so it is to be refused. Default: none.
    fn admitted(&self) -> usize {
        0
    }
}

impl<T: Send, E: Into<BoxError>> Source for Box<dyn Source<Item = T, Error = E> + '_> {
    type Item = T;
    type Error = E;

    fn pull(&mut self, max: usize, inbox: &mut Inbox<T>) -> Result<Pull, E> {
        (**self).pull(max, inbox)
    }

    fn poll(&mut self, max: usize, inbox: &mut Inbox<T>) -> Result<Pull, E> {
        (**self).poll(max, inbox)
    }

    fn admitted(&self) -> usize {
        (**self).admitted()
    }
}
