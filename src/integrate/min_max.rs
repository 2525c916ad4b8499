use crate::stage::{Arrival, Integrator};

macro_rules! extreme {
    ($(#[$doc:meta])* $name:ident, $better:tt) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $name;

        impl<T: Ord + Send> Integrator<T> for $name {
            type State = Option<T>;
            type Output = Option<T>;

            /// For the choice between equal values.
            fn arrival(&self) -> Arrival {
                Arrival::InOrder
            }

            fn exact(&self) -> bool {
                true
            }

            fn init(&self) -> Option<T> {
                None
            }

            #[inline]
            fn fold(&self, state: &mut Option<T>, value: T) {
                match state {
                    Some(best) if value $better *best => *best = value,
                    Some(_) => {}
                    None => *state = Some(value),
                }
            }

            #[inline]
            fn merge(&self, state: &mut Option<T>, other: Option<T>) {
                if let Some(value) = other {
                    Integrator::<T>::fold(self, state, value);
                }
            }

            fn finish(&self, state: Option<T>) -> Option<T> {
                state
            }
        }
    };
}

extreme! {
    /// The least value, of equal ones the first; of none, `None`.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// assert_eq!(Pipeline::over(vec![3, 1, 2]).integrator(Min).run(), Some(1));
    /// assert_eq!(Pipeline::over(vec![0.5, -1.0]).map(TotalOrder).integrator(Min).run(), Some(TotalOrder(-1.0)));
    /// ```
    Min, <
}
extreme! {
    /// The greatest value, of equal ones the last (as [`Iterator::max`]); of none, `None`.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// assert_eq!(Pipeline::over(&[3, 1, 2]).integrator(Max).run(), Some(&3));
    /// ```
    Max, >=
}
