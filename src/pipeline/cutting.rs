use crate::engine::{Engine, Helpers};

/// Parts a thread of records that may be dear.
const PARTS_A_THREAD: usize = 4;
/// What it costs to move a byte into a part, in nanoseconds: what costs no more to process is left where it lies.
const MOVING: f64 = 0.5;
/// Records that take longer than this, in nanoseconds, are worth the help of other threads.
const WORTH: f64 = 40_000.0;
/// How long a part is to take, in nanoseconds.
const PART: f64 = 50_000.0;

/// When other threads help with records that are known to cost so many nanoseconds together, if they are to help at all.
pub(super) fn helpers(has_help: bool, cost: f64) -> Helpers {
    match has_help {
        false => Helpers::Never,
        true if cost > WORTH => Helpers::AtOnce,
        true => Helpers::WherePaid,
    }
}

/// How the records of a stage may be cut into batches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cutting {
    /// Whether it makes no difference.
    pub(super) is_free: bool,
    /// Whether no step sees a batch whole, and no policy judges by it.
    pub(super) may_cut: bool,
    /// Whether other threads are to help.
    pub(super) has_help: bool,
    /// What a record of the stage is known to cost, in nanoseconds; 0 before that is known.
    pub(super) cost: f64,
}

impl Cutting {
    /// Of how many of so many records of so many bytes each a part is best made, where that is free: so few that the threads can share them, so
    /// many that it is worth their while.
    pub(super) fn piece(&self, engine: &Engine, records: usize, bytes: usize) -> Option<usize> {
        let moving = MOVING * bytes as f64;
        let size = match self.cost {
            _ if !self.has_help => usize::MAX,
            // Nobody knows yet whether they are dear.
            0.0 => records.div_ceil(engine.threads() * PARTS_A_THREAD).max(1),
            // From a float to an integer saturates.
            cost if cost > moving && cost * records as f64 > WORTH => ((PART / cost) as usize).max(1),
            _ => usize::MAX,
        };
        self.is_free.then_some(size)
    }
}

#[cfg(test)]
mod tests {
    use super::{Helpers, WORTH, helpers};

    #[test]
    fn what_is_known_to_be_dear_has_help_at_once() {
        assert_eq!([0.0, WORTH, 2.0 * WORTH].map(|cost| helpers(true, cost)), [Helpers::WherePaid, Helpers::WherePaid, Helpers::AtOnce]);
        assert_eq!(helpers(false, 2.0 * WORTH), Helpers::Never);
    }
}
