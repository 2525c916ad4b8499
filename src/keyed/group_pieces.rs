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

#[cfg(test)]
mod tests {
    use super::super::key_groups::key_group;
    use super::{load_groups, save_groups};
    use crate::keyed::Touched;
    use crate::saved::Pieces;

    type Entry = (u64, u64);

    /// The pieces of some groups, in each of which key and state are the same.
    fn saved(keys: std::ops::Range<u64>, touched: &Touched) -> Pieces {
        let (entries, mut pieces) = (keys.map(|key| (key, key)).collect::<Vec<Entry>>(), Pieces::default());
        save_groups(&mut pieces, b"of", touched, entries.iter().map(|entry| (&entry.0, entry))).unwrap();
        pieces
    }

    fn load(pieces: Pieces) -> (Vec<Entry>, Touched) {
        load_groups(&mut Pieces::new(pieces.by_name().clone()), b"of", |(key, _): &Entry| key).unwrap()
    }

    #[test]
    fn groups_that_have_changed_are_written_and_the_others_kept() {
        let (mut entries, mut touched) = load(saved(0..5000, &Touched::default()));
        entries.sort();
        assert_eq!(entries, (0..5000).map(|key| (key, key)).collect::<Vec<_>>());
        assert!(touched.is_none());
        touched.touch(|| key_group(&7_u64));
        let changed = saved(0..5000, &touched);
        assert_eq!(changed.by_name().len(), 1);
        assert!(changed.keeps(&saved(8..9, &Touched::default()).by_name().keys().next().unwrap()[..]));
        // Of a group that has nothing left there is a piece without bytes, which is none.
        assert!(saved(0..0, &touched).by_name().values().all(Vec::is_empty));
        assert!(saved(0..5000, &Touched::none()).by_name().is_empty());
    }

    /// A key whose hash is another one than when it was saved was written twice: into its group, and, untouched, into the one where it had been.
    #[test]
    fn all_is_written_anew_where_a_key_has_another_hash_than_it_had() {
        let pieces = saved(0..100, &Touched::default());
        let mut bytes: Vec<Vec<u8>> = pieces.by_name().values().cloned().collect();
        bytes.rotate_left(1);
        let moved = pieces.by_name().keys().cloned().zip(bytes).collect();
        let (entries, touched) = load(Pieces::new(moved));
        assert!(entries.len() == 100 && touched.is_all());
    }
}
