use crate::error::BoxError;
use crate::stage::{Inbox, Pull, Source};
use std::fmt;
use std::sync::OnceLock;

/// Several sources as one: records as they come, each source with source partitions of its own, so that the slowest holds the watermark back.
///
/// Ends when all have. A source that waits for its records, as an iterator may, keeps the others waiting.
///
/// ```
/// use microbatch::prelude::*;
/// use microbatch::Union;
///
/// let (sender, source) = channel(10);
/// sender.send(30)?;
/// drop(sender);
/// let both = Union::of(source).and([1, 2].into_iter());
/// assert_eq!(Pipeline::stream(both).integrator(Sum).run(), 33);
/// # Ok::<(), microbatch::SendError<i32>>(())
/// ```
pub struct Union<'s, T> {
    /// None where one has ended.
    sources: Vec<Option<Box<dyn Polled<T> + 's>>>,
    scratch: Inbox<T>,
    /// Once the stream is drained: how many records each still gives.
    left: OnceLock<Vec<usize>>,
}

/// A source whose error is boxed.
trait Polled<T>: Send {
    fn poll(&mut self, max: usize, inbox: &mut Inbox<T>) -> Result<Pull, BoxError>;
    fn admitted(&self) -> usize;
}

impl<S: Source> Polled<S::Item> for S {
    fn poll(&mut self, max: usize, inbox: &mut Inbox<S::Item>) -> Result<Pull, BoxError> {
        Source::poll(self, max, inbox).map_err(Into::into)
    }

    fn admitted(&self) -> usize {
        Source::admitted(self)
    }
}

impl<'s, T: Send> Union<'s, T> {
    /// With a first source.
    pub fn of<S: Source<Item = T> + 's>(source: S) -> Self {
        Union { sources: vec![Some(Box::new(source))], scratch: Inbox::new(), left: OnceLock::new() }
    }

    /// And another one.
    pub fn and<S: Source<Item = T> + 's>(mut self, source: S) -> Self {
        self.sources.push(Some(Box::new(source)));
        self
    }

    /// What one has been handed over is not to be kept waiting by another, which may go on for ever.
    fn leave_out_those_that_are_drained(&mut self) {
        let left = self.left.get().into_iter().flatten();
        self.sources.iter_mut().zip(left).filter(|(_, left)| **left == 0).for_each(|(source, _)| *source = None);
    }
}

impl<T> fmt::Debug for Union<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Union").field("sources", &self.sources.len()).finish_non_exhaustive()
    }
}

impl<T: Send> Source for Union<'_, T> {
    type Item = T;
    type Error = BoxError;

    /// Source partition p of the i-th of n sources is partition p * n + i.
    fn pull(&mut self, max: usize, inbox: &mut Inbox<T>) -> Result<Pull, BoxError> {
        self.leave_out_those_that_are_drained();
        let count = self.sources.len();
        let share = max.div_ceil(count);
        let mut pulled = Pull::End;
        for (number, slot) in self.sources.iter_mut().enumerate() {
            let mut left = self.left.get_mut().map(|left| &mut left[number]);
            let room = share.min(max - inbox.len().min(max)).min(left.as_deref().copied().unwrap_or(max));
            let Some(source) = slot.as_mut().filter(|_| room > 0) else { continue };
            let found = source.poll(room, &mut self.scratch);
            left.iter_mut().for_each(|left| **left = left.saturating_sub(self.scratch.len()));
            self.scratch.drain(|partition, record| inbox.push_from(partition * count as u32 + number as u32, record));
            match found? {
                Pull::End => *slot = None,
                Pull::Ready => pulled = Pull::Ready,
                Pull::Idle if pulled == Pull::End => pulled = Pull::Idle,
                Pull::Idle => {}
            }
        }
        // A source may have had no room.
        let is_over = self.sources.iter().all(Option::is_none);
        Ok(if is_over {
            Pull::End
        } else if pulled == Pull::End {
            Pull::Ready
        } else {
            pulled
        })
    }

    fn admitted(&self) -> usize {
        let of = |source: &Option<Box<dyn Polled<T> + '_>>| source.as_ref().map_or(0, |source| source.admitted());
        self.left.get_or_init(|| self.sources.iter().map(of).collect()).iter().sum()
    }
}
