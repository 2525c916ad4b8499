//! Values that cut all others into ranges, and which range a value falls into.
//!
//! The search is that of super scalar sample sort (Sanders and Winkel, 2004): a complete tree, laid out by levels, that several values
//! descend at once without a branch.

use super::ranking::Ranking;

/// How many values of a sample stand for a range.
const SAMPLE: usize = 32;
/// How many values descend a tree at once.
const ABREAST: usize = 16;

/// Some of the values, each of them the least of a range.
pub(super) struct Splitters<'v, T> {
    /// From the root on, level by level; the children of node `n` are `2 n` and `2 n + 1`.
    nodes: Vec<&'v T>,
}

impl<'v, T> Splitters<'v, T> {
    /// For `2 ^ levels` ranges of about equal numbers of values; fewer where many values are equal.
    pub(super) fn of(values: &'v [T], levels: u32, ranking: &impl Ranking<T>) -> Self {
        let mut sample = sample(values, SAMPLE << levels);
        sample.sort_by(|a, b| ranking.key(*a).cmp(&ranking.key(*b)));
        let ranges = 1 << levels;
        let mut splitters: Vec<&T> = (1..ranges).map(|range| sample[range * sample.len() / ranges]).collect();
        splitters.dedup_by(|a, b| ranking.key(*a) == ranking.key(*b));
        let levels = (splitters.len() + 1).next_power_of_two().ilog2();
        let last = splitters.len() - 1;
        // Where fewer are left than make the tree complete, the last stands in for those that are missing.
        let nodes = (0..1 << levels).map(|node| splitters[Self::rank(node, levels).min(last)]).collect();
        Splitters { nodes }
    }

    /// How many splitters go before that of a node. There is no node 0.
    fn rank(node: usize, levels: u32) -> usize {
        let Some(level) = node.checked_ilog2() else { return 0 };
        let across = node - (1 << level);
        ((2 * across + 1) << (levels - level - 1)) - 1
    }

    /// The range of each value, and how many values each range has. Equal values are of one range.
    pub(super) fn ranges<'a, R: Ranking<T>>(&'a self, values: &'a [T], ranking: &R) -> (Vec<u16>, Vec<usize>) {
        let tree: Vec<R::Key<'a>> = self.nodes.iter().map(|node| ranking.key(*node)).collect();
        let mut ranges = Vec::with_capacity(values.len());
        let mut counts = vec![0; tree.len()];
        let (abreast, rest) = values.as_chunks::<ABREAST>();
        for values in abreast {
            ranges.extend_from_slice(&descend(&tree, std::array::from_fn::<_, ABREAST, _>(|n| ranking.key(&values[n]))));
        }
        ranges.extend(rest.iter().map(|value| descend(&tree, [ranking.key(value)])[0]));
        ranges.iter().for_each(|range| counts[usize::from(*range)] += 1);
        (ranges, counts)
    }
}

/// About `count` values at irregular distances: data that repeat themselves must not show the same face each time.
fn sample<T>(values: &[T], count: usize) -> Vec<&T> {
    let chunks = values.chunks((values.len() / count).max(1)).zip(0u64..);
    let place = |n: u64, len: usize| ((u128::from(n.wrapping_mul(0x9E37_79B9_7F4A_7C15)) * len as u128) >> 64) as usize;
    chunks.map(|(chunk, n)| &chunk[place(n, chunk.len())]).collect()
}

/// The ranges of these keys: how many splitters are not greater.
#[inline]
fn descend<K: Ord, const N: usize>(tree: &[K], keys: [K; N]) -> [u16; N] {
    let mut nodes = [1; N];
    let last = tree.len() - 1;
    for _ in 0..tree.len().ilog2() {
        for (node, key) in nodes.iter_mut().zip(&keys) {
            *node = 2 * *node + usize::from(tree[*node & last] <= *key);
        }
    }
    nodes.map(|node| (node - tree.len()) as u16)
}
