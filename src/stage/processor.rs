use std::sync::Arc;

/// Computes one batch, whole.
///
/// # Laws
/// * The output is a function of the batch: workers share one processor, and call it in any order.
///
/// For a closure there is `.process(|batch| ..)`; a type of one's own goes into `.processor(..)`, or `.try_processor(..)` where it
/// can fail.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
/// use std::convert::Infallible;
///
/// struct Dot { weights: [f64; 2] }
///
/// impl<'b> Processor<&'b [[f64; 2]]> for Dot {
///     type Output = f64;
///     type Error = Infallible;
///     fn process(&self, batch: &'b [[f64; 2]]) -> Result<f64, Infallible> {
///         Ok(batch.iter().map(|row| row[0] * self.weights[0] + row[1] * self.weights[1]).sum())
///     }
/// }
///
/// let rows = [[1.0, 2.0], [3.0, 4.0]];
/// let total = Pipeline::over(&rows).processor(Dot { weights: [1.0, 0.5] }).integrator(Sum).run();
/// assert_eq!(total, 7.0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not process batches of type `{B}`",
    label = "not a processor of `{B}`",
    note = "for a closure use `.process(|batch| ..)`; for a type of your own implement `Processor<{B}>`"
)]
pub trait Processor<B> {
    /// What it makes of a batch: the record of the steps that follow.
    type Output;
    /// How it fails; [`Infallible`](std::convert::Infallible) where it cannot.
    type Error;

    /// Computes one batch.
    ///
    /// # Errors
    /// The batch fails as a whole, and the pipeline's failure policy decides.
    fn process(&self, batch: B) -> Result<Self::Output, Self::Error>;
}

macro_rules! pointers {
    ($($pointer:ty),*) => { $(
        impl<B, P: Processor<B> + ?Sized> Processor<B> for $pointer {
            type Output = P::Output;
            type Error = P::Error;
            fn process(&self, batch: B) -> Result<P::Output, P::Error> {
                (**self).process(batch)
            }
        }
    )* };
}

pointers!(&P, Box<P>, Arc<P>);
