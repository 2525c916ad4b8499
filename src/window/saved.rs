//! Open windows as bytes.

use super::open::Open;
use super::repeats::Counts;
use super::sessions::{One, Sessions};
use super::slices::{Slice, Slices};
use crate::data::{Timestamp, Window};
use crate::keyed::{KeyState, Table};
use crate::saved::{DamagedState, Saved, put, take, take_some};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What keys and states must be.
trait Value: Serialize + DeserializeOwned {}
impl<T: Serialize + DeserializeOwned> Value for T {}

impl<Ky: KeyState + Value, S: Value> Saved for Open<Ky, S> {
    fn save(&self, out: &mut Vec<u8>) -> Result<(), DamagedState> {
        match self {
            Open::Slices(slices) => slices.save(out),
            Open::Sessions(sessions) => sessions.save(out),
        }
    }

    fn load(&mut self, input: &mut &[u8]) -> Result<(), DamagedState> {
        match self {
            Open::Slices(slices) => slices.load(input),
            Open::Sessions(sessions) => sessions.load(input),
        }
    }
}

impl<Ky: KeyState + Value, S: Value> Saved for Slices<Ky, S> {
    fn save(&self, out: &mut Vec<u8>) -> Result<(), DamagedState> {
        put(out, &(self.slices.len() as u64))?;
        for (window, slice) in &self.slices {
            put(out, window)?;
            put(out, &slice.last)?;
            put(out, slice.states.entries())?;
        }
        put(out, &(self.due.len() as u64))?;
        self.due.iter().try_for_each(|due| put(out, due))?;
        self.counts.save(out)
    }

    fn load(&mut self, input: &mut &[u8]) -> Result<(), DamagedState> {
        let slices = take_some(input, |input| {
            let (window, last): (Window, (Timestamp, Timestamp)) = (take(input)?, take(input)?);
            let entries: Vec<(Ky, S)> = take(input)?;
            Ok((window, Slice { states: entries.into_iter().collect::<Table<Ky, S>>(), last }))
        })?;
        self.last = slices.iter().map(|(window, slice)| (slice.last.0, *window)).collect();
        self.slices = slices.into_iter().collect();
        self.due = take_some(input, take)?.into_iter().collect();
        self.counts.load(input)
    }
}

impl<Ky: KeyState + Value, S: Value> Saved for Sessions<Ky, S> {
    fn save(&self, out: &mut Vec<u8>) -> Result<(), DamagedState> {
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
    }

    fn load(&mut self, input: &mut &[u8]) -> Result<(), DamagedState> {
        let session = |input: &mut &[u8]| {
            let (window, has_left, states) = (take(input)?, take(input)?, take_some(input, take)?);
            Ok(One { window, states, has_left, is_changed: false })
        };
        self.keys = take_some(input, |input| Ok((take::<Ky>(input)?, take_some(input, session)?)))?.into_iter().collect();
        self.ends = take_some(input, take)?.into_iter().collect();
        self.counts.load(input)
    }
}

impl<Ky: KeyState + Value> Saved for Counts<Ky> {
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
