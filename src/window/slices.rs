//! Windows made of slices of time, which all keys share.

use super::ladder::{self, Ladder};
use super::open::{Emitter, Tide, is_early};
use super::repeats::Counts;
use super::rolling::Rolling;
use crate::data::{Pane, Timestamp, Timing, Window};
use crate::keyed::{KeyState, Map, Slot, Table, Touched};
use crate::stage::{Assign, Integrator, Mode, Overlap};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// States by slice and key.
#[derive(Debug)]
pub struct Slices<Ky, S> {
    pub(super) slices: BTreeMap<Window, Slice<Ky, S>>,
    /// When the last window of each slice ends.
    pub(super) last: BTreeSet<(Timestamp, Window)>,
    /// Windows that have something in them and have not left yet, by end, then start.
    pub(super) due: BTreeSet<(Timestamp, Timestamp)>,
    /// What the last micro-batch changed, where results can leave more than once.
    changed: Vec<(Window, Ky)>,
    pub(super) counts: Counts<Ky>,
    /// Of windows that follow each other.
    rolling: Rolling<Ky, S>,
    /// Of windows with many slices, where they do not go on from each other.
    ladder: Ladder<Ky, S>,
    /// How many keys the last window had: the next one may have as many.
    room: usize,
}

/// From so many slices a window on it is worth while to go on from the window before ..
const SEVERAL: usize = 3;
/// .. and, where that cannot be done, to keep them merged.
const MANY: usize = 8;

/// Keys that are saved together, in the order in which they came: few enough that little is written for one that has changed, many enough that it is
/// worth a place in a file.
pub(super) const KEYS: usize = 256;

/// One slice of time.
#[derive(Debug)]
pub(super) struct Slice<Ky, S> {
    pub(super) states: Table<Ky, S>,
    /// Which of the states have changed since they were saved, by [`KEYS`].
    pub(super) touched: Touched,
    /// The end and the start of the last window of it; of those that end together, the one that leaves last.
    pub(super) last: (Timestamp, Timestamp),
}

impl<Ky, S> Default for Slices<Ky, S> {
    fn default() -> Self {
        Slices {
            slices: BTreeMap::new(),
            last: BTreeSet::new(),
            due: BTreeSet::new(),
            changed: Vec::new(),
            counts: Counts::default(),
            rolling: Rolling::None,
            ladder: Ladder::default(),
            room: 0,
        }
    }
}

impl<Ky: KeyState, S> Slices<Ky, S> {
    pub(super) fn len(&self) -> usize {
        self.due.len()
    }

    pub(super) fn absorb<At, T, I, Wi>(&mut self, states: impl Iterator<Item = (Slot<Ky>, S)>, integrator: &I, windows: &Wi)
    where
        I: Integrator<T, State = S>,
        Wi: Assign<At, Overlap: Overlap<S>>,
    {
        let mut states = states.peekable();
        // Mostly many of one slice after another, which is looked up once.
        while let Some(window) = states.peek().map(|(slot, _)| slot.window()) {
            self.ladder.change(window);
            let Slices { slices, last, due, changed, rolling, .. } = self;
            let slice = open(slices, last, due, window, windows);
            while let Some((slot, state)) = states.next_if(|(slot, _)| slot.window() == window) {
                if Wi::REPEATS {
                    changed.push((window, slot.key.clone()));
                }
                let is_known = || slice.states.get(&slot.key).is_some();
                rolling.change::<T, I, Wi::Overlap>(window, (&slot.key, &state), is_known, integrator);
                let place = slice.states.absorb(slot.key, state, |state| state, |before, state| integrator.merge(before, state));
                slice.touched.touch(|| place / KEYS);
            }
        }
    }

    /// Hears of a slice whose states come later.
    pub(super) fn expect<At>(&mut self, slice: Window, windows: &impl Assign<At>) {
        open(&mut self.slices, &mut self.last, &mut self.due, slice, windows);
    }

