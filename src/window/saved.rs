//! Open windows as bytes.

use super::open::Open;
use super::repeats::{Count, Counts, OfWindow};
use super::sessions::{One, Sessions};
use super::slices::{KEYS, Slice, Slices};
use crate::data::{Timestamp, Window};
use crate::keyed::{KeyState, Table, Touched, load_groups, save_groups};
use crate::saved::{DamagedState, Pieces, Saved, put, put_all, take, take_all, take_some};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What keys and states must be.
pub(super) trait Value: Serialize + DeserializeOwned {}
impl<T: Serialize + DeserializeOwned> Value for T {}

impl<Ky: KeyState + Value, S: Value> Saved for Open<Ky, S> {
    fn save(&mut self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        match self {
            Open::Slices(slices) => slices.save(pieces),
            Open::Sessions(sessions) => sessions.save(pieces),
        }
    }

    fn load(&mut self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        match self {
            Open::Slices(slices) => slices.load(pieces),
            Open::Sessions(sessions) => sessions.load(pieces),
        }
    }
}

/// What the names of the pieces of a slice begin with.
fn beginning(window: &Window) -> Vec<u8> {
    [window.start.as_micros().to_be_bytes(), window.end.as_micros().to_be_bytes()].concat()
}

/// The name of a piece of a slice: keys stay in the order in which they came, so that new ones change the last piece alone.
fn name(window: &Window, piece: usize) -> Vec<u8> {
    [&beginning(window)[..], &(piece as u64).to_be_bytes()].concat()
}

impl<Ky: KeyState + Value, S: Value> Saved for Slices<Ky, S> {
    fn save(&mut self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        pieces.write(&[], |out| {
            put(out, &(self.slices.len() as u64))?;
            for (window, slice) in &self.slices {
                put(out, &(window, slice.last, slice.states.len() as u64))?;
            }
            put(out, &(self.due.len() as u64))?;
            put_all(out, &self.due)
        })?;
        pieces.within(0, |pieces| self.counts.save(pieces))?;
        for (window, slice) in &mut self.slices {
            let touched = slice.touched.take();
            // Another slice may have been at this place when it was saved last, with more keys.
            if !touched.is_all() {
                pieces.keep(&beginning(window));
            }
            for (piece, entries) in slice.states.entries().chunks(KEYS).enumerate().filter(|(piece, _)| touched.has(*piece)) {
                pieces.write(&name(window, piece), |out| put_all(out, entries))?;
            }
        }
        Ok(())
    }

    fn load(&mut self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        let slices: Vec<(Window, (Timestamp, Timestamp), u64)> = pieces.read(&[], |input| {
            let slices = take_some(input, take)?;
            self.due = take_some(input, take)?.into_iter().collect();
            Ok(slices)
        })?;
        pieces.within(0, |pieces| self.counts.load(pieces))?;
        for (window, last, keys) in slices {
            let states = keys_of(&window, keys, pieces)?.into_iter().collect::<Table<Ky, S>>();
            self.last.insert((last.0, window));
            self.slices.insert(window, Slice { states, touched: Touched::none(), last });
        }
        Ok(())
    }
}

/// So many keys of a slice, with their states.
fn keys_of<Ky: Value, S: Value>(window: &Window, keys: u64, pieces: &mut Pieces) -> Result<Vec<(Ky, S)>, DamagedState> {
    let mut entries = Vec::new();
    let mut left = usize::try_from(keys).unwrap_or(usize::MAX);
    for piece in 0.. {
        let here = left.min(KEYS);
        if here == 0 {
            break;
        }
        pieces.read(&name(window, piece), |input| {
            (0..here).try_for_each(|_| {
                entries.push(take(input)?);
                Ok(())
            })
        })?;
        left -= here;
    }
    Ok(entries)
}

/// The parts of the state of sessions.
const COUNTS: u8 = 0;
const SESSIONS: u8 = 1;
const ENDS: u8 = 2;

impl<Ky: KeyState + Value, S: Value> Saved for Sessions<Ky, S> {
    fn save(&mut self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        pieces.within(COUNTS, |pieces| self.counts.save(pieces))?;
        let touched = self.touched.take();
        let sessions = self.keys.iter().map(|of_key| (of_key.0, of_key));
        pieces.within(SESSIONS, |pieces| save_groups(pieces, &[], &touched, sessions))?;
        // With their places, as keys leave in the order in which they came to an end.
        let ends =
            self.ends.iter().flat_map(|(end, keys)| keys.iter().enumerate().map(move |(place, key)| (key, (end, place as u64, key))));
        pieces.within(ENDS, |pieces| save_groups(pieces, &[], &touched, ends))
    }

    fn load(&mut self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        pieces.within(COUNTS, |pieces| self.counts.load(pieces))?;
        let (sessions, of_sessions) = pieces.within(SESSIONS, |pieces| load_groups(pieces, &[], |(key, _): &(Ky, Vec<One<S>>)| key))?;
        let (mut ends, of_ends) = pieces.within(ENDS, |pieces| load_groups(pieces, &[], |(.., key): &(Timestamp, u64, Ky)| key))?;
        ends.sort_by_key(|(end, place, _)| (*end, *place));
        self.keys = sessions.into_iter().collect();
        ends.into_iter().for_each(|(end, _, key)| self.ends.entry(end).or_default().push(key));
        self.touched = of_sessions.and(of_ends);
        Ok(())
    }
}

impl<Ky: KeyState + Value> Counts<Ky> {
    fn save(&mut self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        pieces.write(&[], |out| put_all(out, self.0.keys()))?;
        for ((end, start), OfWindow { counts, touched }) in &mut self.0 {
            let counts = counts.iter().map(|(key, count)| (key, (key, count.panes, count.late)));
            save_groups(pieces, &beginning(&Window::new(*start, *end)), &touched.take(), counts)?;
        }
        Ok(())
    }

    fn load(&mut self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        let windows: Vec<(Timestamp, Timestamp)> = pieces.read(&[], take_all)?;
        for (end, start) in windows {
            let beginning = beginning(&Window::new(start, end));
            let (counts, touched) = load_groups(pieces, &beginning, |(key, ..): &(Ky, u32, u32)| key)?;
            let counts = counts.into_iter().map(|(key, panes, late)| (key, Count { panes, late })).collect();
            self.0.insert((end, start), OfWindow { counts, touched });
        }
        Ok(())
    }
}
