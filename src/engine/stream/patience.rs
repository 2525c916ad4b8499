use std::hint::spin_loop;
use std::thread::{available_parallelism, yield_now};
use std::time::{Duration, Instant};

/// How long a wait is awake at most. To be woken takes longer than most waits between a source and its driver last, where both are busy.
const AWAKE: Duration = Duration::from_micros(20);
/// Looks between two at the clock, after which others may have the core.
const LOOKS: u32 = 64;
/// The most waits that go to sleep at once, after one awake was in vain: a quiet stream takes no time of the processor.
const MOST_ASLEEP: u32 = 1024;

/// Waits awake for a moment, before whoever waits goes to sleep; the more seldom the more often that was in vain.
#[derive(Debug)]
pub(super) struct Patience {
    /// Waits that go to sleep at once before the next one is awake.
    asleep: u32,
    /// How many that were after the last one that was in vain.
    last: u32,
}

impl Patience {
    pub(super) fn new() -> Self {
        // On one core whoever is waited for would not get on.
        let is_alone = available_parallelism().is_ok_and(|cores| cores.get() == 1);
        Patience { asleep: if is_alone { u32::MAX } else { 0 }, last: 0 }
    }

    /// Whether what is waited for has come to pass without sleep, in no more time than `most`.
    pub(super) fn wait(&mut self, most: Duration, has_come: impl Fn() -> bool) -> bool {
        if self.asleep > 0 {
            self.asleep -= u32::from(self.asleep < u32::MAX);
            return has_come();
        }
        let (begun, most) = (Instant::now(), most.min(AWAKE));
        loop {
            for _ in 0..LOOKS {
                if has_come() {
                    self.last = 0;
                    return true;
                }
                spin_loop();
            }
            if begun.elapsed() >= most {
                break;
            }
            yield_now();
        }
        self.last = (self.last * 2).clamp(1, MOST_ASLEEP);
        self.asleep = self.last;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_ASLEEP, Patience};
    use std::cell::Cell;
    use std::time::Duration;

    #[test]
    fn waits_in_vain_become_seldom_and_one_that_is_not_makes_up_for_them() {
        let mut patience = Patience { asleep: 0, last: 0 };
        let looks = Cell::new(0_u32);
        let awake = |patience: &mut Patience, comes: bool| {
            looks.set(0);
            assert_eq!(patience.wait(Duration::ZERO, || looks.replace(looks.get() + 1) > 1 && comes), comes && looks.get() > 1);
            looks.get() > 1
        };
        let in_vain = (0..20 * MOST_ASLEEP).filter(|_| awake(&mut patience, false)).count();
        assert!((10..40).contains(&in_vain), "{in_vain}");
        patience.asleep = 0;
        assert!(awake(&mut patience, true) && awake(&mut patience, false));
        assert_eq!(patience.asleep, 1);
    }

    #[test]
    fn on_one_core_nobody_waits_awake() {
        let mut patience = Patience { asleep: u32::MAX, last: 0 };
        let looks = Cell::new(0);
        assert!((0..100).all(|_| !patience.wait(Duration::from_secs(1), || looks.replace(looks.get() + 1) > 1_000)));
        assert_eq!(looks.get(), 100);
    }
}