    pub(super) fn close<At, T, I, Wi>(
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
        let Slices { slices, last, due, changed, counts, rolling, ladder, room } = self;
        let mut emitter = Emitter::new(integrator, windows, counts, tide);
        let horizon = |end: Timestamp| end.later(windows.lateness());
        let changed = std::mem::take(changed);
        // Windows that were complete before, and have taken late records.
        for (window, key) in touched(&changed, windows, |window| window.end <= tide.before && horizon(window.end) > tide.before) {
            due.remove(&(window.end, window.start));
            if let Some(state) = one::<At, T, I, Wi, Ky>(slices, integrator, window, &key) {
                emitter.emit(window, key, state, Timing::Late(0));
            }
        }
        while let Some(&(end, start)) = due.first()
            && end <= tide.after
        {
            due.pop_first();
            // What had ended before is out of reach of a slice that came for a later window.
            if end <= tide.before {
                continue;
            }
            let window = Window::new(start, end);
            let parts: Vec<Window> = inside(slices, window).collect();
            let is_exact = <Wi::Overlap as Overlap<S>>::COPIES && integrator.exact();
            let slice = |part| slices.get(&part).map(|slice| &slice.states);
            // Once begun, it goes on through windows of fewer slices: what leaves them must be taken out.
            let is_rolling = rolling.is_rolling();
            if is_exact
                && (is_rolling || parts.len() >= SEVERAL)
                && let Some(keys) = rolling.roll::<T, I, Wi::Overlap>(&parts, slice, integrator, rank)
            {
                emitter.panes.reserve(keys);
                rolling.each::<T, I, Wi::Overlap>(integrator, |(key, state)| emitter.emit(window, key, state, Timing::OnTime));
                continue;
            }
            let states = if is_exact && parts.len() >= MANY {
                ladder.merged::<T, I, Wi::Overlap>(&parts, slice, integrator, *room).into_entries()
            } else {
                all::<At, T, I, Wi, Ky>(slices, integrator, window, *room, |end| !is_rolling && horizon(end) <= tide.after)
            };
            *room = states.len();
            states.into_iter().for_each(|(key, state)| emitter.emit(window, key, state, Timing::OnTime));
        }
        while let Some(&(end, slice)) = last.first()
            && horizon(end) <= tide.after
        {
            last.pop_first();
            ladder.forget(slice);
            slices.remove(&slice).into_iter().for_each(|gone| rolling.forget(slice, gone.states));
        }
        if is_early(windows) {
            early(slices, due, &changed, integrator, windows, tide, &mut emitter);
        }
        let panes = emitter.panes;
        if windows.ends_with_batch() {
            // The next micro-batch has windows of its own, whatever their times.
            counts.clear();
        } else if Wi::REPEATS {
            counts.forget(Timestamp::from_micros(tide.after.as_micros().saturating_sub(windows.lateness())));
        }
        panes
    }
}

/// A slice, with the windows that it is part of.
fn open<'s, At, Ky, S>(
    slices: &'s mut BTreeMap<Window, Slice<Ky, S>>,
    last: &mut BTreeSet<(Timestamp, Window)>,
    due: &mut BTreeSet<(Timestamp, Timestamp)>,
    slice: Window,
    windows: &impl Assign<At>,
) -> &'s mut Slice<Ky, S> {
    slices.entry(slice).or_insert_with(|| {
        let mut latest = (Timestamp::MIN, Timestamp::MIN);
        windows.windows(slice, &mut |window| {
            latest = latest.max((window.end, window.start));
            due.insert((window.end, window.start));
        });
        last.insert((latest.0, slice));
        Slice { states: Table::default(), touched: Touched::default(), last: latest }
    })
}

