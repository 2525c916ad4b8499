//! Operators that renoir and timely lack, or whose own do not give the answer that is asked for. Both run the same ones.

use super::answer::Put;
use serde::Serialize;
use serde::de::DeserializeOwned;

mod averages;
mod hot;
mod maxima;
mod sales;
mod totals;
mod users;
mod winners;

pub use averages::Averages;
pub use hot::Hot;
pub use maxima::Maxima;
pub use sales::Sales;
pub use totals::Totals;
pub use users::Users;
pub use winners::Winners;

/// What one worker holds of an operator.
pub trait Step: Clone + Send + 'static {
    type In: Clone + Send + Serialize + DeserializeOwned + 'static;
    type Out: Clone + Send + Serialize + DeserializeOwned + 'static;

    /// Takes a record.
    fn record(&mut self, record: Self::In, put: Put<'_, Self::Out>);

    /// No record comes any more from before this time, in milliseconds; the greatest is the end of all.
    fn advance(&mut self, time: u64, put: Put<'_, Self::Out>);
}
