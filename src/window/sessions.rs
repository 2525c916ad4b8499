//! Windows that each key has of its own, and that grow together.

use super::open::{Emitter, Lateness, Tide, is_early};
use super::repeats::Counts;
use crate::data::{Pane, Timestamp, Timing, Window};
use crate::keyed::{KeyState, Map, Slot, Touched, key_group};
use crate::stage::{Arrival, Assign, Integrator, Mode, Overlap};
use std::collections::BTreeMap;

/// States by key and session.
#[derive(Debug)]
pub struct Sessions<Ky, S> {
    /// The sessions of each key, by time; none of which touch.
    pub(super) keys: Map<Ky, Vec<One<S>>>,
    /// Keys that may have a session that ends then, or is out of reach then.
    pub(super) ends: BTreeMap<Timestamp, Vec<Ky>>,
    /// Keys whose sessions the last micro-batch changed, where results can leave more than once.
    changed: Vec<Ky>,
    /// Key groups of which anything has changed since it was saved.
    pub(super) touched: Touched,
    pub(super) counts: Counts<Ky>,
}

/// One session.
#[derive(Debug)]
#[cfg_attr(feature = "checkpoint", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct One<S> {
    pub(super) window: Window,
    /// By slice, in the order of time; one state where it makes no difference how it came together.
    pub(super) states: Vec<(Timestamp, S)>,
    /// Whether it was complete, and has left.
    pub(super) has_left: bool,
    #[cfg_attr(feature = "checkpoint", serde(skip))]
    pub(super) is_changed: bool,
}

impl<Ky, S> Default for Sessions<Ky, S> {
    fn default() -> Self {
        Sessions {
            keys: Map::default(),
            ends: BTreeMap::new(),
            changed: Vec::new(),
            touched: Touched::default(),
            counts: Counts::default(),
        }
    }
}

/// Whether what ends so does not hold a time. What reaches to the last time holds it: its end lies beyond.
fn ends_before(end: Timestamp, time: Timestamp) -> bool {
    end <= time && end < Timestamp::MAX
}

impl<S> One<S> {
    fn touches(&self, slice: Window) -> bool {
        !ends_before(slice.end, self.window.start) && !ends_before(self.window.end, slice.start)
    }

    /// Takes in a state of a slice.
    fn put<T, I: Integrator<T, State = S>>(&mut self, at: Timestamp, state: S, integrator: &I, in_parts: bool) {
        let place = if in_parts { self.states.binary_search_by_key(&at, |(at, _)| *at) } else { Ok(0) };
        match place {
            Ok(known) => integrator.merge(&mut self.states[known].1, state),
            Err(place) => self.states.insert(place, (at, state)),
        }
    }

    fn copy<O: Overlap<S>>(&self) -> Option<Vec<(Timestamp, S)>> {
        self.states.iter().map(|(at, state)| Some((*at, O::copy(state)?))).collect()
    }
}

impl<Ky: KeyState, S> Sessions<Ky, S> {
    pub(super) fn len(&self) -> usize {
        self.keys.values().map(Vec::len).sum()
    }

    pub(super) fn absorb<At, T, I, Wi>(
        &mut self,
        states: impl Iterator<Item = (Slot<Ky>, S)>,
        integrator: &I,
        windows: &Wi,
        before: Timestamp,
    ) -> Lateness
    where
        I: Integrator<T, State = S>,
        Wi: Assign<At>,
    {
        let in_parts = integrator.arrival() == Arrival::InOrder || !integrator.exact();
        let mut lateness = Lateness::default();
        // What may be too late comes last, backwards in time: by then it is there what it can join.
        let (mut doubtful, mut sure): (Vec<_>, Vec<_>) = states.partition(|(slot, _)| slot.nth > 0);
        // In the order of time new sessions of a key go behind those there are.
        sure.sort_by_key(|(slot, _)| slot.start);
        doubtful.sort_by_key(|(slot, _)| (std::cmp::Reverse(slot.start), slot.nth));
        for (slot, state) in sure.into_iter().chain(doubtful) {
            let slice = slot.window();
            let is_in_reach = |window: Window| window.end.later(windows.lateness()) > before;
            let joined = self.join(slot.key, slice, state, integrator, in_parts, is_in_reach);
            // What joins a session that is not complete is not late.
            lateness.late += u64::from(joined.is_none_or(|window| window.end <= before));
            lateness.dropped += u64::from(joined.is_none());
        }
        if !Wi::REPEATS {
            self.changed.clear();
        }
        lateness
    }

    /// Joins a slice to the sessions it touches: what comes of it, if that is in reach.
    fn join<T, I: Integrator<T, State = S>>(
        &mut self,
        key: Ky,
        slice: Window,
        state: S,
        integrator: &I,
        in_parts: bool,
        is_in_reach: impl Fn(Window) -> bool,
    ) -> Option<Window> {
        self.touched.touch(|| key_group(&key));
        let sessions = self.keys.entry(key.clone()).or_default();
        let first = sessions.partition_point(|session| ends_before(session.window.end, slice.start));
        let count = sessions[first..].iter().take_while(|session| session.touches(slice)).count();
        let touched = &sessions[first..first + count];
        let window =
            touched.iter().fold(slice, |all, session| Window::new(all.start.min(session.window.start), all.end.max(session.window.end)));
        if !is_in_reach(window) {
            if sessions.is_empty() {
                self.keys.remove(&key);
            }
            return None;
        }
        let has_left = count == 1 && sessions[first].has_left && sessions[first].window.end == window.end;
        let mut joined = sessions.drain(first..first + count);
        let mut all = match joined.next() {
            Some(mut session) => {
                session.put(slice.start, state, integrator, in_parts);
                session
            }
            None => One { window, states: vec![(slice.start, state)], has_left, is_changed: true },
        };
        for session in joined {
            session.states.into_iter().for_each(|(at, state)| all.put(at, state, integrator, in_parts));
        }
        (all.window, all.has_left, all.is_changed) = (window, has_left, true);
        sessions.insert(first, all);
        self.ends.entry(window.end).or_default().push(key.clone());
        self.changed.push(key);
        Some(window)
    }