/// Emits what leaves before its window is complete.
fn early<At, T, I, Wi, Ky: KeyState, S>(
    slices: &mut BTreeMap<Window, Slice<Ky, S>>,
    due: &BTreeSet<(Timestamp, Timestamp)>,
    changed: &[(Window, Ky)],
    integrator: &I,
    windows: &Wi,
    tide: Tide,
    emitter: &mut Emitter<'_, Ky, T, I>,
) where
    I: Integrator<T, State = S>,
    Wi: Assign<At, Overlap: Overlap<S>>,
{
    if windows.mode() == Mode::Complete {
        if tide.is_idle {
            return;
        }
        for &(end, start) in due {
            let window = Window::new(start, end);
            for (key, state) in all::<At, T, I, Wi, Ky>(slices, integrator, window, 0, |_| false) {
                emitter.emit(window, key, state, Timing::Early);
            }
        }
        return;
    }
    for (window, key) in touched(changed, windows, |window| window.end > tide.after) {
        if let Some(state) = one::<At, T, I, Wi, Ky>(slices, integrator, window, &key) {
            emitter.emit(window, key, state, Timing::Early);
        }
    }
}

/// Those windows and keys of which something has changed, each once.
fn touched<At, Wi: Assign<At>, Ky: KeyState>(
    changed: &[(Window, Ky)],
    windows: &Wi,
    is_meant: impl Fn(Window) -> bool,
) -> Vec<(Window, Ky)> {
    let mut known = Map::default();
    let mut touched = Vec::new();
    for (slice, key) in changed {
        windows.windows(*slice, &mut |window| {
            if is_meant(window) && known.insert((window, key.clone()), ()).is_none() {
                touched.push((window, key.clone()));
            }
        });
    }
    touched
}

/// The slices that a window is made of, in the order of time.
fn inside<Ky, S>(slices: &BTreeMap<Window, Slice<Ky, S>>, window: Window) -> impl Iterator<Item = Window> {
    // Sessions of the keys of a stage before are windows that lie in each other: each is a slice of its own, and made of that alone.
    let itself = slices.contains_key(&window).then_some(window);
    let from = Window::new(window.start, Timestamp::MIN);
    let parts = slices
        .range(from..)
        .map(|(slice, _)| *slice)
        .take_while(move |slice| slice.start < window.end || slice.start == window.start)
        .filter(move |slice| slice.end <= window.end);
    itself.into_iter().chain(parts.take(if itself.is_none() { usize::MAX } else { 0 }))
}

/// A window's state of one key, copied.
fn one<At, T, I, Wi, Ky>(slices: &BTreeMap<Window, Slice<Ky, I::State>>, integrator: &I, window: Window, key: &Ky) -> Option<I::State>
where
    I: Integrator<T>,
    Wi: Assign<At, Overlap: Overlap<I::State>>,
    Ky: KeyState,
{
    let states = inside(slices, window).filter_map(|slice| slices.get(&slice)?.states.get(key)).filter_map(Wi::Overlap::copy);
    states.reduce(|mut all, state| {
        integrator.merge(&mut all, state);
        all
    })
}

/// A window's states by key: of slices that are needed no more, themselves; else copies. With room for so many keys.
fn all<At, T, I, Wi, Ky>(
    slices: &mut BTreeMap<Window, Slice<Ky, I::State>>,
    integrator: &I,
    window: Window,
    room: usize,
    is_gone: impl Fn(Timestamp) -> bool,
) -> Vec<(Ky, I::State)>
where
    I: Integrator<T>,
    Wi: Assign<At, Overlap: Overlap<I::State>>,
    Ky: KeyState,
{
    let parts: Vec<Window> = inside(slices, window).collect();
    let mut merged: Option<Table<Ky, I::State>> = None;
    for part in parts {
        let Some(slice) = slices.get_mut(&part) else { continue };
        let is_moved = slice.last <= (window.end, window.start) && is_gone(slice.last.0);
        if !is_moved {
            let merged = merged.get_or_insert_with(|| Table::with_room(room));
            if ladder::absorb::<T, I, Wi::Overlap, Ky>(merged, &slice.states, integrator) {
                continue;
            }
        }
        let states = std::mem::take(&mut slice.states);
        match &mut merged {
            Some(merged) if merged.len() > 0 => {
                for (key, state) in states.into_entries() {
                    merged.absorb(key, state, |state| state, |before, state| integrator.merge(before, state));
                }
            }
            none => *none = Some(states),
        }
    }
    merged.map(Table::into_entries).unwrap_or_default()
}
