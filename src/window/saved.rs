//! Open windows as bytes.

use super::open::Open;
use super::repeats::Counts;
use super::sessions::{One, Sessions};
use super::slices::{Slice, Slices};
use crate::data::{Timestamp, Window};
use crate::keyed::{KeyState, Table};
use crate::saved::{DamagedState, Pieces, Saved, put, take, take_some};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What keys and states must be.
pub(super) trait Value: Serialize + DeserializeOwned {}
impl<T: Serialize + DeserializeOwned> Value for T {}

impl<Ky: KeyState + Value, S: Value> Saved for Open<Ky, S> {
    fn save(&self, pieces: &mut Pieces) -> Result<(), DamagedState> {
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

/// Keys in a piece: few enough that little is written for one that has changed, many enough that a piece is worth a place in a file.
const KEYS: usize = 256;

/// The name of a piece of a slice: keys stay in the order in which they came, so that new ones change the last piece alone.
fn name(window: &Window, piece: usize) -> Vec<u8> {
    let (start, end) = (window.start.as_micros().to_be_bytes(), window.end.as_micros().to_be_bytes());
    [&start[..], &end, &(piece as u64).to_be_bytes()].concat()
}

impl<Ky: KeyState + Value, S: Value> Saved for Slices<Ky, S> {
    fn save(&self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        pieces.write(&[], |out| {
            put(out, &(self.slices.len() as u64))?;
            for (window, slice) in &self.slices {
                put(out, &(window, slice.last, slice.states.len() as u64))?;
            }
            put(out, &(self.due.len() as u64))?;
            self.due.iter().try_for_each(|due| put(out, due))?;
            self.counts.save(out)
        })?;
        for (window, slice) in &self.slices {
            for (piece, entries) in slice.states.entries().chunks(KEYS).enumerate() {
                pieces.write(&name(window, piece), |out| entries.iter().try_for_each(|entry| put(out, entry)))?;
            }
        }
        Ok(())
    }

    fn load(&mut self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        let slices: Vec<(Window, (Timestamp, Timestamp), u64)> = pieces.read(&[], |input| {
            let slices = take_some(input, take)?;
            self.due = take_some(input, take)?.into_iter().collect();
            self.counts.load(input)?;
            Ok(slices)
        })?;
        for (window, last, keys) in slices {
            let states = keys_of(&window, keys, pieces)?.into_iter().collect::<Table<Ky, S>>();
            self.last.insert((last.0, window));
            self.slices.insert(window, Slice { states, last });
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

impl<Ky: KeyState + Value, S: Value> Saved for Sessions<Ky, S> {
    fn save(&self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        pieces.write(&[], |out| {
            put(out, &(self.keys.len() as u64))?;
            for (key, sessions) in &self.keys {
                put(out, key)?;
                put(out, &(sessions.len() as u64))?;
                for session in sessions {
                    put(out, &session.window)?;
                    put(out, &session.has_left)?;
                    put(out, &(session.states.len() as u64))?;
                    session.states.iter().try_for_each(|(at, state)| put(out, &(at, state)))?;
                }
            }
            put(out, &(self.ends.len() as u64))?;
            self.ends.iter().try_for_each(|(end, keys)| put(out, &(end, keys)))?;
            self.counts.save(out)
        })
    }

    fn load(&mut self, pieces: &mut Pieces) -> Result<(), DamagedState> {
        let session = |input: &mut &[u8]| {
            let (window, has_left, states) = (take(input)?, take(input)?, take_some(input, take)?);
            Ok(One { window, states, has_left, is_changed: false })
        };
        pieces.read(&[], |input| {
            self.keys = take_some(input, |input| Ok((take::<Ky>(input)?, take_some(input, session)?)))?.into_iter().collect();
            self.ends = take_some(input, take)?.into_iter().collect();
            self.counts.load(input)
        })
    }
}

impl<Ky: KeyState + Value> Counts<Ky> {
    fn save(&self, out: &mut Vec<u8>) -> Result<(), DamagedState> {
        put(out, &(self.0.len() as u64))?;
        for ((end, start), counts) in &self.0 {
            put(out, &(end, start))?;
            put(out, &(counts.len() as u64))?;
            counts.iter().try_for_each(|(key, count)| put(out, &(key, count.panes, count.late)))?;
        }
        Ok(())
    }

    fn load(&mut self, input: &mut &[u8]) -> Result<(), DamagedState> {
        let windows = take_some(input, |input| {
            let window: (Timestamp, Timestamp) = take(input)?;
            let counts: Vec<(Ky, u32, u32)> = take_some(input, take)?;
            let counts = counts.into_iter().map(|(key, panes, late)| (key, super::repeats::Count { panes, late })).collect();
            Ok((window, counts))
        })?;
        self.0 = windows.into_iter().collect();
        Ok(())
    }
}
