use super::{Contestant, Visit, contestant, numbers, sequence};
use microbatch::prelude::*;
use rayon::prelude::*;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

pub fn of(k: usize, scale: usize, name: &str, visit: Visit<'_>) {
    compete(k, &numbers(20_000_000 / scale).collect::<Vec<_>>(), name, visit);
}

/// The worst order there is: each record is greater than all before it.
pub fn ascending(k: usize, scale: usize, name: &str, visit: Visit<'_>) {
    compete(k, &(0..20_000_000 / scale as u64).collect::<Vec<_>>(), name, visit);
}

fn compete(k: usize, data: &[u64], name: &str, visit: Visit<'_>) {
    let contestants: [Contestant<'_>; 4] = [
        contestant("microbatch", || Pipeline::over(data).copied().top_by_key(k, |n| *n).run(), sequence),
        contestant("rayon, heaps", || parallel(data, k, &heap), sequence),
        contestant("rayon, selections", || parallel(data, k, &selection), sequence),
        contestant("sequential", || ordered(selection(data, k), k), sequence),
    ];
    visit(name, data.len(), &contestants);
}

fn ordered(mut values: Vec<u64>, k: usize) -> Vec<u64> {
    values.sort_unstable_by_key(|n| Reverse(*n));
    values.truncate(k);
    values
}

/// The best of each thread's chunk, then the best of those.
fn parallel(data: &[u64], k: usize, best: &(dyn Fn(&[u64], usize) -> Vec<u64> + Sync)) -> Vec<u64> {
    let chunk = data.len().div_ceil(rayon::current_num_threads()).max(1);
    ordered(data.par_chunks(chunk).flat_map_iter(|chunk| best(chunk, k)).collect(), k)
}

/// The least of the best lies on top of the heap, where the next has to beat it.
fn heap(data: &[u64], k: usize) -> Vec<u64> {
    let (first, rest) = data.split_at(k.min(data.len()));
    let mut heap: BinaryHeap<Reverse<u64>> = first.iter().copied().map(Reverse).collect();
    for n in rest {
        if let Some(mut least) = heap.peek_mut()
            && *n > least.0
        {
            *least = Reverse(*n);
        }
    }
    heap.into_iter().map(|least| least.0).collect()
}

/// Twice as many as are asked for, of which the lower half is thrown away now and then.
fn selection(data: &[u64], k: usize) -> Vec<u64> {
    let mut best = Vec::with_capacity(2 * k);
    let mut bar = None;
    for n in data {
        if bar.is_none_or(|bar| *n > bar) {
            best.push(*n);
            if best.len() == 2 * k {
                let (_, least, _) = best.select_nth_unstable_by_key(k - 1, |n| Reverse(*n));
                bar = Some(*least);
                best.truncate(k);
            }
        }
    }
    best
}
