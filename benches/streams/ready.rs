//! A source that has its records in memory.

use microbatch::{Inbox, Pull, Source};
use std::convert::Infallible;

/// Hands on pieces of micro-batches that lie in memory, each as large as a stream asks for at once.
pub struct Ready<T>(std::vec::IntoIter<Vec<T>>);

/// The most records that a stream asks a source for at once.
const PULL: usize = 4 * 1024;

impl<T: Clone> Ready<T> {
    /// For micro-batches of so many records each.
    pub fn new(records: &[T], size: usize) -> Self {
        Ready(records.chunks(size.min(PULL)).map(<[T]>::to_vec).collect::<Vec<_>>().into_iter())
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
