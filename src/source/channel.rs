use crate::error::BoxError;
use crate::stage::{Inbox, Pull, Sink, Source};
use crossbeam_channel::{RecvTimeoutError, TryRecvError, bounded};
use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How long a pull waits for a record, so that a stream that is to stop need not wait for one.
const WAIT: Duration = Duration::from_millis(40);

/// A way into a stream from other threads, which holds at most so many records: then [`Sender::send`] waits, which is the back-pressure.
///
/// The stream ends when all senders are dropped and what they sent is processed.
///
/// ```
/// use microbatch::prelude::*;
///
/// let (sender, source) = channel(1_000);
/// let producer = std::thread::spawn(move || (0..100u64).try_for_each(|n| sender.send(n)));
/// assert_eq!(Pipeline::stream(source).integrator(Sum).run(), 4950);
/// producer.join().unwrap()?;
/// # Ok::<(), microbatch::SendError<u64>>(())
/// ```
///
/// # Panics
/// If it is to hold none.
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    assert!(capacity > 0, "a channel of 0 records never takes one: give at least 1");
    let (sender, receiver) = bounded(capacity);
    let gate = Arc::new(Gate::default());
    (Sender(sender, gate.clone()), Receiver(receiver, gate))
}

/// The sending half of a [`channel`]. Clones send into the same one. A sink for streams, too.
pub struct Sender<T>(crossbeam_channel::Sender<T>, Arc<Gate>);

/// The receiving half of a [`channel`]: a source.
pub struct Receiver<T>(crossbeam_channel::Receiver<T>, Arc<Gate>);

/// What senders go through, until it is shut: a record is either taken by the stream or comes back, also of one who sends while it is drained.
#[derive(Debug, Default)]
struct Gate(AtomicUsize);

/// The bit that says that the gate is shut; the others count who is inside.
const SHUT: usize = 1 << (usize::BITS - 1);

/// Somebody who sends.
struct Inside<'g>(&'g Gate);

impl Gate {
    /// Lets a sender in; none where it is shut.
    fn enter(&self) -> Option<Inside<'_>> {
        // Who comes again and again is not to be taken for one who is inside.
        if self.0.load(Ordering::Acquire) & SHUT > 0 {
            return None;
        }
        let is_open = self.0.fetch_add(1, Ordering::AcqRel) & SHUT == 0;
        let inside = Inside(self);
        is_open.then_some(inside)
    }

    /// Lets nobody in from now on; how many are inside.
    fn shut(&self) -> usize {
        self.0.fetch_or(SHUT, Ordering::AcqRel) & !SHUT
    }

    /// Whether it is shut, and what was sent is in the channel.
    fn is_left(&self) -> bool {
        self.0.load(Ordering::Acquire) == SHUT
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Sender(self.0.clone(), self.1.clone())
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("waiting", &self.0.len()).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("waiting", &self.0.len()).finish_non_exhaustive()
    }
}

impl<T> Sender<T> {
    /// Sends a record; waits while the channel is full.
    ///
    /// # Errors
    /// When the stream has ended, or is drained; the record comes back.
    pub fn send(&self, record: T) -> Result<(), SendError<T>> {
        let Some(_inside) = self.1.enter() else { return Err(SendError(record)) };
        self.0.send(record).map_err(|error| SendError(error.0))
    }

    /// Sends a record if there is room.
    ///
    /// # Errors
    /// When the channel is full, or the stream has ended or is drained; the record comes back.
    pub fn try_send(&self, record: T) -> Result<(), TrySendError<T>> {
        let Some(_inside) = self.1.enter() else { return Err(TrySendError::Closed(record)) };
        self.0.try_send(record).map_err(|error| match error {
            crossbeam_channel::TrySendError::Full(record) => TrySendError::Full(record),
            crossbeam_channel::TrySendError::Disconnected(record) => TrySendError::Closed(record),
        })
    }

    /// How many records wait in the channel.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Send> Source for Receiver<T> {
    type Item = T;
    type Error = Infallible;

    fn pull(&mut self, max: usize, inbox: &mut Inbox<T>) -> Result<Pull, Infallible> {
        if self.1.is_left() {
            return self.poll(max, inbox);
        }
        match self.0.recv_timeout(WAIT) {
            Ok(first) => {
                inbox.push(first);
                self.0.try_iter().take(max.saturating_sub(1)).for_each(|record| inbox.push(record));
                Ok(Pull::Ready)
            }
            Err(RecvTimeoutError::Timeout) => Ok(Pull::Ready),
            Err(RecvTimeoutError::Disconnected) => Ok(Pull::End),
        }
    }

    fn poll(&mut self, max: usize, inbox: &mut Inbox<T>) -> Result<Pull, Infallible> {
        // Asked first: what was sent by then is in the channel.
        let is_last = self.1.is_left();
        match self.0.try_recv() {
            Ok(first) => {
                inbox.push(first);
                self.0.try_iter().take(max.saturating_sub(1)).for_each(|record| inbox.push(record));
                Ok(Pull::Ready)
            }
            Err(TryRecvError::Empty) if is_last => Ok(Pull::End),
            Err(TryRecvError::Empty) => Ok(Pull::Idle),
            Err(TryRecvError::Disconnected) => Ok(Pull::End),
        }
    }

    /// From now on senders get their records back; those who wait inside are let through.
    fn admitted(&self) -> usize {
        self.1.shut() + self.0.len()
    }
}

impl<T: Send> Sink<T> for Sender<T> {
    fn write(&mut self, results: Vec<T>) -> Result<(), BoxError> {
        for result in results {
            self.send(result).map_err(|_| "the stream that takes the results has ended")?;
        }
        Ok(())
    }
}

/// The stream has ended; the record comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(pub T);

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendError(..)")
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the stream has ended")
    }
}

impl<T> Error for SendError<T> {}

/// The channel is full, or its stream has ended; the record comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TrySendError<T> {
    /// There is no room.
    Full(T),
    /// The stream has ended.
    Closed(T),
}

impl<T> TrySendError<T> {
    /// The record.
    pub fn into_inner(self) -> T {
        match self {
            TrySendError::Full(record) | TrySendError::Closed(record) => record,
        }
    }
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrySendError::Full(_) => "Full(..)",
            TrySendError::Closed(_) => "Closed(..)",
        })
    }
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrySendError::Full(_) => "the stream is full",
            TrySendError::Closed(_) => "the stream has ended",
        })
    }
}

impl<T> Error for TrySendError<T> {}
