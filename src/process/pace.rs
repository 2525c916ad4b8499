use std::time::{Duration, Instant};

/// Batches that take less than this, in nanoseconds, are worth no help.
const WORTH: f64 = 40_000.0;
/// What threads that share a batch must save of it, in nanoseconds, or they are not woken.
const WAKING: f64 = 20_000.0;
/// How much dearer records must have become before holding them back is tried again.
const DEARER: f64 = 2.0;
/// Records that cost no more than this, in nanoseconds, with all steps of the chain, are cheaper as they come.
const CHEAP: f64 = 60.0;
/// Batches that are held back for a trial: of what they cost the least counts, as something else may have kept the thread from its work.
const TRIALS: u32 = 2;
/// What weight what was known has against what is measured, where that is less ..
const INERTIA: f64 = 0.5;
/// .. and where it is more, which may pass.
const RISING_INERTIA: f64 = 0.9;

/// How a step with state by key takes a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Record by record, as they come.
    Straight,
    /// Held back and then worked on by one thread, to learn what that costs.
    Trial,
    /// Held back, and worked on by several threads.
    Shared,
}

/// What records cost, in nanoseconds each: decides whether threads share a batch, which nobody can tell from the results.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    /// All steps before and after with it, where they come straight. 0 before that is known.
    straight: f64,
    held: Option<Held>,
}

/// What is known of records that were held back.
#[derive(Clone, Copy, Debug)]
struct Held {
    /// What they cost before, straight.
    straight: f64,
    /// What it costs more to hold one back.
    extra: f64,
    /// What threads can share of it.
    work: f64,
    /// How many batches were tried.
    trials: u32,
}

impl Pace {
    pub(super) fn choose(&self, records: usize, threads: usize) -> Way {
        let records = records as f64;
        if threads < 2 || self.straight < CHEAP || records * self.straight < WORTH {
            return Way::Straight;
        }
        match self.held {
            Some(held) if held.trials == TRIALS && self.straight < held.straight * DEARER => {
                let saved = held.work * (1.0 - 1.0 / threads as f64) - held.extra;
                if records * saved > WAKING { Way::Shared } else { Way::Straight }
            }
            _ => Way::Trial,
        }
    }

    /// The time now, if it is of use to learn what a batch costs.
    pub(super) fn begin(records: usize, threads: usize) -> Option<Instant> {
        (records > 1 && threads > 1).then(Instant::now)
    }

    /// So many records came straight.
    pub(super) fn learn_straight(&mut self, records: usize, began: Option<Instant>) {
        if let Some(began) = began {
            blend(&mut self.straight, a_record(began.elapsed(), records));
        }
    }

    /// So many records were held back; of the time on this thread `alone` could not be shared, and `work` was or could have been, by all
    /// threads together.
    pub(super) fn learn_held(&mut self, records: usize, alone: Duration, work: Duration) {
        let (alone, work) = (a_record(alone, records), a_record(work, records));
        let extra = (alone + work - self.straight).max(0.0);
        match &mut self.held {
            Some(held) if self.straight >= held.straight * DEARER => {
                *held = Held { straight: self.straight, extra, work, trials: 1 };
            }
            Some(held) if held.trials < TRIALS => {
                *held = Held { extra: held.extra.min(extra), work: held.work.min(work), trials: held.trials + 1, ..*held };
            }
            Some(held) => blend(&mut held.work, work),
            None => self.held = Some(Held { straight: self.straight, extra, work, trials: 1 }),
        }
    }
}

fn a_record(time: Duration, records: usize) -> f64 {
    time.as_nanos() as f64 / records.max(1) as f64
}

fn blend(known: &mut f64, now: f64) {
    let inertia = if now > *known { RISING_INERTIA } else { INERTIA };
    *known = if *known == 0.0 { now } else { *known * inertia + now * (1.0 - inertia) };
}

#[cfg(test)]
mod tests {
    use super::{Pace, Way};
    use std::time::Duration;

    /// After batches of a thousand records that cost so many nanoseconds each, straight and held back.
    fn pace(straight: f64, alone: u64, work: u64) -> Pace {
        let mut pace = Pace { straight, held: None };
        for late in [0, 50] {
            assert_eq!(pace.choose(1_000_000, 2), Way::Trial);
            pace.learn_held(1_000, Duration::from_micros(alone), Duration::from_micros(work + late));
        }
        pace
    }

    #[test]
    fn only_what_is_dear_is_tried() {
        assert_eq!(Pace::default().choose(1_000_000, 8), Way::Straight);
        assert_eq!(Pace { straight: 50.0, held: None }.choose(1_000_000, 8), Way::Straight);
        let dear = Pace { straight: 100.0, held: None };
        assert_eq!([399, 401].map(|records| dear.choose(records, 2)), [Way::Straight, Way::Trial]);
        assert_eq!(dear.choose(1_000_000, 1), Way::Straight);
    }

    #[test]
    fn what_holding_back_costs_is_weighed_against_what_is_shared() {
        // Half of 1,000 is saved, for 60.
        assert_eq!(pace(1_000.0, 80, 980).choose(1_000, 2), Way::Shared);
        // Half of 60 would be, for 40; with more threads more of it.
        assert_eq!([2, 16].map(|threads| pace(80.0, 60, 60).choose(10_000, threads)), [Way::Straight, Way::Shared]);
    }

    #[test]
    fn what_has_become_dear_is_tried_again() {
        let mut pace = pace(80.0, 60, 60);
        pace.straight = 200.0;
        for _ in 0..2 {
            assert_eq!(pace.choose(10_000, 2), Way::Trial);
            pace.learn_held(1_000, Duration::from_micros(60), Duration::from_micros(180));
        }
        assert_eq!(pace.choose(10_000, 2), Way::Shared);
    }
}
