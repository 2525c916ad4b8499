use super::Pipeline;
use super::records::Open;
use crate::keyed::{By, HasKey};
use crate::process::Stateful;
use crate::stage::KeyedProcessor;

/// State by key.
impl<'a, M, T, C, X, Ky, At, Wi, I> Pipeline<'a, M, T, C, X, Ky, At, Wi, I> {
    /// Works on each key's records one after another, in the order of the source, with state and timers: see [`KeyedProcessor`]. The key
    /// stays.
    ///
    /// Batches run one after another. Where a batch has much work, threads share it by key, each key's records in their order; what comes out
    /// has the order of the records, and of timers that of time, then key, whatever the number of threads. With a failure policy that lets a run
    /// go on after a failure, one thread takes records one by one, as a record that is left out must not be seen by what comes after.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// struct Running;
    /// impl<K> KeyedProcessor<K, i64> for Running {
    ///     type State = i64;
    ///     type Out = i64;
    ///     fn on_record(&self, _: &K, total: &mut i64, value: i64, context: &mut Context<i64>) {
    ///         *total += value;
    ///         context.emit(*total);
    ///     }
    /// }
    ///
    /// let totals = Pipeline::over([1i64, 2, 3, 4]).key_by(|n| n % 2).stateful(Running).run();
    /// assert_eq!(totals, [1, 2, 4, 6]);
    /// ```
    pub fn stateful<K, P>(self, processor: P) -> Pipeline<'a, M, P::Out, Stateful<C, P>, X, By<K>, At, Wi, I>
    where
        I: Open,
        Ky: HasKey<K>,
        P: KeyedProcessor<K, T, Out: Send> + Sync,
        T: Send,
    {
        self.with_step(|prev| Stateful { prev, processor })
    }
}
