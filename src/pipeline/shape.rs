//! What a run returns.

use crate::data::{Pane, Timing};
use crate::keyed::{By, Groups, Key, KeyState, NoKey};
use crate::stage::{Again, Aside, In, NoWindow};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What a run returns, by key and window. Not to be implemented outside the crate.
pub trait Shape<Wi, O>: KeyState {
    /// The result of all panes.
    type Out;
    #[doc(hidden)]
    fn shape(panes: Vec<Pane<Self::Key, O>>, identity: impl FnOnce() -> O) -> Self::Out;
    /// The order of keys in a window, where they have one.
    #[doc(hidden)]
    fn rank(&self, _other: &Self) -> Ordering {
        Ordering::Equal
    }
    /// Drops panes of windows that have grown since.
    #[doc(hidden)]
    fn outgrow(panes: &mut Vec<Pane<Self::Key, O>>);
    /// Brings panes of one micro-batch into the order of their keys.
    #[doc(hidden)]
    fn order(_panes: &mut [Pane<Self::Key, O>]) {}
    /// The result of all panes, each of which stands for itself.
    #[doc(hidden)]
    fn every(panes: Vec<Pane<Self::Key, O>>, identity: impl FnOnce() -> O) -> Self::Out {
        Self::shape(panes, identity)
    }
}

impl<O> Shape<NoWindow, O> for NoKey {
    type Out = O;
    fn outgrow(_: &mut Vec<Pane<(), O>>) {}
    fn shape(panes: Vec<Pane<(), O>>, identity: impl FnOnce() -> O) -> O {
        panes.into_iter().last().map_or_else(identity, |pane| pane.value)
    }
}

impl<K: Key, O> Shape<NoWindow, O> for By<K> {
    type Out = Groups<K, O>;
    fn outgrow(_: &mut Vec<Pane<K, O>>) {}
    fn shape(panes: Vec<Pane<K, O>>, _: impl FnOnce() -> O) -> Groups<K, O> {
        // Of those that have left more than once, what they came to.
        panes.into_iter().filter(|pane| pane.is_last).map(|pane| (pane.key, pane.value)).collect()
    }
}

impl<W, O> Shape<In<W>, O> for NoKey {
    type Out = Vec<Pane<(), O>>;
    fn every(panes: Vec<Pane<(), O>>, _: impl FnOnce() -> O) -> Self::Out {
        panes
    }
    fn outgrow(panes: &mut Vec<Pane<(), O>>) {
        outgrow(panes);
    }
    fn shape(panes: Vec<Pane<(), O>>, _: impl FnOnce() -> O) -> Self::Out {
        last_ones(panes)
    }
}

