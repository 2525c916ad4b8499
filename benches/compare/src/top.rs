//! The ten greatest, by those who fold by hand.

pub const TEN: usize = 10;

/// Takes a value in where it is among the ten greatest so far, which stand greatest first.
pub fn offer(best: &mut Vec<u64>, value: u64) {
    if best.len() == TEN && value <= best[TEN - 1] {
        return;
    }
    let at = best.partition_point(|known| *known >= value);
    best.insert(at, value);
    best.truncate(TEN);
}

pub fn merge(best: &mut Vec<u64>, more: Vec<u64>) {
    more.into_iter().for_each(|value| offer(best, value));
}
