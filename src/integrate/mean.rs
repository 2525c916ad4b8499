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

    /// As a whole number, where the type holds nothing else: such values are added up as what they are, exactly. Default: none.
    fn whole(&self) -> Option<i128> {
        None
    }

    /// Whether [`whole`](Self::whole) gives every value. Default: no.
    fn is_whole() -> bool {
        false
    }
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

/// The values of a mean so far. Whole numbers are added up apart, in 128 bits, which hold the sum of any number of them.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "checkpoint", derive(serde::Serialize, serde::Deserialize))]
pub struct Total {
    /// The low and the high half of the sum of whole numbers. Two words rather than one of 128 bits, which would have to be aligned.
    low: u64,
    high: i64,
    sum: f64,
    count: u64,
}

impl Total {
    #[inline]
    fn add(&mut self, low: u64, high: i64) {
        let (low, carry) = self.low.overflowing_add(low);
        self.low = low;
        self.high = self.high.wrapping_add(high).wrapping_add(i64::from(carry));
    }

    /// Of whole numbers.
    fn without(&self, first: &Total) -> Total {
        let whole = self.whole().wrapping_sub(first.whole());
        Total { low: whole as u64, high: (whole >> 64) as i64, sum: 0.0, count: self.count - first.count }
    }

    fn whole(&self) -> i128 {
        i128::from(self.high) << 64 | i128::from(self.low)
    }
}

impl<T: Quantity> Integrator<T> for Mean {
    type State = Total;
    type Output = f64;

    fn exact(&self) -> bool {
        T::is_whole()
    }

    fn init(&self) -> Total {
        Total::default()
    }

    #[inline]
    fn fold(&self, state: &mut Total, value: T) {
        state.count += 1;
        match value.whole() {
            Some(whole) => state.add(whole as u64, (whole >> 64) as i64),
            None => state.sum += value.quantity(),
        }
    }

    #[inline]
    fn merge(&self, state: &mut Total, other: Total) {
        state.count += other.count;
        state.add(other.low, other.high);
        state.sum += other.sum;
    }

    fn without(&self, all: Total, first: &Total) -> Option<Total> {
        T::is_whole().then(|| all.without(first))
    }

    fn finish(&self, state: Total) -> f64 {
        (state.whole() as f64 + state.sum) / state.count as f64
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

quantities!(u128, i128, f32, f64);

macro_rules! whole_quantities {
    ($($number:ty),*) => { $(
        impl Quantity for $number {
            #[inline]
            fn quantity(self) -> f64 {
                self as f64
            }

            #[inline]
            fn whole(&self) -> Option<i128> {
                Some(*self as i128)
            }

            fn is_whole() -> bool {
                true
            }
        }
    )* };
}

whole_quantities!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

impl<T: Quantity> Quantity for &T {
    #[inline]
    fn quantity(self) -> f64 {
        self.clone().quantity()
    }

    #[inline]
    fn whole(&self) -> Option<i128> {
        (**self).whole()
    }

    fn is_whole() -> bool {
        T::is_whole()
    }
}
