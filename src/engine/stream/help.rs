use std::time::Duration;

/// Micro-batches that are run in each of the two ways before one is chosen.
const TRIALS: u32 = 4;
/// Micro-batches after the first choice before the next trial, and the most there are.
const PAUSE: u32 = 64;
const MOST_PAUSE: u32 = 4096;
/// What takes less than this is over before a helper is awake.
const SHORT: Duration = Duration::from_micros(40);
/// Records that take longer than this, in nanoseconds, are shared without a trial.
const DEAR: f64 = 1_000.0;
/// So much less time help must take to be worth the threads that it takes from the source, the sink and other runs.
const WORTH: f64 = 0.9;

/// Whether other threads are to help with the micro-batches of a stream. That depends on what they wait for and on what else runs, the source's thread
/// for one, so it is measured: some are run on the driver's thread alone and some with help, by turns, and those that follow in the better way.
#[derive(Debug)]
pub(crate) struct Help {
    /// Whether it is worth it, by the last trial.
    is_worth_it: bool,
    /// Micro-batches before the next trial.
    left: u32,
    pause: u32,
    /// Micro-batches of this trial that have been run.
    tried: u32,
    /// The least nanoseconds a record in this trial, alone and with help.
    least: [f64; 2],
}

impl Default for Help {
    fn default() -> Self {
        Help { is_worth_it: true, left: 0, pause: PAUSE, tried: 0, least: [f64::INFINITY; 2] }
    }
}

impl Help {
    /// Whether others are to help with the next micro-batch.
    pub(crate) fn is_wanted(&self) -> bool {
        if self.left > 0 { self.is_worth_it } else { self.tried.is_multiple_of(2) }
    }

    /// The next micro-batch, of so many records, took so long.
    pub(crate) fn learn(&mut self, records: usize, taken: Duration) {
        if records == 0 || taken < SHORT {
            return;
        }
        if self.left > 0 {
            self.left -= 1;
            return;
        }
        let cost = taken.as_nanos() as f64 / records as f64;
        let least = &mut self.least[usize::from(self.is_wanted())];
        *least = least.min(cost);
        self.tried += 1;
        if cost > DEAR || self.tried == 2 * TRIALS {
            self.choose(cost > DEAR);
        }
    }

    fn choose(&mut self, is_dear: bool) {
        let [alone, helped] = self.least;
        let is_worth_it = is_dear || helped < alone * WORTH;
        // The longer a choice lasts, the more seldom it is tried.
        let pause = if is_worth_it == self.is_worth_it { (self.pause * 2).min(MOST_PAUSE) } else { PAUSE };
        *self = Help { is_worth_it, left: pause, pause, ..Help::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::{Help, MOST_PAUSE, PAUSE};
    use std::time::Duration;

    /// Runs so many micro-batches of a thousand records, which take so many microseconds alone and with help; in how many there was help.
    fn run(help: &mut Help, batches: u32, alone: u64, helped: u64) -> u32 {
        let mut with_help = 0;
        for _ in 0..batches {
            let is_helped = help.is_wanted();
            with_help += u32::from(is_helped);
            help.learn(1_000, Duration::from_micros(if is_helped { helped } else { alone }));
        }
        with_help
    }

    #[test]
    fn the_better_way_is_found_and_kept() {
        assert!(run(&mut Help::default(), 10_000, 200, 120) > 9_900);
        assert!(run(&mut Help::default(), 10_000, 120, 200) < 100);
    }

    #[test]
    fn help_that_saves_little_is_left_to_others() {
        assert!(run(&mut Help::default(), 10_000, 200, 190) < 100);
    }

    #[test]
    fn a_choice_is_taken_back_when_it_is_wrong() {
        let mut help = Help::default();
        run(&mut help, 200, 120, 200);
        assert!(run(&mut help, MOST_PAUSE, 200, 100) > MOST_PAUSE / 2);
    }

    #[test]
    fn dear_records_are_shared_but_for_none() {
        assert_eq!(run(&mut Help::default(), PAUSE, 4_000, 2_000), PAUSE);
    }

    #[test]
    fn short_micro_batches_tell_nothing() {
        let mut help = Help::default();
        run(&mut help, 1_000, 3, 5);
        assert!(help.is_wanted() && help.tried == 0);
    }
}
