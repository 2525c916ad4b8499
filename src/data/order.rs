use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// A float that can be a sort key, a minimum or a group's key: ordered by IEEE 754 `totalOrder`.
///
/// From least to greatest: negative NaN, negative infinity, negative numbers, -0.0, 0.0, positive numbers, infinity, NaN.
/// So a NaN sorts after everything else, and never makes a sort inconsistent. `-0.0` and `0.0` are different keys.
///
/// ```
/// use microbatch::prelude::*;
///
/// let sorted = Pipeline::over(&[2.5, f64::NAN, -1.0]).sort_by_key(|x| TotalOrder(**x)).run();
/// assert_eq!(sorted[..2], [&-1.0, &2.5]);
/// assert!(sorted[2].is_nan());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TotalOrder<F>(pub F);

macro_rules! total_order {
    ($($float:ty),*) => { $(
        impl Ord for TotalOrder<$float> {
            fn cmp(&self, other: &Self) -> Ordering {
                self.0.total_cmp(&other.0)
            }
        }

        impl PartialOrd for TotalOrder<$float> {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Eq for TotalOrder<$float> {}

        impl PartialEq for TotalOrder<$float> {
            fn eq(&self, other: &Self) -> bool {
                self.0.to_bits() == other.0.to_bits()
            }
        }

        impl Hash for TotalOrder<$float> {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.to_bits().hash(state);
            }
        }
    )* };
}

total_order!(f32, f64);
