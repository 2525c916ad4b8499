use super::Pipeline;
use super::failing::Stoppable;
use super::records::Open;
use crate::data::Timestamp;
use crate::process::EventTime;
use crate::stage::{Aside, In, Mode, Refuse, Repeats, Windows};
use crate::window::SameWindow;
use std::time::Duration;

/// Event time and windows: before the integrator, in any order but that windows over time come after the time.
impl<'a, M, T, C, X, Ky, At, Wi, I> Pipeline<'a, M, T, C, X, Ky, At, Wi, I> {
    /// Gives each record its event time. Called again, it replaces the time.
    ///
    /// ```
    /// use microbatch::prelude::*;
    /// use std::time::Duration;
    ///
    /// let readings = [(0, 20), (59, 22), (60, 30)];
    /// let means = Pipeline::over(&readings)
    ///     .event_time(|reading| Timestamp::from_secs(reading.0))
    ///     .window(Tumbling::of(Duration::from_secs(60)))
    ///     .map(|reading| reading.1)
    ///     .integrator(Mean)
    ///     .run();
    /// assert_eq!(means.iter().map(|pane| pane.value).collect::<Vec<_>>(), [21.0, 30.0]);
    /// ```
    pub fn event_time<A, F>(self, f: F) -> Pipeline<'a, M, T, EventTime<C, F>, X, Ky, Timestamp, Wi, I>
    where
        I: Open,
        F: Fn(&T) -> A + Send + Sync,
        A: Into<Timestamp>,
    {
        self.with_step(|prev| EventTime { prev, step: f })
    }

    /// Integrates by windows: [`Tumbling`](crate::Tumbling), [`Sliding`](crate::Sliding), [`Session`](crate::Session),
    /// [`Global`](crate::Global), or windows of one's own. Results are panes. Called again, it replaces the windows.
    ///
    /// A window leaves when event time has come to its end, in the micro-batch that brings it there; of bounded data, at the end.
    pub fn window<W>(self, windows: W) -> Pipeline<'a, M, T, C, X, Ky, At, In<W>, I>
    where
        I: Open,
        W: Windows<At>,
    {
        self.with_windows(|_| In(windows))
    }

    /// The windows of the stage before: its panes of one window meet.
    ///
    /// ```
    /// use microbatch::prelude::*;
    /// use std::time::Duration;
    ///
    /// let bids = [(0, "a"), (1, "b"), (2, "b"), (70, "c")];
    /// let hottest = Pipeline::over(&bids)
    ///     .event_time(|bid| Timestamp::from_secs(bid.0))
    ///     .window(Tumbling::of(Duration::from_secs(60)))
    ///     .key_by(|bid| bid.1)
    ///     .integrator(Count)
    ///     .then()
    ///     .same_window()
    ///     .top_by_key(1, |pane| pane.value)
    ///     .run();
    /// assert_eq!(hottest.iter().map(|pane| pane.value[0].key).collect::<Vec<_>>(), ["b", "c"]);
    /// ```
    pub fn same_window(self) -> Pipeline<'a, M, T, C, X, Ky, At, In<SameWindow>, I>
    where
        I: Open,
        SameWindow: Windows<At>,
    {
        self.window(SameWindow)
    }

    /// For how long, in event time, a window that is complete still takes records: each micro-batch that brings one gives a pane more, marked
    /// [`Timing::Late`](crate::Timing::Late). States must be `Clone`. Default: not at all.
    ///
    /// Goes after `.window(..)`.
    ///
    /// ```
    /// use microbatch::prelude::*;
    /// use std::time::Duration;
    ///
    /// let mut seen = Vec::new();
    /// Pipeline::stream([1, 12, 3].into_iter())
    ///     .event_time(|t| Timestamp::from_secs(*t))
    ///     .window(Tumbling::of(Duration::from_secs(10)))
    ///     .allowed_lateness(Duration::from_secs(60))
    ///     .trigger(Records::of(1))
    ///     .integrator(Count)
    ///     .for_each(|pane| seen.push((pane.value, pane.timing)))?;
    /// assert_eq!(seen, [(1, Timing::OnTime), (2, Timing::Late(1)), (1, Timing::OnTime)]);
    /// # Ok::<(), RunError<std::convert::Infallible>>(())
    /// ```
    pub fn allowed_lateness(self, lateness: Duration) -> Pipeline<'a, M, T, C, X, Ky, At, Wi::Again, I>
    where
        Wi: Repeats,
    {
        let micros = i64::try_from(lateness.as_micros()).unwrap_or(i64::MAX);
        self.with_windows(|windows| windows.again(|lateness, _| *lateness = micros))
    }

