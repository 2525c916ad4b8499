use crate::stage::{Inbox, Pull, Source};
use std::convert::Infallible;
use std::time::{Duration, Instant};

/// How long a pull may take, so that what it has found is not kept for long.
const BUDGET: Duration = Duration::from_micros(200);
/// The most records between two looks at the clock.
const STRIDE: usize = 1024;

/// An iterator is a source that ends when it does.
///
/// One that does not know of a next item, by [`size_hint`](Iterator::size_hint), may wait for it: its records are handed on one by one. Others
/// are pulled for a fraction of a millisecond at a time.
impl<I: Iterator<Item: Send> + Send> Source for I {
    type Item = I::Item;
    type Error = Infallible;

    fn pull(&mut self, max: usize, inbox: &mut Inbox<I::Item>) -> Result<Pull, Infallible> {
        let began = Instant::now();
        let mut stride = 2;
        let mut left = max;
        loop {
            // What is known to come does not keep the records before it waiting.
            let most = stride.min(left).min(self.size_hint().0.max(1));
            let before = inbox.len();
            inbox.records.extend(self.by_ref().take(most));
            let found = inbox.len() - before;
            if found < most {
                return Ok(Pull::End);
            }
            left -= found;
            if left == 0 || self.size_hint().0 == 0 || began.elapsed() >= BUDGET {
                return Ok(Pull::Ready);
            }
            stride = (stride * 2).min(STRIDE);
        }
    }
}
