//! Panes as bytes: what those that follow each other have in common is written once.

use super::{DamagedState, put, put_all, take};
use crate::data::{Pane, Timing, Window};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// All of a pane but its key and value.
type Head = (Window, Timing, u32, bool);

fn head<K, V>(pane: &Pane<K, V>) -> Head {
    (pane.window, pane.timing, pane.index, pane.is_last)
}

/// Writes panes behind what is there: for those that differ in key and value alone, how many there are and the rest of them, then their keys and values.
pub(crate) fn put_panes<K: Serialize, V: Serialize>(out: &mut Vec<u8>, panes: &[Pane<K, V>]) -> Result<(), DamagedState> {
    for alike in panes.chunk_by(|a, b| head(a) == head(b)) {
        put(out, &(alike.len() as u64, head(&alike[0])))?;
        put_all(out, alike.iter().map(|pane| (&pane.key, &pane.value)))?;
    }
    Ok(())
}

/// Reads panes to the end.
pub(crate) fn take_panes<K: DeserializeOwned, V: DeserializeOwned>(mut input: &[u8]) -> Result<Vec<Pane<K, V>>, DamagedState> {
    let mut panes = Vec::new();
    while !input.is_empty() {
        let (alike, (window, timing, index, is_last)): (u64, Head) = take(&mut input)?;
        for _ in 0..alike {
            let (key, value) = take(&mut input)?;
            panes.push(Pane { key, window, timing, index, is_last, value });
        }
    }
    Ok(panes)
}

#[cfg(test)]
mod tests {
    use super::{put_panes, take_panes};
    use crate::data::{Pane, Timestamp, Timing, Window};

    fn pane(key: u64, start: i64, timing: Timing, index: u32) -> Pane<u64, String> {
        let window = Window::new(Timestamp::from_micros(start), Timestamp::from_micros(start + 10));
        Pane { key, window, timing, index, is_last: index == 1, value: key.to_string() }
    }

    fn bytes(panes: &[Pane<u64, String>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_panes(&mut bytes, panes).unwrap();
        bytes
    }

    #[test]
    fn panes_come_back_in_their_order() {
        let alike = |keys: std::ops::Range<u64>| keys.map(|key| pane(key, 0, Timing::OnTime, 0));
        let others = [
            pane(7, 10, Timing::OnTime, 0),
            pane(7, 10, Timing::Late(3), 1),
            pane(8, 10, Timing::Late(3), 2),
            pane(7, 0, Timing::Early, 0),
        ];
        let panes: Vec<_> = alike(0..5).chain(others).chain(alike(3..9)).collect();
        for some in (0..=panes.len()).map(|end| &panes[..end]) {
            assert_eq!(take_panes(&bytes(some)).unwrap(), some);
        }
        assert!(take_panes::<u64, String>(&bytes(&panes)[..20]).is_err());
    }

    #[test]
    fn what_panes_have_in_common_is_written_once() {
        let hundred: Vec<_> = (0..100).map(|key| pane(key, 1_700_000_000_000_000, Timing::OnTime, 0)).collect();
        // A key of a byte; a value of one or two digits, and their number.
        assert!(bytes(&hundred).len() < 420, "{}", bytes(&hundred).len());
    }
}
