//! State by key in pieces, one a key group.

use super::Touched;
use super::key_groups::{KEY_GROUPS, key_group};
use crate::saved::{DamagedState, Pieces, contained, put, take};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::hash::Hash;

fn name(beginning: &[u8], group: usize) -> Vec<u8> {
    [beginning, &(group as u16).to_be_bytes()].concat()
}

/// Writes what there is of the keys of groups that have changed, as pieces whose names begin so.
pub(crate) fn save_groups<'k, K: Hash + 'k, E: Serialize>(
    pieces: &mut Pieces,
    beginning: &[u8],
    touched: &Touched,
    entries: impl Iterator<Item = (&'k K, E)>,
) -> Result<(), DamagedState> {
    if !touched.is_all() {
        pieces.keep(beginning);
        if touched.is_none() {
            return Ok(());
        }
    }
    let mut groups: Vec<Vec<u8>> = (0..KEY_GROUPS).map(|_| Vec::new()).collect();
    let mut of_changed = entries.map(|(key, entry)| (key_group(key), entry)).filter(|(group, _)| touched.has(*group));
    contained(|| of_changed.try_for_each(|(group, entry)| put(&mut groups[group], &entry)))?;
    // One that has nothing left is removed.
    let written = groups.into_iter().enumerate().filter(|(group, _)| touched.has(*group));
    written.for_each(|(group, bytes)| pieces.insert(&name(beginning, group), bytes));
    Ok(())
}

/// Reads all of them; and what of them is not as it was saved: all, where a key has another hash than it had.
pub(crate) fn load_groups<K: Hash, E: DeserializeOwned>(
    pieces: &mut Pieces,
    beginning: &[u8],
    key: impl Fn(&E) -> &K,
) -> Result<(Vec<E>, Touched), DamagedState> {
    let (mut entries, mut touched) = (Vec::new(), Touched::none());
    for group in 0..KEY_GROUPS {
        pieces.read(&name(beginning, group), |input| {
            while !input.is_empty() {
                let entry = take(input)?;
                if key_group(key(&entry)) != group {
                    touched = Touched::default();
                }
                entries.push(entry);
            }
            Ok(())
        })?;
    }
    Ok((entries, touched))
}
