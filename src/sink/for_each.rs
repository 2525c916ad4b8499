use crate::error::BoxError;
use crate::stage::Sink;
use std::fmt;

/// A closure as a sink, called once a result.
///
/// ```
/// use microbatch::prelude::*;
///
/// let handle = Pipeline::stream(0..3u64).spawn(ForEach::new(|n: u64| println!("{n}")))?;
/// assert_eq!(handle.join()?.records_out, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ForEach<F>(F);

impl<F> ForEach<F> {
    /// Calls `f` with each result, in order.
    pub fn new<T>(f: F) -> Self
    where
        F: FnMut(T),
    {
        ForEach(f)
    }
}

impl<F> fmt::Debug for ForEach<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ForEach")
    }
}

impl<T, F: FnMut(T) + Send> Sink<T> for ForEach<F> {
    fn write(&mut self, results: Vec<T>) -> Result<(), BoxError> {
        results.into_iter().for_each(&mut self.0);
        Ok(())
    }
}
