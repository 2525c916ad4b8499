use crate::data::{Timestamp, Window};
use crate::keyed::{Map, Touched, key_group};
use std::collections::BTreeMap;
use std::hash::Hash;

/// How often results have left, of windows and keys that can give them more than once.
#[derive(Debug)]
pub(super) struct Counts<Ky>(pub(super) BTreeMap<(Timestamp, Timestamp), OfWindow<Ky>>);

/// Those of a window's keys.
#[derive(Debug)]
pub(super) struct OfWindow<Ky> {
    pub(super) counts: Map<Ky, Count>,
    /// Key groups of which any has changed since it was saved.
    pub(super) touched: Touched,
}

impl<Ky> Default for OfWindow<Ky> {
    fn default() -> Self {
        OfWindow { counts: Map::default(), touched: Touched::default() }
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    pub(super) panes: u32,
    pub(super) late: u32,
}

impl<Ky> Default for Counts<Ky> {
    fn default() -> Self {
        Counts(BTreeMap::new())
    }
}

impl<Ky: Hash + Eq + Clone> Counts<Ky> {
    /// Counts a pane: how many there were before, and, of a late one, the how-manieth late one it is.
    pub(super) fn count(&mut self, window: Window, key: &Ky, is_late: bool) -> (u32, u32) {
        let OfWindow { counts, touched } = self.0.entry((window.end, window.start)).or_default();
        touched.touch(|| key_group(key));
        let count = counts.entry(key.clone()).or_default();
        let index = count.panes;
        count.panes += 1;
        count.late += u32::from(is_late);
        (index, count.late)
    }

    /// Forgets all windows.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Forgets windows that end up to a time.
    pub(super) fn forget(&mut self, end: Timestamp) {
        while self.0.first_key_value().is_some_and(|((first, _), _)| *first <= end) {
            self.0.pop_first();
        }
    }
}