    pub(super) fn close<At, T, I, Wi>(&mut self, integrator: &I, windows: &Wi, tide: Tide) -> Vec<Pane<Ky::Key, I::Output>>
    where
        I: Integrator<T, State = S>,
        Wi: Assign<At, Overlap: Overlap<S>>,
    {
        let Sessions { keys, ends, changed, touched, counts } = self;
        let mut emitter = Emitter::new(integrator, windows, counts, tide);
        let mode = windows.mode();
        for key in std::mem::take(changed) {
            touched.touch(|| key_group(&key));
            for session in keys.get_mut(&key).into_iter().flatten().filter(|session| session.is_changed) {
                session.is_changed = false;
                let timing = match session.window.end {
                    end if end <= tide.before => Timing::Late(0),
                    end if end > tide.after && mode == Mode::Update => Timing::Early,
                    _ => continue,
                };
                // Of late records alone, or joined by them: it was never open.
                if timing != Timing::Early && !std::mem::replace(&mut session.has_left, true) {
                    ends.entry(session.window.end.later(windows.lateness())).or_default().push(key.clone());
                }
                let copy = session.copy::<Wi::Overlap>();
                copy.and_then(|states| merged(states, integrator))
                    .into_iter()
                    .for_each(|state| emitter.emit(session.window, key.clone(), state, timing));
            }
        }
        while let Some(entry) = ends.first_entry()
            && *entry.key() <= tide.after
        {
            for key in entry.remove() {
                touched.touch(|| key_group(&key));
                leave::<At, T, I, Wi, Ky>(keys, ends, key, windows, tide, &mut emitter);
            }
        }
        if is_early(windows) && mode == Mode::Complete && !tide.is_idle {
            for (key, session) in keys.iter().flat_map(|(key, sessions)| sessions.iter().map(move |session| (key, session))) {
                let copy = session.copy::<Wi::Overlap>().filter(|_| !session.has_left);
                copy.and_then(|states| merged(states, integrator))
                    .into_iter()
                    .for_each(|state| emitter.emit(session.window, key.clone(), state, Timing::Early));
            }
        }
        let panes = emitter.panes;
        if Wi::REPEATS {
            counts.forget(Timestamp::from_micros(tide.after.as_micros().saturating_sub(windows.lateness())));
        }
        panes
    }
}

/// Lets the sessions of a key go that are complete, and forgets those that are out of reach.
fn leave<At, T, I, Wi, Ky>(
    keys: &mut Map<Ky, Vec<One<I::State>>>,
    ends: &mut BTreeMap<Timestamp, Vec<Ky>>,
    key: Ky,
    windows: &Wi,
    tide: Tide,
    emitter: &mut Emitter<'_, Ky, T, I>,
) where
    I: Integrator<T>,
    Wi: Assign<At, Overlap: Overlap<I::State>>,
    Ky: KeyState,
{
    let Some(sessions) = keys.get_mut(&key) else { return };
    // Sessions of a key end in the order in which they begin.
    let complete = sessions.partition_point(|session| session.window.end <= tide.after);
    for session in sessions[..complete].iter_mut().filter(|session| !session.has_left) {
        let gone = session.window.end.later(windows.lateness());
        let states = if gone <= tide.after { Some(std::mem::take(&mut session.states)) } else { session.copy::<Wi::Overlap>() };
        if let Some(state) = states.and_then(|states| merged(states, emitter.integrator)) {
            emitter.emit(session.window, key.clone(), state, Timing::OnTime);
            session.has_left = true;
            if gone > tide.after {
                ends.entry(gone).or_default().push(key.clone());
            }
        }
    }
    let gone = sessions.partition_point(|session| session.window.end.later(windows.lateness()) <= tide.after);
    sessions.drain(..gone);
    if sessions.is_empty() {
        keys.remove(&key);
    }
}

/// One state of all, in the order of time.
fn merged<T, I: Integrator<T>>(states: Vec<(Timestamp, I::State)>, integrator: &I) -> Option<I::State> {
    states.into_iter().map(|(_, state)| state).reduce(|mut all, state| {
        integrator.merge(&mut all, state);
        all
    })
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use std::time::Duration;

    /// Records with a gap of ten seconds, each a micro-batch: how many came late, and how many were dropped.
    fn check(times: &[i64], lateness: u64, late: u64, dropped: u64) {
        let report = Pipeline::stream(times.iter())
            .event_time(|t| Timestamp::from_secs(**t))
            .window(Session::gap(Duration::from_secs(10)))
            .allowed_lateness(Duration::from_secs(lateness))
            .trigger(Records::of(1))
            .integrator(Count)
            .for_each(drop)
            .unwrap();
        assert_eq!((report.late, report.dropped), (late, dropped), "{times:?}, {lateness}");
    }

    /// A record that was ten seconds behind counted as late, although the session that it joined was open.
    #[test]
    fn a_record_is_late_when_the_session_it_joins_was_complete() {
        check(&[0, 8, 16, 3], 0, 0, 0);
        check(&[0, 8, 16, 26, 3], 0, 1, 1);
        check(&[0, 8, 16, 26, 3], 5, 1, 0);
        check(&[0, 20, 9], 5, 1, 0);
    }
}
