//! A source that has its records in memory.

use microbatch::{Inbox, Pull, Source};
use std::convert::Infallible;

/// Hands on whole micro-batches that lie in memory.
pub struct Ready<T>(std::vec::IntoIter<Vec<T>>);

impl<T: Clone> Ready<T> {
    /// Of so many records each.
    pub fn new(records: &[T], size: usize) -> Self {
        Ready(records.chunks(size).map(<[T]>::to_vec).collect::<Vec<_>>().into_iter())
    }
}

impl<T: Send> Source for Ready<T> {
    type Item = T;
    type Error = Infallible;

    fn pull(&mut self, _: usize, inbox: &mut Inbox<T>) -> Result<Pull, Infallible> {
        match self.0.next() {
            Some(records) => {
                inbox.append(records);
                Ok(Pull::Ready)
            }
            None => Ok(Pull::End),
        }
    }
}