    /// Gives records that come too late for all of their windows to `take`, as they are after the last step; they are counted in any case, in
    /// [`StreamProgress::dropped`](crate::StreamProgress::dropped). Goes after `.window(..)` and the last step.
    ///
    /// `take` is called by the threads that do the work. Records too late for a [`Session`](crate::Session) are counted only: that they join
    /// none shows when they are folded already.
    ///
    /// ```
    /// use microbatch::prelude::*;
    /// use std::sync::Mutex;
    /// use std::time::Duration;
    ///
    /// let late = Mutex::new(Vec::new());
    /// let report = Pipeline::stream([1, 12, 3, 14].into_iter())
    ///     .event_time(|t| Timestamp::from_secs(*t))
    ///     .window(Tumbling::of(Duration::from_secs(10)))
    ///     .late_records(|t| late.lock().unwrap().push(t))
    ///     .trigger(Records::of(1))
    ///     .integrator(Count)
    ///     .for_each(|pane| println!("{pane:?}"))?;
    /// assert_eq!((report.late, report.dropped, late.into_inner().unwrap()), (1, 1, vec![3]));
    /// # Ok::<(), RunError<std::convert::Infallible>>(())
    /// ```
    pub fn late_records<F>(self, take: F) -> Pipeline<'a, M, T, C, X, Ky, At, Aside<Wi, F>, I>
    where
        F: Fn(T) + Send + Sync,
    {
        self.with_windows(|windows| Aside { windows, take })
    }

    /// Ends the stream with [`RunError::TooLate`](crate::RunError::TooLate) at a micro-batch with records that come too late for all of their
    /// windows, which are else counted; so do values that timers of a [`stateful`](crate::Pipeline::stateful) make too late. What was complete before has left. From now on the run may end early, so it needs `.try_run()` or a sink.
    /// Goes after `.window(..)`.
    ///
    /// ```
    /// use microbatch::prelude::*;
    /// use std::time::Duration;
    ///
    /// let failed = Pipeline::stream([1, 12, 3].into_iter())
    ///     .event_time(|t| Timestamp::from_secs(*t))
    ///     .window(Tumbling::of(Duration::from_secs(10)))
    ///     .refuse_late_records()
    ///     .trigger(Records::of(1))
    ///     .integrator(Count)
    ///     .try_run();
    /// assert!(matches!(failed, Err(RunError::TooLate { batch: 2, records: 1 })));
    /// ```
    pub fn refuse_late_records(self) -> Pipeline<'a, M, T, C, Stoppable<X>, Ky, At, Aside<Wi, Refuse>, I> {
        self.with_failing(Stoppable).with_windows(|windows| Aside { windows, take: Refuse })
    }

    /// When results leave a stream: [`Mode::Append`], [`Mode::Update`] or [`Mode::Complete`]. With the last two states must be `Clone`, and panes
    /// that leave before their window is complete are marked [`Timing::Early`](crate::Timing::Early).
    ///
    /// A further stage, [`then`](crate::Pipeline::then), gets the early panes as well: see there how it leaves them out.
    ///
    /// Goes after `.window(..)`; without windows, all is one window that is complete at the end.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let mut totals = Vec::new();
    /// Pipeline::stream([5u64, 6, 7].into_iter())
    ///     .mode(Mode::Update)
    ///     .trigger(Records::of(1))
    ///     .integrator(Sum)
    ///     .for_each(|pane| totals.push(pane.value))?;
    /// assert_eq!(totals, [5, 11, 18, 18]);
    /// # Ok::<(), RunError<std::convert::Infallible>>(())
    /// ```
    pub fn mode(self, mode: Mode) -> Pipeline<'a, M, T, C, X, Ky, At, Wi::Again, I>
    where
        Wi: Repeats,
    {
        self.with_windows(|windows| windows.again(|_, known| *known = mode))
    }
}
