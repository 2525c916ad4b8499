use crate::stage::{Pending, Trigger};
use std::time::Duration;

/// At regular times, if anything waits.
///
/// The times are on a fixed grid that begins with the stream. A tick that passes while a micro-batch runs is made up for at once, by one
/// micro-batch however many have passed; those left out are counted in [`StreamProgress::missed_ticks`](crate::StreamProgress::missed_ticks).
///
/// ```
/// use microbatch::prelude::*;
/// use std::time::Duration;
///
/// let trigger = Every::new(Duration::from_millis(200)).or(Records::of(50_000));
/// assert_eq!(Pipeline::stream(0..10u64).trigger(trigger).integrator(Sum).run(), 45);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every {
    period: Duration,
    /// The last tick that was used.
    tick: u32,
    missed: u64,
}

impl Every {
    /// Every so often.
    ///
    /// # Panics
    /// If the time is zero.
    pub fn new(period: Duration) -> Self {
        assert!(!period.is_zero(), "a period of zero never lets records gather: give at least a nanosecond, or use `Available`");
        Every { period, tick: 0, missed: 0 }
    }

    fn ticks(&self, elapsed: Duration) -> u32 {
        u32::try_from(elapsed.as_nanos() / self.period.as_nanos()).unwrap_or(u32::MAX)
    }
}

impl Trigger for Every {
    fn fire(&mut self, pending: &Pending) -> bool {
        let tick = self.ticks(pending.elapsed);
        // Ticks at which nothing waited are not missed.
        let waited = self.ticks(pending.elapsed.saturating_sub(pending.oldest));
        let first = self.tick.max(waited);
        if pending.records == 0 || tick <= first {
            return false;
        }
        self.missed += u64::from(tick - first - 1);
        self.tick = tick;
        true
    }

    fn wait(&self, pending: &Pending) -> Option<Duration> {
        let next = self.period.checked_mul(self.ticks(pending.elapsed).checked_add(1)?)?;
        Some(next.saturating_sub(pending.elapsed))
    }

    fn missed(&self) -> u64 {
        self.missed
    }
}

#[cfg(test)]
mod tests {
    use super::Every;
    use crate::stage::{Pending, Trigger};
    use std::time::Duration;

    fn pending(oldest: u64, elapsed: u64) -> Pending {
        Pending { records: 1, oldest: Duration::from_millis(oldest), elapsed: Duration::from_millis(elapsed), ..Pending::default() }
    }

    #[test]
    fn it_fires_on_a_grid() {
        let mut every = Every::new(Duration::from_millis(10));
        assert!(!every.fire(&pending(9, 9)));
        assert_eq!(every.wait(&pending(9, 9)), Some(Duration::from_millis(1)));
        assert!(every.fire(&pending(10, 10)));
        assert!(!every.fire(&pending(3, 19)));
        assert!(every.fire(&pending(4, 20)));
        assert_eq!(every.missed(), 0);
    }

    #[test]
    fn late_ticks_are_left_out_and_counted() {
        let mut every = Every::new(Duration::from_millis(10));
        assert!(every.fire(&pending(45, 47)));
        assert_eq!(every.missed(), 3);
        assert!(!every.fire(&pending(1, 49)));
    }

    #[test]
    fn what_has_just_come_waits_for_the_next_tick() {
        let mut every = Every::new(Duration::from_millis(10));
        assert!(!every.fire(&pending(1, 105)));
        assert!(every.fire(&pending(6, 110)));
        assert_eq!(every.missed(), 0);
    }
}
