use crate::stage::Integrator;
use std::time::Duration;

/// What [`Sum`] adds: all numbers and `Duration`, owned or borrowed.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
///
/// #[derive(Clone)]
/// struct Cents(i64);
///
/// impl Addend for Cents {
///     type Total = Cents;
///     fn zero() -> Cents { Cents(0) }
///     fn add_to(self, total: &mut Cents) { total.0 += self.0 }
/// }
///
/// assert_eq!(Pipeline::over(vec![Cents(5), Cents(7)]).integrator(Sum).run().0, 12);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be summed",
    label = "not an `Addend`",
    note = "bring out the number first: `.map(|record| record.amount)`; for a type of your own implement `Addend`, or use `.accumulate(init, fold, merge)`"
)]
pub trait Addend: Clone {
    /// What the sum is.
    type Total: Addend<Total = Self::Total> + Send;

    /// The sum of nothing.
    fn zero() -> Self::Total;

    /// Adds this to `total`.
    fn add_to(self, total: &mut Self::Total);

    /// What is left of a total without a part of it, to the bit, as of integers but not of floats. Default: none, as where that cannot be told.
    fn without(_total: Self::Total, _part: &Self::Total) -> Option<Self::Total> {
        None
    }

    /// Whether adding in other groups gives the same sum to the bit, as with integers but not with floats. Default: no.
    fn exact() -> bool {
        false
    }
}

/// The sum of the values; of none, zero.
///
/// The sum is of the values' own type, and overflows as [`Iterator::sum`] does: with a panic in debug builds, around in release
/// builds; of signed values a part may overflow where all of them together do not. Where that can happen, widen first: `.map(u64::from)`.
///
/// ```
/// use microbatch::prelude::*;
///
/// assert_eq!(Pipeline::over(1..=10u64).integrator(Sum).run(), 55);
/// assert_eq!(Pipeline::over(&[0.5, 1.0]).integrator(Sum).run(), 1.5);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum;

impl<T: Addend> Integrator<T> for Sum {
    type State = T::Total;
    type Output = T::Total;

    fn exact(&self) -> bool {
        T::exact()
    }

    fn init(&self) -> T::Total {
        T::zero()
    }

    #[inline]
    fn fold(&self, state: &mut T::Total, value: T) {
        value.add_to(state);
    }

    #[inline]
    fn merge(&self, state: &mut T::Total, other: T::Total) {
        other.add_to(state);
    }

    #[inline]
    fn without(&self, all: T::Total, first: &T::Total) -> Option<T::Total> {
        T::without(all, first)
    }

    fn finish(&self, state: T::Total) -> T::Total {
        state
    }
}

macro_rules! addends {
    ($exact:literal, $without:expr; $($number:ty = $zero:expr),*) => { $(
        impl Addend for $number {
            type Total = $number;

            fn zero() -> $number {
                $zero
            }

            #[inline]
            fn add_to(self, total: &mut $number) {
                *total += self;
            }

            #[inline]
            fn without(total: $number, part: &$number) -> Option<$number> {
                let without: fn($number, $number) -> Option<$number> = $without;
                without(total, *part)
            }

            fn exact() -> bool {
                $exact
            }
        }
    )* };
}

addends!(true, |total, part| Some(total.wrapping_sub(part)); u8 = 0, u16 = 0, u32 = 0, u64 = 0, u128 = 0, usize = 0, i8 = 0, i16 = 0, i32 = 0, i64 = 0, i128 = 0, isize = 0);
addends!(true, Duration::checked_sub; Duration = Duration::ZERO);
addends!(false, |_, _| None; f32 = 0.0, f64 = 0.0);

impl<T: Addend> Addend for &T {
    type Total = T::Total;

    fn zero() -> T::Total {
        T::zero()
    }

    #[inline]
    fn add_to(self, total: &mut T::Total) {
        self.clone().add_to(total);
    }

    #[inline]
    fn without(total: T::Total, part: &T::Total) -> Option<T::Total> {
        T::without(total, part)
    }

    fn exact() -> bool {
        T::exact()
    }
}
