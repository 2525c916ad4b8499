//! A run that begins on the calling thread alone, until it is known whether help is worth what it costs to wake it.

use std::cell::Cell;
use std::time::Instant;

/// A run that has taken less nanoseconds than this so far is too young to be judged.
const YOUNG: u64 = 5_000;
/// How long it may take before it is looked at again.
const LOOK: u64 = 10_000;
/// What is left must be worth this much, or it is done before a helper is awake.
const WORTH: u64 = 40_000;
/// How much further than it has come a run may go before it is looked at again: what comes may be dearer than what came.
const TRUST: usize = 16;

pub(super) struct Solo {
    begun: Instant,
    records: usize,
    /// How many records may be done before the clock is looked at.
    look: Cell<usize>,
}

impl Solo {
    /// A run of so many records, the first batch of which tells what they cost.
    pub(super) fn new(begun: Instant, records: usize) -> Self {
        Solo { begun, records, look: Cell::new(1) }
    }

    /// How many records may be run before this is asked again, when so many are done; none where the rest is to be shared.
    pub(super) fn go_on(&self, done: usize) -> Option<usize> {
        let look = self.look.get();
        if done < look {
            return Some(look - done);
        }
        let taken = self.begun.elapsed().as_nanos() as u64;
        let left = self.records.saturating_sub(done) as u64;
        if taken >= YOUNG && taken.saturating_mul(left) / done as u64 >= WORTH {
            return None;
        }
        let further = (LOOK * done as u64 / taken.max(1)) as usize;
        let further = further.clamp(1, done.saturating_mul(TRUST));
        self.look.set(done + further);
        Some(further)
    }
}

#[cfg(test)]
mod tests {
    use super::{Solo, TRUST};
    use std::time::{Duration, Instant};

    fn begun(before: Duration) -> Instant {
        Instant::now().checked_sub(before).unwrap()
    }

    #[test]
    fn the_first_batch_is_run_before_anything_is_known() {
        assert_eq!(Solo::new(begun(Duration::from_secs(1)), 1_000_000).go_on(0), Some(1));
    }

    #[test]
    fn dear_records_are_shared_after_the_first_batch() {
        let solo = Solo::new(begun(Duration::from_millis(6)), 1_024);
        assert_eq!((solo.go_on(0), solo.go_on(64)), (Some(1), None));
    }

    #[test]
    fn cheap_records_are_not_shared_and_looked_at_seldom() {
        // From the time to come on, nothing has taken any time yet.
        let solo = Solo::new(Instant::now() + Duration::from_secs(60), 1_024);
        let further = solo.go_on(64).unwrap();
        assert!(further > 1 && further <= 64 * TRUST, "{further}");
        assert_eq!(solo.go_on(64 + further - 1), Some(1));
    }

    #[test]
    fn the_rest_of_a_long_run_is_not_shared_when_it_is_short() {
        assert!(Solo::new(begun(Duration::from_millis(10)), 100_000).go_on(99_990).is_some());
    }
}
