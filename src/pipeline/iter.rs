use super::Pipeline;
use super::deliver::Delivers;
use super::failing::CannotFail;
use crate::engine::{self, Admission, Control};
use crate::error::RunError;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::fmt;
use std::sync::Arc;
use std::vec;

/// Results that lie ready, in micro-batches.
const READY: usize = 1;
/// Records that a source is read ahead of the iterator, unless the pipeline says how many.
const AHEAD: usize = 1024;

/// How many results are sent at once while records wait.
const LOT: usize = 64;

/// What the driver sends.
type Sent<R, E> = Result<Vec<R>, RunError<E>>;

impl<'a, M, T, C, X, Ky, At, Wi, I> Pipeline<'a, M, T, C, X, Ky, At, Wi, I> {
    /// The results in order, or the failure that ends them: for pipelines that can fail. Others are `IntoIterator`.
    ///
    /// The source is read ahead. A failure takes the place of the last results before it, fewer than 64, that were about to be handed over; to have
    /// all of them, use [`for_each`](Self::for_each) or a sink.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let parsed = Pipeline::stream(["1", "2", "x"].into_iter()).try_map(|s| s.parse::<u8>()).try_iter();
    /// assert!(matches!(parsed.last(), Some(Err(RunError::Failed { record: 2, .. }))));
    /// ```
    ///
    /// # Panics
    /// Where the operating system refuses a thread.
    pub fn try_iter<R, E>(mut self) -> TryIter<R, E>
    where
        Self: Delivers<Emit = R, Error = E> + Send + 'static,
        R: Send + 'static,
        E: Send + 'static,
    {
        if self.pacing.admission == Admission::default() {
            self.pacing.admission = Admission::new().records(AHEAD);
        }
        let (sender, results) = bounded(READY);
        let control = Arc::new(Control::default());
        let theirs = control.clone();
        let driver = engine::start(move || send(self, &theirs, &sender));
        driver.unwrap_or_else(|error| panic!("the driver of a stream: {error}"));
        TryIter { control, results, ready: Vec::new().into_iter() }
    }
}

/// Runs, and sends the results until nobody wants them. While records wait, results are sent in lots.
fn send<P: Delivers>(pipeline: P, control: &Control, sender: &Sender<Sent<P::Emit, P::Error>>) {
    let mut held = Vec::new();
    let done = pipeline.deliver(control, |results| {
        held.extend(results.into_pieces().into_iter().flatten());
        if control.is_broken() {
            // The failure takes the place of what does not fill a lot.
            held.truncate(held.len() / LOT * LOT);
        }
        if held.is_empty() || held.len() < LOT && control.progress().waiting > 0 {
            return Ok(());
        }
        sender.send(Ok(std::mem::take(&mut held))).map_err(|_| "nobody takes the results".into())
    });
    match done {
        Ok(_) => drop(sender.send(Ok(held))),
        Err(RunError::Sink { .. }) => {}
        // Nobody may want to know.
        Err(error) => drop(sender.send(Err(error))),
    }
}

/// The results of a stream in the order of its source: see [`Pipeline::try_iter`]. Where it is dropped, the stream ends.
pub struct TryIter<R, E> {
    control: Arc<Control>,
    results: Receiver<Sent<R, E>>,
    ready: vec::IntoIter<R>,
}

impl<R, E> Iterator for TryIter<R, E> {
    type Item = Result<R, RunError<E>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(result) = self.ready.next() {
                return Some(Ok(result));
            }
            match self.results.recv().ok()? {
                Ok(results) => self.ready = results.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl<R, E> Drop for TryIter<R, E> {
    fn drop(&mut self) {
        self.control.stop();
    }
}

impl<R, E> fmt::Debug for TryIter<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TryIter").field("ready", &self.ready.len()).finish_non_exhaustive()
    }
}

/// The results of a stream that cannot fail, in the order of its source: an ordered parallel map over an iterator, with bounded look-ahead.
/// Where it is dropped, the stream ends.
///
/// A panic in a closure is raised by [`next`](Iterator::next).
pub struct Iter<R, E>(TryIter<R, E>);

impl<R, E> Iterator for Iter<R, E> {
    type Item = R;

    fn next(&mut self) -> Option<R> {
        match self.0.next()? {
            Ok(result) => Some(result),
            Err(RunError::Panicked { message, .. }) => panic!("{message}"),
            Err(RunError::Source { cause }) => panic!("the source: {cause}"),
            Err(_) => unreachable!("a stream that cannot fail has failed"),
        }
    }
}

impl<R, E> fmt::Debug for Iter<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Iter").field(&self.0).finish()
    }
}

impl<'a, M, T, C, X, Ky, At, Wi, I> IntoIterator for Pipeline<'a, M, T, C, X, Ky, At, Wi, I>
where
    X: CannotFail,
    Self: Delivers<Error: Send + 'static, Emit: Send + 'static> + Send + 'static,
{
    type Item = <Self as Delivers>::Emit;
    type IntoIter = Iter<<Self as Delivers>::Emit, <Self as Delivers>::Error>;

    fn into_iter(self) -> Self::IntoIter {
        Iter(self.try_iter())
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    /// A failure took the place of all that its micro-batch had made, however much.
    #[test]
    fn a_failure_takes_the_place_of_less_than_a_lot() {
        for (size, failing) in [(1, 1), (1, 100), (10, 900), (1000, 900), (1000, 1500)] {
            let read = Pipeline::stream(0..2000).trigger(Records::of(size)).try_map(move |n| if n == failing { Err("no") } else { Ok(n) });
            let read: Vec<_> = read.try_iter().collect();
            let (last, before) = read.split_last().unwrap();
            assert!(last.as_ref().is_err_and(|error| error.to_string().ends_with(&format!("record {failing}: no"))));
            assert!(failing - before.len() < super::LOT, "{} of {failing} before the failure", before.len());
            assert!(before.iter().enumerate().all(|(n, result)| result.as_ref().is_ok_and(|result| *result == n)));
        }
    }
}
