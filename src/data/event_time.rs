use super::{Timestamp, Window};

/// The event time of records that have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoTime;

/// The event time of a pane that is a record of the next stage: its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InWindow(pub Window);

/// What a record carries for a time: [`NoTime`], [`Timestamp`] or [`InWindow`].
pub trait TimeState: Copy + Send {
    /// The time, where there is one. Of a pane it is the last of its window.
    fn time(self) -> Option<Timestamp>;

    /// What something carries that a timer made at this time.
    fn of_timer(at: Timestamp) -> Self;
}

impl TimeState for NoTime {
    fn time(self) -> Option<Timestamp> {
        None
    }

    fn of_timer(_: Timestamp) -> Self {
        NoTime
    }
}

impl TimeState for Timestamp {
    fn time(self) -> Option<Timestamp> {
        Some(self)
    }

    fn of_timer(at: Timestamp) -> Self {
        at
    }
}

impl TimeState for InWindow {
    fn time(self) -> Option<Timestamp> {
        Some(Timestamp::from_micros(self.0.end.as_micros().saturating_sub(1)))
    }

    fn of_timer(at: Timestamp) -> Self {
        InWindow(Window::new(at, Timestamp::from_micros(at.as_micros().saturating_add(1))))
    }
}