impl<W, K: Key + Ord, O> Shape<In<W>, O> for By<K> {
    type Out = Vec<Pane<K, O>>;
    fn rank(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
    fn order(panes: &mut [Pane<K, O>]) {
        panes.sort_by(|a, b| a.key.cmp(&b.key));
    }
    fn every(panes: Vec<Pane<K, O>>, _: impl FnOnce() -> O) -> Self::Out {
        panes
    }
    fn outgrow(panes: &mut Vec<Pane<K, O>>) {
        outgrow(panes);
    }
    fn shape(panes: Vec<Pane<K, O>>, _: impl FnOnce() -> O) -> Self::Out {
        last_ones(panes)
    }
}

impl<Wi, O, Ky: Shape<Wi, O>> Shape<Again<Wi>, O> for Ky {
    type Out = Ky::Out;
    fn rank(&self, other: &Self) -> Ordering {
        <Ky as Shape<Wi, O>>::rank(self, other)
    }
    fn outgrow(panes: &mut Vec<Pane<Ky::Key, O>>) {
        <Ky as Shape<Wi, O>>::outgrow(panes);
    }
    fn order(panes: &mut [Pane<Ky::Key, O>]) {
        <Ky as Shape<Wi, O>>::order(panes);
    }
    fn every(panes: Vec<Pane<Ky::Key, O>>, identity: impl FnOnce() -> O) -> Ky::Out {
        <Ky as Shape<Wi, O>>::every(panes, identity)
    }
    fn shape(panes: Vec<Pane<Ky::Key, O>>, identity: impl FnOnce() -> O) -> Ky::Out {
        <Ky as Shape<Wi, O>>::shape(panes, identity)
    }
}

impl<Wi, F, O, Ky: Shape<Wi, O>> Shape<Aside<Wi, F>, O> for Ky {
    type Out = Ky::Out;
    fn rank(&self, other: &Self) -> Ordering {
        <Ky as Shape<Wi, O>>::rank(self, other)
    }
    fn outgrow(panes: &mut Vec<Pane<Ky::Key, O>>) {
        <Ky as Shape<Wi, O>>::outgrow(panes);
    }
    fn order(panes: &mut [Pane<Ky::Key, O>]) {
        <Ky as Shape<Wi, O>>::order(panes);
    }
    fn every(panes: Vec<Pane<Ky::Key, O>>, identity: impl FnOnce() -> O) -> Ky::Out {
        <Ky as Shape<Wi, O>>::every(panes, identity)
    }
    fn shape(panes: Vec<Pane<Ky::Key, O>>, identity: impl FnOnce() -> O) -> Ky::Out {
        <Ky as Shape<Wi, O>>::shape(panes, identity)
    }
}

/// Drops panes of sessions that have grown since; panes come in the order in which they left.
fn outgrow<K: Ord, O>(panes: &mut Vec<Pane<K, O>>) {
    panes.sort_by(|a, b| a.key.cmp(&b.key));
    let mut is_grown = Vec::with_capacity(panes.len());
    for panes in panes.chunk_by(|a, b| a.key == b.key) {
        // What is left of a key does not overlap: of those that start no later, only the last can reach so far.
        let mut ends = BTreeMap::new();
        let known = is_grown.len();
        for window in panes.iter().rev().map(|pane| pane.window) {
            let is_inside = ends
                .range(..=window.start)
                .next_back()
                .is_some_and(|(start, end)| (*start, *end) != (window.start, window.end) && *end >= window.end);
            if !is_inside {
                ends.insert(window.start, window.end);
            }
            is_grown.push(is_inside);
        }
        is_grown[known..].reverse();
    }
    let mut is_grown = is_grown.into_iter();
    panes.retain(|_| !is_grown.next().unwrap_or(false));
}

/// Brings panes into the order of their windows, in these of their keys, and in these of their leaving.
pub(super) fn by_window<K: Ord, O>(panes: &mut [Pane<K, O>]) {
    if panes.is_sorted_by(|a, b| (a.window, &a.key, a.index) <= (b.window, &b.key, b.index)) {
        return;
    }
    // Windows mostly leave in their order: then it takes a look to see that, and keys alone are left to compare.
    if !panes.is_sorted_by_key(|pane| pane.window) {
        panes.sort_by_key(|pane| pane.window);
    }
    for panes in panes.chunk_by_mut(|a, b| a.window == b.window) {
        panes.sort_unstable_by(|a, b| (&a.key, a.index).cmp(&(&b.key, b.index)));
    }
}

/// The last pane of each window and key, by window and key; as if none had left before.
fn last_ones<K: Ord, O>(mut panes: Vec<Pane<K, O>>) -> Vec<Pane<K, O>> {
    // A session may have grown since: what left early is of no window that there is now.
    panes.retain(|pane| pane.timing != Timing::Early);
    by_window(&mut panes);
    panes.dedup_by(|next, before| {
        let is_same = next.window == before.window && next.key == before.key;
        if is_same {
            std::mem::swap(next, before);
        }
        is_same
    });
    panes.into_iter().map(|pane| Pane::new(pane.key, pane.window, pane.value)).collect()
}
