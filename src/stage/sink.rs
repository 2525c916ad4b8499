use crate::error::BoxError;

/// Where the results of a stream go, micro-batch after micro-batch, in the order of the source.
///
/// For a closure use the verb `.for_each(|result| ..)`, or the part [`ForEach`](crate::ForEach). The sending half of a
/// [`channel`](crate::channel) is a sink, and so is `&mut Vec<T>`.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
/// use microbatch::BoxError;
///
/// struct Sum(u64);
///
/// impl Sink<u64> for &mut Sum {
///     fn write(&mut self, results: Vec<u64>) -> Result<(), BoxError> {
///         self.0 += results.iter().sum::<u64>();
///         Ok(())
///     }
/// }
///
/// let mut sum = Sum(0);
/// Pipeline::stream(0..10u64).run_into(&mut sum)?;
/// assert_eq!(sum.0, 45);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not take results of type `{T}`",
    label = "not a sink for `{T}`",
    note = "for a closure use `.for_each(|result| ..)`, or the part `ForEach::new(|result: {T}| ..)`"
)]
pub trait Sink<T>: Send {
    /// Takes the results of one micro-batch; never none.
    ///
    /// # Errors
    /// Whatever keeps it from taking them: it ends the stream with [`RunError::Sink`](crate::RunError::Sink).
    fn write(&mut self, results: Vec<T>) -> Result<(), BoxError>;

    /// The stream is over: nothing follows. Called once, where no write has failed. Default: nothing.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    fn finish(&mut self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<T, S: Sink<T> + ?Sized> Sink<T> for Box<S> {
    fn write(&mut self, results: Vec<T>) -> Result<(), BoxError> {
        (**self).write(results)
    }
    fn finish(&mut self) -> Result<(), BoxError> {
        (**self).finish()
    }
}
