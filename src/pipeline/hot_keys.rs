use super::Pipeline;
use super::records::Open;
use crate::data::HotKeys;
use crate::keyed::HasKey;
use crate::process::Watched;
use std::fmt;
use std::sync::Arc;

/// Keys that have more than their share.
impl<'a, M, T, C, X, Ky, At, Wi, I> Pipeline<'a, M, T, C, X, Ky, At, Wi, I> {
    /// Asks for the hottest keys, `count` at most: those that the greatest part of the records here have, in
    /// [`RunStats::hottest_keys`](crate::RunStats::hottest_keys) and [`StreamProgress::hottest_keys`](crate::StreamProgress::hottest_keys). Called
    /// again, it asks anew.
    ///
    /// They are estimated from a sample of 4,096 records, which are chosen by their places in the data, of a stream in the partition of its source: so
    /// they are the same on every run and number of threads, however a stream is cut into micro-batches, unless the partitioner or a step before
    /// brings the records into an order of its own. Of as many records, or fewer, they are exact. [`HotKey::margin`](crate::HotKey::margin)
    /// says how far off an estimate may be, and a key that may as well be as rare as any is not named: of keys that have a record each none is,
    /// one that a hundredth of the records have is found. Costs a nanosecond or two a record.
    ///
    /// ```
    /// # use microbatch::prelude::*;
    /// let words = ["to", "be", "or", "not", "to", "be", "to"];
    /// let (_, stats) = Pipeline::over(&words).key_by(|w| **w).hottest_keys(2).integrator(Count).run_with_stats();
    /// let hottest: Vec<_> = stats.hottest_keys.iter().map(|hot| (&*hot.key, hot.records, hot.margin)).collect();
    /// assert_eq!(hottest, [("\"to\"", 3, 0), ("\"be\"", 2, 0)]);
    /// ```
    ///
    /// # Panics
    /// If `count` is 0.
    pub fn hottest_keys<K>(mut self, count: usize) -> Pipeline<'a, M, T, Watched<C>, X, Ky, At, Wi, I>
    where
        I: Open,
        Ky: HasKey<K>,
        K: fmt::Debug,
    {
        assert!(count > 0, "the 0 hottest keys are none: ask for 1 at least");
        let keys = Arc::new(HotKeys::new(count));
        self.settings.hot_keys = Some(keys.clone());
        self.with_step(|prev| Watched { prev, keys })
    }
}
