//! A source that gives few records at once.

use microbatch::Inbox;
use microbatch::prelude::*;

/// No more than so many at once, so that there are places to go back to.
pub struct Few<S>(pub S, pub usize);

impl<S: Source> Source for Few<S> {
    type Item = S::Item;
    type Error = S::Error;
    fn pull(&mut self, max: usize, inbox: &mut Inbox<S::Item>) -> Result<microbatch::Pull, S::Error> {
        self.0.pull(max.min(self.1), inbox)
    }
}

impl<S: Replay> Replay for Few<S> {
    type Offset = S::Offset;
    fn offset(&self) -> S::Offset {
        self.0.offset()
    }
    fn seek(&mut self, offset: S::Offset) -> Result<(), S::Error> {
        self.0.seek(offset)
    }
    fn acknowledge(&mut self, offset: S::Offset) -> Result<(), S::Error> {
        self.0.acknowledge(offset)
    }
    fn waits_for_commit(&self) -> bool {
        self.0.waits_for_commit()
    }
}
