//! What is kept of windows that are open.

use super::repeats::Counts;
use super::sessions::Sessions;
use super::slices::Slices;
use crate::data::{Pane, Timestamp, Timing, Window};
use crate::keyed::{KeyState, Slot};
use crate::stage::{Assign, Integrator, Mode, Overlap};
use std::cmp::Ordering;
use std::marker::PhantomData;

/// How far event time comes in a micro-batch.
#[derive(Clone, Copy, Debug)]
pub struct Tide {
    /// How far it had come: judges which records are late.
    pub(crate) before: Timestamp,
    /// How far it comes: closes windows.
    pub(crate) after: Timestamp,
    /// Whether it is no micro-batch, but time that passes without one.
    pub(crate) is_idle: bool,
}

/// The windows of a stage that are open, with the states of their keys.
#[derive(Debug)]
pub enum Open<Ky, S> {
    /// Of slices that all keys share.
    Slices(Slices<Ky, S>),
    /// Of sessions that each key has of its own.
    Sessions(Sessions<Ky, S>),
}

/// What became of records that came late.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lateness {
    pub(crate) late: u64,
    pub(crate) dropped: u64,
}

impl<Ky: KeyState, S> Open<Ky, S> {
    pub(crate) fn new<At>(windows: &impl Assign<At>) -> Self {
        if windows.joins() { Open::Sessions(Sessions::default()) } else { Open::Slices(Slices::default()) }
    }

    /// How many windows, or sessions of keys, are open.
    pub(crate) fn len(&self) -> usize {
        match self {
            Open::Slices(slices) => slices.len(),
            Open::Sessions(sessions) => sessions.len(),
        }
    }

    /// Hears of a slice whose states come later, before it ends.
    pub(crate) fn expect<At>(&mut self, slice: Window, windows: &impl Assign<At>) {
        if let Open::Slices(slices) = self {
            slices.expect(slice, windows);
        }
    }

    /// Takes in what a micro-batch made.
    pub(crate) fn absorb<At, T, I, Wi>(
        &mut self,
        states: impl Iterator<Item = (Slot<Ky>, S)>,
        integrator: &I,
        windows: &Wi,
        before: Timestamp,
    ) -> Lateness
    where
        I: Integrator<T, State = S>,
        Wi: Assign<At, Overlap: Overlap<S>>,
    {
        match self {
            Open::Slices(slices) => {
                slices.absorb(states, integrator, windows);
                Lateness::default()
            }
            Open::Sessions(sessions) => sessions.absorb(states, integrator, windows, before),
        }
    }

    /// Takes out what is complete, and what is to leave besides; where it costs nothing, by the rank of the keys.
    pub(crate) fn close<At, T, I, Wi>(
        &mut self,
        integrator: &I,
        windows: &Wi,
        tide: Tide,
        rank: impl Fn(&Ky, &Ky) -> Ordering + Copy,
    ) -> Vec<Pane<Ky::Key, I::Output>>
    where
        I: Integrator<T, State = S>,
        Wi: Assign<At, Overlap: Overlap<S>>,
    {
        match self {
            Open::Slices(slices) => slices.close(integrator, windows, tide, rank),
            Open::Sessions(sessions) => sessions.close(integrator, windows, tide),
        }
    }
}

/// Makes panes of states.
pub(super) struct Emitter<'e, Ky: KeyState, T, I: Integrator<T>> {
    pub(super) integrator: &'e I,
    pub(super) counts: Option<&'e mut Counts<Ky>>,
    pub(super) panes: Vec<Pane<Ky::Key, I::Output>>,
    /// For how long a window that is complete still takes records.
    lateness: i64,
    /// How far event time comes.
    after: Timestamp,
    flow: PhantomData<fn(T)>,
}

impl<'e, Ky: KeyState, T, I: Integrator<T>> Emitter<'e, Ky, T, I> {
    pub(super) fn new<At, Wi: Assign<At>>(integrator: &'e I, windows: &Wi, counts: &'e mut Counts<Ky>, tide: Tide) -> Self {
        let counts = Wi::REPEATS.then_some(counts);
        Emitter { integrator, counts, panes: Vec::new(), lateness: windows.lateness(), after: tide.after, flow: PhantomData }
    }

    /// One pane; `timing` may be `Late` of any number.
    pub(super) fn emit(&mut self, window: Window, key: Ky, state: I::State, timing: Timing) {
        let is_late = matches!(timing, Timing::Late(_));
        let (index, late) = self.counts.as_mut().map_or((0, 1), |counts| counts.count(window, &key, is_late));
        let timing = if is_late { Timing::Late(late) } else { timing };
        let is_last = timing != Timing::Early && window.end.later(self.lateness) <= self.after;
        let value = self.integrator.finish(state);
        self.panes.push(Pane { key: key.into_key(), window, timing, index, is_last, value });
    }
}

/// Whether results leave before their window is complete.
pub(super) fn is_early<At>(windows: &impl Assign<At>) -> bool {
    windows.mode() != Mode::Append
}
