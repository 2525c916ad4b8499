use crate::stage::Integrator;

/// What [`Mean`] averages: all numbers, owned or borrowed.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
///
/// #[derive(Clone)]
/// struct Celsius(f32);
///
/// impl Quantity for Celsius {
///     fn quantity(self) -> f64 { f64::from(self.0) }
/// }
///
/// assert_eq!(Pipeline::over(&[Celsius(1.0), Celsius(2.0)]).integrator(Mean).run(), 1.5);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no mean",
    label = "not a `Quantity`",
    note = "bring out the number first: `.map(|record| record.amount)`; for a type of your own implement `Quantity`"
)]
pub trait Quantity: Clone {
    /// As a float.
    fn quantity(self) -> f64;
}

/// The arithmetic mean of the values; of none, NaN.
///
/// ```
/// use microbatch::prelude::*;
///
/// assert_eq!(Pipeline::over(&[1u8, 2, 6]).integrator(Mean).run(), 3.0);
/// assert!(Pipeline::over(&[0.0; 0]).integrator(Mean).run().is_nan());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Mean;

impl<T: Quantity> Integrator<T> for Mean {
    type State = (f64, u64);
    type Output = f64;

    fn init(&self) -> (f64, u64) {
        (0.0, 0)
    }

    #[inline]
    fn fold(&self, state: &mut (f64, u64), value: T) {
        state.0 += value.quantity();
        state.1 += 1;
    }

    #[inline]
    fn merge(&self, state: &mut (f64, u64), other: (f64, u64)) {
        state.0 += other.0;
        state.1 += other.1;
    }

    fn finish(&self, (sum, count): (f64, u64)) -> f64 {
        sum / count as f64
    }
}

macro_rules! quantities {
    ($($number:ty),*) => { $(
        impl Quantity for $number {
            #[inline]
            fn quantity(self) -> f64 {
                self as f64
            }
        }
    )* };
}

quantities!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64);

impl<T: Quantity> Quantity for &T {
    #[inline]
    fn quantity(self) -> f64 {
        self.clone().quantity()
    }
}
